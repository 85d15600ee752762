import { InputError, selectVersion, type ModelHistory, type VersionEntry } from "#core";
import type { Inputs } from "./inputs.ts";
import type { Ports } from "./ports.ts";
import type { WantedRevision } from "./revision-template.ts";

/** The version that is to serve, with what a revision of it must be. */
export interface Subject {
  readonly entry: VersionEntry;
  readonly wanted: WantedRevision;
}

/** The version that the inputs mean, and the revision that serves it. */
export async function readSubject(
  inputs: Inputs,
  entry: VersionEntry,
  ports: Pick<Ports, "history">,
): Promise<Subject> {
  const image = requireImage(inputs, entry);
  const { home } = await ports.history.manifest(entry);
  return {
    entry,
    wanted: {
      model: entry.model,
      version: entry.version,
      image,
      modelUri: modelUriOf(inputs, entry, home),
      digest: entry.digest,
      cpu: inputs.cpu,
      memory: inputs.memory,
      concurrency: inputs.concurrency,
      maxInstances: inputs.maxInstances,
      timeoutMs: inputs.timeout,
      env: inputs.env,
      secrets: inputs.secrets,
      serviceAccount: inputs.serviceAccount,
      startupProbe: inputs.startupProbe,
    },
  };
}

/** The version to deploy. */
export function selectForDeploy(inputs: Inputs, history: ModelHistory): VersionEntry {
  return selectVersion(history, inputs.version ?? "latest", inputs.environment);
}

function requireImage(inputs: Inputs, entry: VersionEntry): string {
  if (inputs.image !== null) return inputs.image;
  throw new InputError({
    code: "IMAGE_MISSING",
    message: `Input image is required to deploy ${entry.tag}.`,
    hint: "Give the model server's image by digest: name@sha256:….",
  });
}

function modelUriOf(inputs: Inputs, entry: VersionEntry, home: string | null): string | null {
  // An image that brings its model along, or finds it in its own way, says so by setting it.
  if (inputs.env !== null && "MODEL_URI" in inputs.env) return null;
  const destination = inputs.destination?.replace(/\/+$/, "");
  const place =
    home ?? (destination === undefined ? null : `${destination}/${entry.model}/${entry.version}`);
  if (place !== null) return `${place}/manifest.json`;
  throw new InputError({
    code: "NO_HOME",
    message: `${entry.tag} was registered without a destination, and the step gives none: the server could not find its files.`,
    hint: "Set destination: (in slipway.yml, so that push-artifact and register-version see it too), or MODEL_URI in env: for an image that brings its model along.",
  });
}

import {
  composeMessage,
  decideBump,
  decideVersion,
  formatDocument,
  InputError,
  latestVersion,
  parseVersion,
  versionTag,
  type BumpDecision,
  type Evaluation,
  type FileEntry,
  type Manifest,
  type ModelHistory,
  type RunRecord,
  type Version,
  type VersionEntry,
} from "#core";
import type { RunDirectory } from "#toolkit";
import { checkFiles, gatherFiles } from "./files.ts";
import type { Inputs } from "./inputs.ts";
import { composeManifest, contentText, titleOf } from "./manifest.ts";
import type { Ports } from "./ports.ts";

type ClaimPorts = Pick<Ports, "registry" | "clock" | "log" | "actor" | "sha" | "sha256">;

/** A run that is to become a version. */
export interface Registering {
  readonly run: RunRecord;
  readonly evaluation: Evaluation | null;
  readonly directory: RunDirectory;
  readonly ports: ClaimPorts;
}

/** A version that is this run's. */
export interface Claimed {
  readonly manifest: Manifest;
  /** Of the manifest. */
  readonly digest: string;
  readonly tag: string;
  /** False when this very content was a version already. */
  readonly created: boolean;
  readonly previousManifest: Manifest | null;
}

const MOST_TRIES = 20;

/** Claims the next version for this run; of two runs at once one gets it and the other the next. */
export async function claimVersion(inputs: Inputs, registering: Registering): Promise<Claimed> {
  const { run, ports, directory } = registering;
  const content = ports.sha256(contentText(run));
  const files = await gatherFiles(directory, { run, asked: inputs.assets ?? [] });
  await checkFiles(directory, run.files);
  for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
    const history = await ports.registry.history(run.model);
    const known = history.versions.find(
      (entry) => entry.content === content && !entry.deregistered,
    );
    if (known !== undefined) return reopenVersion(known, { history, ports });
    const claimed = await tryClaim(inputs, { ...registering, history, files, content });
    if (claimed !== null) return claimed;
    ports.log.info("Another run took the version; trying the next one.");
  }
  throw new InputError({
    code: "REGISTRY_BUSY",
    message: `No version could be claimed in ${MOST_TRIES} tries: other runs take them all the time.`,
    hint: "Give the workflows that register one concurrency: group.",
  });
}

/** This very content is a version already: its manifest is the truth. */
async function reopenVersion(
  entry: VersionEntry,
  { history, ports }: { readonly history: ModelHistory; readonly ports: ClaimPorts },
): Promise<Claimed> {
  const manifest = await ports.registry.manifest(entry);
  ports.log.info(`This run is ${entry.tag} already.`);
  const previous = history.versions.find(({ version }) => version === manifest.previous);
  return {
    manifest,
    digest: entry.digest ?? "",
    tag: entry.tag,
    created: false,
    previousManifest: previous === undefined ? null : await ports.registry.manifest(previous),
  };
}

/** One try for the next version: its history as it was read just now, and what goes with it. */
interface Attempt extends Registering {
  readonly history: ModelHistory;
  readonly files: readonly FileEntry[];
  /** `Slipway-Content` of the run. */
  readonly content: string;
}

async function tryClaim(inputs: Inputs, attempt: Attempt): Promise<Claimed | null> {
  const { run, history, ports } = attempt;
  const previous = latestVersion(history);
  const previousManifest = previous === null ? null : await readPreviousManifest(previous, ports);
  const decision = decideBump(run, previousManifest?.run ?? null);
  const now = ports.clock.now();
  const manifest = composeManifest({
    run,
    evaluation: attempt.evaluation,
    version: chooseVersion(inputs, decision, history),
    previous: previous?.version ?? null,
    decision,
    files: attempt.files,
    destination: inputs.destination,
    stage: inputs.stage,
    created: now.toISOString(),
  });
  const tag = versionTag(run.model, manifest.version);
  const digest = ports.sha256(formatDocument(manifest));
  const result = await ports.registry.claimVersion({
    tag,
    source: sourceOf(attempt),
    manifest,
    message: composeTagMessage(manifest, { inputs, attempt, digest }),
    history,
    now,
  });
  return result.kind === "taken"
    ? null
    : { manifest, digest, tag, created: true, previousManifest };
}

function chooseVersion(inputs: Inputs, decision: BumpDecision, history: ModelHistory): Version {
  return decideVersion(
    decision,
    {
      bump: inputs.bump,
      version: inputs.version === null ? null : (parseVersion(inputs.version) ?? null),
      allowSmallerBump: inputs.allowSmallerBump,
    },
    history.versions.at(-1)?.version ?? null,
  );
}

function sourceOf({ run, ports }: Attempt): string {
  return run.source.commit ?? ports.sha;
}

function composeTagMessage(
  manifest: Manifest,
  {
    inputs,
    attempt,
    digest,
  }: { readonly inputs: Inputs; readonly attempt: Attempt; readonly digest: string },
): string {
  const { model, version, run } = manifest;
  return composeMessage(titleOf(model, version), describeVersion(manifest, inputs.reason), {
    "Slipway-Model": model,
    "Slipway-Version": version,
    "Slipway-Digest": digest,
    "Slipway-Content": attempt.content,
    "Slipway-Source": sourceOf(attempt),
    "Slipway-Run": run.source.run_url,
    "Slipway-Actor": attempt.ports.actor,
  });
}

/** A version that GTO or a person tagged has no manifest: the rule then treats this run as the first. */
async function readPreviousManifest(
  entry: VersionEntry,
  ports: ClaimPorts,
): Promise<Manifest | null> {
  if (entry.digest === null) return null;
  return ports.registry.manifest(entry);
}

function describeVersion(manifest: Manifest, reason: string): string {
  const { bump, evaluation, run } = manifest;
  const data = run.data.map((entry) => `${entry.name} (${entry.rows} rows)`).join(", ");
  return [
    `${bump.level === "first" ? "First version" : `${bump.level} bump`}: ${bump.reason}.`,
    ...(data === "" ? [] : [`Trained on ${data}.`]),
    ...(evaluation === null
      ? ["Not evaluated."]
      : [`Evaluation: ${evaluation.verdict}. ${evaluation.reason}`]),
    `Reason: ${reason}.`,
  ].join("\n");
}

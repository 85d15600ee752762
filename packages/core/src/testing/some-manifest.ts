import type { Manifest } from "../manifest.ts";
import { someRun } from "./some-run.ts";

/** A manifest for tests, with what matters overridden. */
export function someManifest(extra: Partial<Manifest> = {}): Manifest {
  const run = extra.run ?? someRun();
  return {
    schema: "slipway/manifest@1",
    model: run.model,
    version: "v1.0.0",
    previous: null,
    created: "2026-01-01T00:02:00Z",
    bump: { level: "first", reason: "first version" },
    run,
    evaluation: null,
    signature: run.signature,
    files: run.files,
    home: "gs://acme-models/weather/v1.0.0",
    profile_digest: null,
    stage: null,
    ...extra,
  };
}

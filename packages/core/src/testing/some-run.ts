import type { RunRecord } from "../run-record.ts";

/** A run record for tests, with what matters overridden. */
export function someRun(extra: Partial<RunRecord> = {}): RunRecord {
  return {
    schema: "slipway/run@1",
    model: "weather",
    id: "0123456789ab",
    started: "2026-01-01T00:00:00Z",
    finished: "2026-01-01T00:01:00Z",
    source: {
      repository: "acme/models",
      commit: "a".repeat(40),
      ref: "refs/heads/main",
      dirty: false,
      run_url: null,
    },
    trainer: { kind: "command", name: "python train.py" },
    params: {},
    seed: 42,
    search: null,
    environment: {
      os: "linux",
      architecture: "x64",
      image: null,
      node: "v24.0.0",
      python: null,
      packages: {},
    },
    data: [
      {
        name: "weather.csv",
        uri: "data/weather.csv",
        digest: `sha256:${"0".repeat(64)}`,
        bytes: 10,
        rows: 2,
        columns: ["a"],
      },
    ],
    split: null,
    metrics: {},
    task: "multiclass",
    target: "weather",
    classes: ["rain", "sun"],
    positive_class: null,
    id_columns: ["id"],
    time_column: null,
    signature: null,
    files: [{ path: "model.onnx", role: "model", bytes: 3, digest: `sha256:${"1".repeat(64)}` }],
    ...extra,
  };
}

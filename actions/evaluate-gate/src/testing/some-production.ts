import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Manifest, RunRecord } from "#core";
import { memoryHistory, someManifest } from "#core/testing";
import { fixture } from "./some-gate.ts";

/** The golden logistic regression. */
export const goodModel = () =>
  readFile(fixture("golden/models/weather_logistic_zipmap_columns.onnx"));
/** Writes a file and the folders above it. */
export const write = async (path: string, content: string | Uint8Array): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
};

/** Production is the golden logistic regression, released as v1.0.0. */
export async function production(
  run: RunRecord,
  extra: {
    readonly manifest?: Partial<Manifest>;
    readonly files?: Readonly<Record<string, string | Uint8Array>>;
    readonly released?: boolean;
  } = {},
) {
  const manifest = someManifest({ run, files: run.files, ...extra.manifest });
  return memoryHistory({
    versions: [
      {
        manifest,
        files: extra.files ?? { "model.onnx": await goodModel() },
        released: extra.released ?? true,
      },
    ],
    stages: [["production", "v1.0.0"]],
    write,
  });
}

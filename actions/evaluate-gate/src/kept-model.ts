import { copyFile, mkdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DataError, type Evaluation } from "#core";
import { measureFile, type RunDirectory } from "#toolkit";
import * as z from "zod/mini";
import type { Candidate } from "./candidate.ts";
import type { Inputs } from "./inputs.ts";
import { listModelFiles } from "./model-place.ts";
import type { Ports } from "./ports.ts";

/** Where the judged model lies in the run directory and in the artifact. */
const FOLDER = "model-file";

/** A model larger than this is not kept: each run would store it anew. */
const MOST_BYTES = 2 * 1024 ** 3;

const keptModelSchema = z.object({
  /** The file or folder. */
  path: z.string(),
  files: z.array(z.object({ path: z.string(), bytes: z.number(), digest: z.string() })),
});
export type KeptModel = z.infer<typeof keptModelSchema>;

/**
 * Copies the model that was judged into the run directory, from where it is uploaded: a later run's
 * `baseline: run:` scores it. Only then, and never of a pull request, whose model is no baseline.
 */
export async function keepModel(
  { modelFile }: Candidate,
  inputs: Pick<Inputs, "baseline">,
  { directory, ports }: { readonly directory: RunDirectory; readonly ports: Ports },
): Promise<KeptModel | null> {
  const folder = directory.resolve(FOLDER);
  await rm(folder, { recursive: true, force: true });
  if (modelFile === null || inputs.baseline.kind !== "run" || ports.pullRequest !== null)
    return null;
  if (modelFile.bytes > MOST_BYTES) {
    ports.log.warning(
      `The model is larger than ${MOST_BYTES / 1024 ** 3} GiB: it is not kept, and later runs are compared with its predictions.`,
    );
    return null;
  }
  const source = modelFile.file ?? modelFile.directory;
  const path = `${FOLDER}/${basename(source)}`;
  const names = modelFile.file === null ? await listModelFiles(source) : [""];
  const files: KeptModel["files"] = [];
  for (const name of names) {
    const own = join(path, name);
    await mkdir(dirname(directory.resolve(own)), { recursive: true });
    await copyFile(join(source, name), directory.resolve(own));
    files.push({ path: own, ...(await directory.measure(own)) });
  }
  return { path, files };
}

/**
 * The model that was kept with an evaluation; `null` where none was.
 *
 * @throws DataError `DIGEST_MISMATCH` when it is not the one that was judged
 */
export async function readKeptModel(
  evaluation: Evaluation,
  directory: RunDirectory,
): Promise<string | null> {
  const read = z.safeParse(keptModelSchema, evaluation["model_file"]);
  if (!read.success) return null;
  const { path, files } = read.data;
  for (const file of files) {
    const { digest } = await measureFile(directory.resolve(file.path)).catch(() => ({
      digest: "",
    }));
    if (digest === file.digest) continue;
    throw new DataError({
      code: "DIGEST_MISMATCH",
      message: `${file.path} in the artifact is not the file that was judged.`,
      hint: "Run the workflow on that branch again.",
    });
  }
  return directory.resolve(path);
}

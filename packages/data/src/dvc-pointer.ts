import { readFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path/posix";
import * as z from "zod/mini";
import { DataError, describePath } from "#core";

/** What DVC tracks at one path. */
export interface DvcOutput {
  /** Path of the data, relative to where the pointer's own path starts. */
  readonly path: string;
  /** DVC's hash; ends in `.dir` for a directory. */
  readonly md5: string;
  readonly sizeBytes: number | null;
  /** For a directory. */
  readonly fileCount: number | null;
  /** The source repository's commit, for data imported from one. */
  readonly revLock: string | null;
}

const sizedOutput = {
  path: z.string(),
  md5: z.optional(z.string()),
  size: z.optional(z.number()),
  nfiles: z.optional(z.number()),
};
const dependency = z.looseObject({
  path: z.optional(z.string()),
  repo: z.optional(z.looseObject({ rev_lock: z.optional(z.string()) })),
});
const pointerSchema = z.looseObject({
  wdir: z.optional(z.string()),
  outs: z.array(z.looseObject(sizedOutput)),
  deps: z.optional(z.array(dependency)),
});
const lockSchema = z.looseObject({
  stages: z.record(
    z.string(),
    z.looseObject({
      deps: z.optional(z.array(z.looseObject(sizedOutput))),
      outs: z.optional(z.array(z.looseObject(sizedOutput))),
    }),
  ),
});

/**
 * What a DVC pointer (`data.csv.dvc`) or lock file (`dvc.lock`, outputs of all stages) says about
 * its data. The data itself is not fetched: `dvc pull` does that.
 *
 * @throws DataError `BAD_DVC_POINTER` naming line or field
 */
export async function followDvcPointer(pointer: string): Promise<readonly DvcOutput[]> {
  const document = await parseYaml(pointer);
  const directory = dirname(pointer);
  const name = pointer.split("/").at(-1) ?? pointer;
  if (name === "dvc.lock") {
    const lock = check(lockSchema, document, pointer);
    return Object.values(lock.stages).flatMap((stage) =>
      (stage.outs ?? []).flatMap((out) => toOutput(out, directory, null)),
    );
  }
  const file = check(pointerSchema, document, pointer);
  const revLock = file.deps?.find((dep) => dep.repo?.rev_lock !== undefined)?.repo?.rev_lock;
  const base = file.wdir === undefined ? directory : join(directory, file.wdir);
  return file.outs.flatMap((out) => toOutput(out, base, revLock ?? null));
}

function toOutput(
  out: {
    readonly path: string;
    readonly md5?: string | undefined;
    readonly size?: number | undefined;
    readonly nfiles?: number | undefined;
  },
  directory: string,
  revLock: string | null,
): readonly DvcOutput[] {
  // Outputs that DVC does not cache (cache: false metrics) may have no hash.
  if (out.md5 === undefined) return [];
  return [
    {
      path: normalize(join(directory, out.path)),
      md5: out.md5,
      sizeBytes: out.size ?? null,
      fileCount: out.nfiles ?? null,
      revLock,
    },
  ];
}

async function parseYaml(pointer: string): Promise<unknown> {
  const text = await readFile(pointer, "utf8").catch((cause: unknown) => {
    throw badPointer(pointer, cause instanceof Error ? cause.message : "cannot be read", cause);
  });
  const { parseDocument } = await import("./yaml.ts");
  const document = parseDocument(text);
  const [fault] = document.errors;
  if (fault !== undefined) throw badPointer(pointer, fault.message.split("\n")[0] ?? "", fault);
  return document.toJS() as unknown;
}

function check<T>(schema: z.ZodMiniType<T>, document: unknown, pointer: string): T {
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  const faults = result.error.issues.map(
    (issue) => `${describePath(issue.path)}: ${issue.message}`,
  );
  throw badPointer(pointer, faults.join("; "), result.error);
}

function badPointer(pointer: string, fault: string, cause: unknown): DataError {
  return new DataError({
    code: "BAD_DVC_POINTER",
    message: `${pointer} is not a DVC file that can be followed: ${fault}.`,
    hint: "Make it again with dvc add, dvc import or dvc repro.",
    place: { file: pointer },
    cause,
  });
}

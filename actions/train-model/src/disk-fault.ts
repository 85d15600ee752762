import { DataError } from "#core";

/** Wraps what a full disk says, wherever it was met. */
export function explainDiskFault(error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  const reasons: Readonly<Record<string, string>> = {
    ENOSPC: "the disk is full",
    EDQUOT: "the disk quota is used up",
    EROFS: "the disk is read-only",
    EACCES: "writing is not allowed",
  };
  const reason = reasons[String(error.code)];
  if (reason === undefined) return error;
  const path = "path" in error && typeof error.path === "string" ? error.path : "a file of the run";
  return new DataError({
    code: "CANNOT_WRITE",
    message: `${path} could not be written: ${reason}.`,
    hint: "Free some space, use a larger runner, or give another run-directory. The run was not finished.",
    cause: error,
  });
}

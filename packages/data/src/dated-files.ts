import { InputError } from "#core";
import { locateFiles, type LocatedFile, type RemoteSources } from "./file-source.ts";

const dayMs = 86_400_000;

/** Where files of days are looked for. */
export interface DatedSearch {
  /** The input that names them, for messages. */
  readonly input: string;
  readonly workspace: string;
  readonly remote: RemoteSources;
  readonly now: Date;
  /** `null` without a window: `{date}` then stands for every day there is. */
  readonly windowMs: number | null;
}

/**
 * The files that the patterns name, where `{date}` stands for each day (UTC) of the window. Of a pattern with `{date}`, days without a file are no fault.
 *
 * @throws InputError `NO_FILE_MATCHES`
 */
export async function findDatedFiles(
  patterns: readonly string[],
  search: DatedSearch,
): Promise<readonly LocatedFile[]> {
  const options = { directory: search.workspace, remote: search.remote };
  const found = new Map<string, LocatedFile>();
  for (const pattern of patterns) {
    const days = expandDate(pattern, search);
    const isDated = pattern.includes("{date}");
    const matches = await Promise.all(
      days.map((day) => (isDated ? tryLocate(day, options) : locateFiles(day, options))),
    );
    for (const file of matches.flat()) found.set(file.uri, file);
  }
  if (found.size === 0) {
    throw new InputError({
      code: "NO_FILE_MATCHES",
      message: `${search.input}: no file matches ${patterns.join(", ")}${search.windowMs === null ? "" : ` on any day of the window`}.`,
      hint: "Was anything asked of the model in this time? Check the bucket, the folder and the window.",
    });
  }
  return [...found.values()];
}

async function tryLocate(
  pattern: string,
  options: { readonly directory: string; readonly remote: RemoteSources },
): Promise<readonly LocatedFile[]> {
  try {
    return await locateFiles(pattern, options);
  } catch (error) {
    if (error instanceof InputError && error.code === "NO_FILE_MATCHES") return [];
    throw error;
  }
}

/** A pattern for each day (UTC) that the window touches, or one for all days. */
export function expandDate(
  pattern: string,
  { now, windowMs }: Pick<DatedSearch, "now" | "windowMs">,
): readonly string[] {
  if (!pattern.includes("{date}")) return [pattern];
  if (windowMs === null) return [pattern.replaceAll("{date}", "*")];
  const first = Math.floor((now.getTime() - windowMs) / dayMs);
  const last = Math.floor(now.getTime() / dayMs);
  return Array.from({ length: last - first + 1 }, (_, index) =>
    pattern.replaceAll("{date}", new Date((first + index) * dayMs).toISOString().slice(0, 10)),
  );
}

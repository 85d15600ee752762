import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";

/** GitHub's limit of one step's summary. */
export const maxSummaryBytes = 1024 * 1024;

/** The files through which a step speaks to the runner. */
export interface CommandFiles {
  readonly env: string;
  readonly output: string;
  readonly path: string;
  readonly state: string;
  readonly summary: string;
}

/** What a step wrote into its files. */
export interface FileCommandResults {
  readonly env: Readonly<Record<string, string>>;
  readonly output: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, string>>;
  readonly path: readonly string[];
  readonly summary: string;
  readonly faults: readonly string[];
}

/** Makes the empty files of one step. */
export async function createCommandFiles(directory: string): Promise<CommandFiles> {
  await mkdir(directory, { recursive: true });
  const names = ["env", "output", "path", "state", "summary"] as const;
  const files = names.map((name) => [name, path.join(directory, name)] as const);
  for (const [, file] of files) await writeFile(file, "");
  return Object.fromEntries(files) as unknown as CommandFiles;
}

/**
 * Reads `name=value` lines and `name<<DELIMITER` blocks.
 *
 * @throws Error for a line that is neither and for a block without its end
 */
export function parsePairs(content: string): Record<string, string> {
  const pairs: Record<string, string> = {};
  const lines = content.split(/\r?\n/);
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? "";
    if (line === "") continue;
    const equals = line.indexOf("=");
    const heredoc = line.indexOf("<<");
    if (heredoc > 0 && (equals === -1 || heredoc < equals)) {
      const delimiter = line.slice(heredoc + 2);
      const end = lines.indexOf(delimiter, index + 1);
      if (delimiter === "" || end === -1)
        throw new Error(`Matching delimiter not found '${delimiter}'`);
      pairs[line.slice(0, heredoc)] = lines.slice(index + 1, end).join("\n");
      index = end;
    } else if (equals > 0) {
      pairs[line.slice(0, equals)] = line.slice(equals + 1);
    } else {
      throw new Error(`Invalid format '${line}'`);
    }
  }
  return pairs;
}

async function readSummary(file: string): Promise<{ summary: string; fault?: string }> {
  const { size } = await stat(file);
  if (size <= maxSummaryBytes) return { summary: await readFile(file, "utf8") };
  const kibibytes = Math.ceil(size / 1024);
  return {
    summary: "",
    fault: `$GITHUB_STEP_SUMMARY upload aborted: ${kibibytes}k is more than the 1024k that GitHub takes; the summary of this step is dropped whole.`,
  };
}

/** Reads back what a step wrote. Faults are reported, not thrown: GitHub fails the step by them. */
export async function readCommandFiles(
  files: CommandFiles,
): Promise<FileCommandResults & { readonly summaryFault: string | undefined }> {
  const faults: string[] = [];
  const readPairs = async (kind: "env" | "output" | "state") => {
    const content = await readFile(files[kind], "utf8").catch(() => "");
    try {
      return parsePairs(content);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      faults.push(`Unable to process file command '${kind}' successfully: ${reason}`);
      return {};
    }
  };
  const [env, output, state] = [
    await readPairs("env"),
    await readPairs("output"),
    await readPairs("state"),
  ];
  if ("NODE_OPTIONS" in env) {
    delete env["NODE_OPTIONS"];
    faults.push("Can't store NODE_OPTIONS output parameter using '$GITHUB_ENV' command.");
  }
  const additions = (await readFile(files.path, "utf8").catch(() => "")).split(/\r?\n/);
  const { summary, fault } = await readSummary(files.summary).catch(() => ({
    summary: "",
    fault: undefined,
  }));
  return {
    env,
    output,
    state,
    path: additions.filter((line) => line !== ""),
    summary,
    faults,
    summaryFault: fault,
  };
}

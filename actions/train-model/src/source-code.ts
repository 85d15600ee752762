import { createHash } from "node:crypto";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { InputError, type Log } from "#core";
import pLimit from "p-limit";

const execute = promisify(execFile);

/** What git knows of the code that trains. */
export interface SourceCode {
  /** `null` outside a repository. */
  readonly head: string | null;
  /** Whether tracked files differ from the commit. */
  readonly dirty: boolean;
  readonly code: { readonly digest: string; readonly files: number } | null;
}

/** Which files count as code. */
export interface CodeQuery {
  readonly workspace: string;
  /** `null` for the default: tracked files but those left out below. */
  readonly globs: readonly string[] | null;
  /** Data files, relative to the workspace; never code unless a glob names them. */
  readonly dataFiles: readonly string[];
  /** The settings file: what it says is recorded by itself. */
  readonly settingsFile: string;
  readonly log: Pick<Log, "warning">;
}

const NEVER_CODE = ["**/*.md", ".github/**", ".slipway/**"];

/**
 * Reads commit, dirtiness and the digest of the code: SHA-256 over a line
 * `<mode> <blob> <path>` each, as `git ls-files -s` sorts them, with the working tree's blob
 * where a file was changed.
 *
 * @throws InputError `CODE_MATCHES_NOTHING`
 */
export async function readSourceCode(query: CodeQuery): Promise<SourceCode> {
  const git = (...args: readonly string[]) => runGit(query.workspace, args);
  const inside = await git("rev-parse", "--is-inside-work-tree").catch((error: unknown) => {
    if (/dubious ownership/.test(String(error))) {
      query.log.warning(
        `git refuses to read ${query.workspace}, which another user owns: the run records no code digest. Run git config --global --add safe.directory ${query.workspace} before.`,
      );
    }
    return null;
  });
  if (inside === null) return { head: null, dirty: false, code: null };
  const head = await git("rev-parse", "HEAD").catch(() => null);
  const changed = await git("status", "--porcelain", "-z", "--untracked-files=no", "--no-renames");
  const entries = await listCode(git, query);
  const current = await withWorkingTree(git, entries, pathsOfStatus(changed));
  const text = current.map(({ mode, blob, path }) => `${mode} ${blob} ${path}\n`).join("");
  return {
    head: head?.trim() ?? null,
    dirty: changed !== "",
    code: {
      digest: `sha256:${createHash("sha256").update(text).digest("hex")}`,
      files: current.length,
    },
  };
}

type Git = (...args: readonly string[]) => Promise<string>;

interface CodeFile {
  readonly mode: string;
  readonly blob: string;
  readonly path: string;
}

async function listCode(
  git: Git,
  { globs, dataFiles, settingsFile }: CodeQuery,
): Promise<readonly CodeFile[]> {
  const literal = (path: string): string => `:(exclude,literal)${path}`;
  const local = dataFiles.filter((path) => !path.includes("://") && !path.startsWith("/"));
  const specs =
    globs === null
      ? [
          ".",
          ...NEVER_CODE.map((glob) => `:(exclude,glob)${glob}`),
          ...[settingsFile, ...local].map(literal),
        ]
      : globs.map((glob) => `:(glob)${glob}`);
  const listed = await git("ls-files", "-s", "-z", "--", ...specs);
  const files = listed.split("\0").flatMap((line) => {
    const match = /^(\d+) ([0-9a-f]+) \d\t(.*)$/s.exec(line);
    const [, mode = "", blob = "", path = ""] = match ?? [];
    return match === null ? [] : [{ mode, blob, path }];
  });
  if (globs === null || files.length > 0) return files;
  throw new InputError({
    code: "CODE_MATCHES_NOTHING",
    message: `code: no tracked file matches ${globs.join(", ")}.`,
    hint: "Globs start at the repository's root; files must be committed to count as code.",
  });
}

function pathsOfStatus(porcelain: string): ReadonlySet<string> {
  return new Set(porcelain.split("\0").map((entry) => entry.slice(3)));
}

/** A process each: a formatter may have changed thousands of files. */
const HASHED_AT_ONCE = 8;

async function withWorkingTree(
  git: Git,
  files: readonly CodeFile[],
  changed: ReadonlySet<string>,
): Promise<readonly CodeFile[]> {
  const limit = pLimit(HASHED_AT_ONCE);
  const hash = async (file: CodeFile): Promise<CodeFile> => {
    const blob = await git("hash-object", "--", file.path).catch(() => "deleted");
    return { ...file, blob: blob.trim() };
  };
  return Promise.all(
    files.map(async (file) => (changed.has(file.path) ? limit(() => hash(file)) : file)),
  );
}

async function runGit(directory: string, args: readonly string[]): Promise<string> {
  const { stdout } = await execute("git", [...args], {
    cwd: directory,
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, GIT_OPTIONAL_LOCKS: "0", LC_ALL: "C" },
  });
  return stdout;
}

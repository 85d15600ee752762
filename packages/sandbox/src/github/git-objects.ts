import { runGit, runGitText } from "./git.ts";

export type ObjectType = "blob" | "tree" | "commit" | "tag";

/** One object of a repository. */
interface GitObject {
  readonly sha: string;
  readonly type: ObjectType;
  readonly content: Buffer;
}

/** Who and when, as git keeps it. */
export interface Signature {
  readonly name: string;
  readonly email: string;
  /** ISO 8601, UTC. */
  readonly date: string;
}

export interface GitCommit {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Signature;
  readonly committer: Signature;
  readonly message: string;
}

export interface GitTag {
  readonly sha: string;
  readonly object: string;
  readonly type: ObjectType;
  readonly tag: string;
  readonly tagger: Signature;
  readonly message: string;
}

export const zeroSha = "0".repeat(40);

/** Reads objects by name in one `git cat-file --batch`; a missing one is `undefined`. */
async function readObjects(
  directory: string,
  names: readonly string[],
): Promise<readonly (GitObject | undefined)[]> {
  if (names.length === 0) return [];
  if (names.some((name) => name.includes("\n"))) return names.map(() => undefined);
  const { stdout } = await runGit(directory, ["cat-file", "--batch"], {
    input: `${names.join("\n")}\n`,
  });
  const found: (GitObject | undefined)[] = [];
  let offset = 0;
  while (found.length < names.length) {
    const end = stdout.indexOf(10, offset);
    const header = stdout.subarray(offset, end).toString("utf8");
    offset = end + 1;
    const match = /^([0-9a-f]{40}) (blob|tree|commit|tag) (\d+)$/.exec(header);
    if (match === null) {
      found.push(undefined);
      continue;
    }
    const [, sha = "", type, size] = match;
    const content = stdout.subarray(offset, offset + Number(size));
    found.push({ sha, type: type as ObjectType, content });
    offset += Number(size) + 1;
  }
  return found;
}

/** Reads one object, or `undefined`. */
export async function readObject(directory: string, name: string): Promise<GitObject | undefined> {
  const [found] = await readObjects(directory, [name]);
  return found;
}

/** The full name of the object a revision stands for, or `undefined`. */
export async function resolveRevision(
  directory: string,
  revision: string,
): Promise<string | undefined> {
  if (revision.startsWith("-")) return undefined;
  const { stdout, exitCode } = await runGit(
    directory,
    ["rev-parse", "--verify", "--quiet", "--end-of-options", revision],
    { accept: [0, 1, 128] },
  );
  // `--end-of-options` itself is echoed by some versions of git.
  return exitCode === 0 ? stdout.toString("utf8").trim().split("\n").at(-1) : undefined;
}

/** The commit that a branch, a tag, a full ref or a sha stands for, in GitHub's order. */
export async function resolveCommit(directory: string, name: string): Promise<string | undefined> {
  const candidates = name.startsWith("refs/")
    ? [name]
    : [`refs/heads/${name}`, `refs/tags/${name}`, `refs/${name}`, name];
  for (const candidate of candidates) {
    const isName = candidate.startsWith("refs/");
    if (!isName && candidate !== "HEAD" && !/^[0-9a-f]{4,40}$/.test(candidate)) continue;
    const sha = await resolveRevision(directory, `${candidate}^{commit}`);
    if (sha !== undefined) return sha;
  }
  return undefined;
}

/** Writes an object and returns its name. */
export async function writeObject(
  directory: string,
  type: ObjectType,
  content: string | Uint8Array,
): Promise<string> {
  return runGitText(directory, ["hash-object", "-t", type, "-w", "--stdin"], { input: content });
}

function formatSignature({ name, email, date }: Signature): string {
  const seconds = Math.floor(Date.parse(date) / 1000);
  const clean = (text: string) => text.replaceAll(/[<>\n\0]/g, "").trim();
  return `${clean(name)} <${clean(email)}> ${seconds} +0000`;
}

function parseSignature(text: string): Signature {
  const match = /^(.*) <(.*)> (-?\d+) [+-]\d{4}$/.exec(text);
  const [, name = "", email = "", seconds = "0"] = match ?? [];
  return { name, email, date: formatSeconds(Number(seconds)) };
}

function formatSeconds(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");
}

/** Writes a commit exactly as given. */
export async function writeCommit(
  directory: string,
  commit: Omit<GitCommit, "sha">,
): Promise<string> {
  const lines = [
    `tree ${commit.tree}`,
    ...commit.parents.map((parent) => `parent ${parent}`),
    `author ${formatSignature(commit.author)}`,
    `committer ${formatSignature(commit.committer)}`,
    "",
    commit.message,
  ];
  return writeObject(directory, "commit", lines.join("\n"));
}

/** Writes a tag object exactly as given. */
export async function writeTag(directory: string, tag: Omit<GitTag, "sha">): Promise<string> {
  const lines = [
    `object ${tag.object}`,
    `type ${tag.type}`,
    `tag ${tag.tag}`,
    `tagger ${formatSignature(tag.tagger)}`,
    "",
    // Git's own check wants a line break at the end of the message.
    tag.message.endsWith("\n") ? tag.message : `${tag.message}\n`,
  ];
  return writeObject(directory, "tag", lines.join("\n"));
}

function splitHeaders(content: Buffer): {
  readonly headers: readonly (readonly [string, string])[];
  readonly message: string;
} {
  const text = content.toString("utf8");
  const end = text.indexOf("\n\n");
  const head = end === -1 ? text : text.slice(0, end);
  const headers = head.split("\n").flatMap((line) => {
    const space = line.indexOf(" ");
    // Lines that begin with a space go on with a signature.
    return space > 0 ? [[line.slice(0, space), line.slice(space + 1)] as const] : [];
  });
  return { headers, message: end === -1 ? "" : text.slice(end + 2) };
}

/** Reads the fields of a commit object. */
export function parseCommit({ sha, content }: GitObject): GitCommit {
  const { headers, message } = splitHeaders(content);
  const first = (name: string) => headers.find(([key]) => key === name)?.[1] ?? "";
  return {
    sha,
    tree: first("tree"),
    parents: headers.flatMap(([key, value]) => (key === "parent" ? [value] : [])),
    author: parseSignature(first("author")),
    committer: parseSignature(first("committer")),
    message,
  };
}

/** Reads the fields of a tag object. */
export function parseTag({ sha, content }: GitObject): GitTag {
  const { headers, message } = splitHeaders(content);
  const first = (name: string) => headers.find(([key]) => key === name)?.[1] ?? "";
  return {
    sha,
    object: first("object"),
    type: first("type") as ObjectType,
    tag: first("tag"),
    tagger: parseSignature(first("tagger")),
    message,
  };
}

/** Reads commits by name; those that do not exist are left out. */
export async function readCommits(
  directory: string,
  shas: readonly string[],
): Promise<readonly GitCommit[]> {
  const objects = await readObjects(directory, shas);
  return objects.flatMap((object) =>
    object !== undefined && object.type === "commit" ? [parseCommit(object)] : [],
  );
}

import { randomBytes } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { RemoteError, type GithubAccess, type TagFacts } from "#core";
import { authentication, faultLine, gitIn, type Git } from "./run-git.ts";

/** Where a history is fetched to, and from. */
export interface TagFetch {
  readonly access: GithubAccess;
  readonly model: string;
  /** A folder of the job's own; the repository made there holds only tags. */
  readonly temporaryDirectory: string;
}

/**
 * All tags of one model by one filtered `git fetch`, whatever the workspace's clone holds.
 * A history of 10,000 versions is one round trip and no file content.
 *
 * @throws RemoteError `HISTORY_UNREADABLE`
 */
export async function fetchModelTags(fetch: TagFetch): Promise<readonly TagFacts[]> {
  const directory = join(
    fetch.temporaryDirectory,
    `slipway-tags-${randomBytes(4).toString("hex")}.git`,
  );
  await mkdir(directory, { recursive: true });
  try {
    return await fetchInto(gitIn(directory), fetch);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function fetchInto(git: Git, { access, model }: TagFetch): Promise<readonly TagFacts[]> {
  await git(["init", "--quiet", "--bare"]);
  const url = `${access.serverUrl}/${access.owner}/${access.repository}`;
  const refs = [`refs/tags/${model}@*`, `refs/tags/${model}#*`];
  const query = { git, url, refs, access };
  if (!(await hasRefs(query))) return [];
  await fetchRefs(query);
  const format = [
    "%(refname:strip=2)",
    "%(objecttype)",
    "%(objectname)",
    "%(*objectname)",
    "%(taggerdate:iso-strict)",
    "%(committerdate:iso-strict)",
    "%(contents)",
  ];
  const listed = await git(["for-each-ref", `--format=${format.join("%00")}%00%01`, "refs/tags"]);
  return listed
    .split("\0\u0001\n")
    .filter((record) => record.trim() !== "")
    .map(readRecord)
    .filter((tag) => tag !== null);
}

function readRecord(record: string): TagFacts | null {
  const [name = "", type, object = "", peeled = "", tagged = "", committed = "", message = ""] =
    record.split("\0");
  // GTO does not see lightweight tags, so neither does Slipway.
  if (type !== "tag") return null;
  const date = tagged === "" ? committed : tagged;
  return {
    name,
    commit: peeled === "" ? object : peeled,
    taggedAt: new Date(date).toISOString(),
    message,
  };
}

interface RefQuery {
  readonly git: Git;
  readonly url: string;
  readonly refs: readonly string[];
  readonly access: GithubAccess;
}

/** Asked first: with a depth, `git fetch` ends in a silent failure where nothing matches. */
async function hasRefs(query: RefQuery): Promise<boolean> {
  const { url, refs } = query;
  return (await ask(query, ["ls-remote", "--refs", url, ...refs])).trim() !== "";
}

async function fetchRefs(query: RefQuery): Promise<void> {
  const { url, refs } = query;
  const specs = refs.map((ref) => `+${ref}:${ref}`);
  const options = ["--quiet", "--no-tags", "--depth=1", "--filter=tree:0"];
  await ask(query, ["fetch", ...options, url, ...specs]);
}

async function ask({ git, url, access }: RefQuery, parameters: readonly string[]): Promise<string> {
  try {
    return await git(parameters, authentication(access));
  } catch (error) {
    throw new RemoteError({
      code: "HISTORY_UNREADABLE",
      message: `The model's tags cannot be fetched from ${url}: ${faultLine(error)}.`,
      hint: "The job needs `permissions: contents: read`, and git on its PATH.",
      call: "git fetch",
      status: null,
      retryable: true,
      cause: error,
    });
  }
}

import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { RemoteError, type GithubAccess, type TagFacts } from "#core";

const run = promisify(execFile);

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
 */
export async function fetchModelTags(fetch: TagFetch): Promise<readonly TagFacts[]> {
  const directory = join(
    fetch.temporaryDirectory,
    `slipway-tags-${randomBytes(4).toString("hex")}.git`,
  );
  await git(["init", "--quiet", "--bare", directory], {});
  const url = `${fetch.access.serverUrl}/${fetch.access.owner}/${fetch.access.repository}`;
  const refs = [`refs/tags/${fetch.model}@*`, `refs/tags/${fetch.model}#*`];
  if (!(await hasRefs(directory, { url, refs, access: fetch.access }))) return [];
  await fetchRefs(directory, { url, refs, access: fetch.access });
  const format = [
    "%(refname:strip=2)",
    "%(objecttype)",
    "%(objectname)",
    "%(*objectname)",
    "%(taggerdate:iso-strict)",
    "%(committerdate:iso-strict)",
    "%(contents)",
  ];
  const { stdout } = await git(
    ["-C", directory, "for-each-ref", `--format=${format.join("%00")}%00%01`, "refs/tags"],
    {},
  );
  return stdout
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
  readonly url: string;
  readonly refs: readonly string[];
  readonly access: GithubAccess;
}

/** Asked first: with a depth, `git fetch` ends in a silent failure where nothing matches. */
async function hasRefs(directory: string, { url, refs, access }: RefQuery): Promise<boolean> {
  const { stdout } = await ask(url, () =>
    git(["-C", directory, "ls-remote", "--refs", url, ...refs], authentication(access)),
  );
  return stdout.trim() !== "";
}

async function fetchRefs(directory: string, { url, refs, access }: RefQuery): Promise<void> {
  const specs = refs.map((ref) => `+${ref}:${ref}`);
  const options = ["--quiet", "--no-tags", "--depth=1", "--filter=tree:0"];
  await ask(url, () =>
    git(["-C", directory, "fetch", ...options, url, ...specs], authentication(access)),
  );
}

async function ask<T>(url: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const stderr = (error as { readonly stderr?: string }).stderr ?? String(error);
    throw new RemoteError({
      code: "HISTORY_UNREADABLE",
      message: `The model's tags cannot be fetched from ${url}: ${stderr.trim().split("\n").at(-1)}.`,
      hint: "The job needs `permissions: contents: read`, and git on its PATH.",
      call: "git fetch",
      status: null,
      retryable: true,
      cause: error,
    });
  }
}

/** The token as a header in git's environment: not in the arguments, where other processes see it. */
function authentication(access: GithubAccess): Readonly<Record<string, string>> {
  if (access.token === "") return {};
  const basic = Buffer.from(`x-access-token:${access.token}`).toString("base64");
  return {
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: "http.extraHeader",
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${basic}`,
  };
}

function git(
  parameters: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly stdout: string }> {
  return run("git", [...parameters], {
    env: { ...process.env, ...environment, GIT_TERMINAL_PROMPT: "0" },
    maxBuffer: 256 * 1024 * 1024,
  });
}

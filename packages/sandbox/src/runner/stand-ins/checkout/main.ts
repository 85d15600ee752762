/** Clones a repository of the local GitHub into the workspace. */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import {
  getBooleanInput,
  getInput,
  info,
  saveState,
  setFailed,
  setOutput,
  setSecret,
} from "@actions/core";

const {
  GITHUB_REF = "",
  GITHUB_REPOSITORY,
  GITHUB_SERVER_URL,
  GITHUB_SHA = "",
  GITHUB_WORKSPACE = ".",
} = process.env;

/** What to fetch and how to stand on it. */
interface CheckoutPlan {
  readonly label: string;
  readonly refspecs: readonly string[];
  readonly checkout: readonly string[];
}

function planFor(ref: string, listRemote: (pattern: string) => string): CheckoutPlan {
  const ownRef = ref === "" && getInput("repository") === GITHUB_REPOSITORY;
  const wanted = ownRef ? GITHUB_REF : ref;
  const commit = ownRef ? GITHUB_SHA : undefined;
  const branch = wanted.match(/^refs\/heads\/(.+)$/)?.[1];
  if (/^[0-9a-f]{40}$/.test(wanted))
    return { label: wanted, refspecs: [wanted], checkout: ["--detach", wanted] };
  if (branch !== undefined) return planBranch(branch, commit);
  if (wanted.startsWith("refs/tags/")) return planTag(wanted);
  if (wanted.startsWith("refs/")) {
    const local = wanted.replace(/^refs\//, "refs/remotes/");
    return {
      label: wanted,
      refspecs: [`+${commit ?? wanted}:${local}`],
      checkout: ["--detach", local],
    };
  }
  if (wanted === "") return planBranch(defaultBranch(listRemote("HEAD")), undefined);
  if (listRemote(`refs/heads/${wanted}`) !== "") return planBranch(wanted, undefined);
  if (listRemote(`refs/tags/${wanted}`) !== "") return planTag(`refs/tags/${wanted}`);
  throw new Error(`A branch or tag with the name '${wanted}' could not be found`);
}

function planBranch(branch: string, commit: string | undefined): CheckoutPlan {
  const remote = `refs/remotes/origin/${branch}`;
  return {
    label: `refs/heads/${branch}`,
    refspecs: [`+${commit ?? `refs/heads/${branch}`}:${remote}`],
    checkout: ["-B", branch, remote],
  };
}

function planTag(ref: string): CheckoutPlan {
  return { label: ref, refspecs: [`+${ref}:${ref}`], checkout: ["--detach", ref] };
}

function defaultBranch(symbolicHead: string): string {
  return symbolicHead.match(/^ref: refs\/heads\/(\S+)\s+HEAD/)?.[1] ?? "main";
}

function run(): void {
  const directory = path.resolve(GITHUB_WORKSPACE, getInput("path"));
  const url = `${GITHUB_SERVER_URL}/${getInput("repository", { required: true })}`;
  const token = getInput("token");
  const header = `AUTHORIZATION: basic ${Buffer.from(`x-access-token:${token}`).toString("base64")}`;
  setSecret(header.slice("AUTHORIZATION: basic ".length));
  const configKey = `http.${GITHUB_SERVER_URL}/.extraheader`;
  // The environment, unlike an argument, is not visible to other users.
  const authorized = {
    ...process.env,
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: configKey,
    GIT_CONFIG_VALUE_0: header,
  };
  mkdirSync(directory, { recursive: true });
  const git = (...args: readonly string[]) =>
    execFileSync("git", ["-C", directory, ...args], {
      encoding: "utf8",
      env: authorized,
      stdio: ["ignore", "pipe", "inherit"],
    });

  git("init", "--quiet", "--initial-branch=main");
  git("remote", "add", "origin", url);
  const plan = planFor(getInput("ref"), (pattern) =>
    git("ls-remote", "--symref", "origin", pattern).trim(),
  );
  const depth = Number(getInput("fetch-depth"));
  if (!Number.isInteger(depth) || depth < 0)
    throw new Error(`fetch-depth: expected a whole number, found "${getInput("fetch-depth")}"`);
  const everything = ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"];
  const reach = depth === 0 ? [] : [`--depth=${depth}`];
  const tags = depth === 0 || getBooleanInput("fetch-tags") ? "--tags" : "--no-tags";
  if (depth === 0) git("fetch", "--quiet", "--prune", tags, "origin", ...everything);
  git("fetch", "--quiet", tags, ...reach, "origin", ...plan.refspecs);
  git("checkout", "--quiet", "--force", ...plan.checkout);
  if (getBooleanInput("persist-credentials")) {
    git("config", "--local", configKey, header);
    saveState("directory", directory);
    saveState("config-key", configKey);
  }
  const commit = git("rev-parse", "HEAD").trim();
  info(`Checked out ${commit} of ${url} (${plan.label}) in ${directory}`);
  setOutput("ref", plan.label);
  setOutput("commit", commit);
}

try {
  run();
} catch (error) {
  setFailed(error instanceof Error ? error.message : String(error));
}

import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GithubAccess, ModelHistory } from "#core";
import { rememberingLog, someRun } from "#core/testing";
import { connectGithub, githubHistory, type GithubConnection } from "#github";
import { openRunDirectory, rawInputs } from "#toolkit";
import { parseInputs } from "../../actions/register-version/src/inputs.ts";
import { githubRegistry, type Registry } from "../../actions/register-version/src/registry.ts";
import { registerVersion } from "../../actions/register-version/src/run.ts";
import { startGithub } from "../../packages/sandbox/src/github/service.ts";
import { requireProgram } from "./tools.ts";

const digestOf = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;

/** A repository on the local GitHub, and register-version's own code at work on it. */
export interface LocalRegistry {
  /** Runs register-version; with a run's id, the inputs see a run directory with that run. */
  readonly register: (inputs: Readonly<Record<string, string>>, runId?: string) => Promise<void>;
  readonly registry: Registry;
  readonly connection: GithubConnection;
  readonly read: (model: string) => Promise<ModelHistory>;
  /** A fresh clone with all tags. */
  readonly clone: () => Promise<string>;
  /** Pushes all tags and branches of a local repository to it. */
  readonly push: (directory: string) => Promise<void>;
  /** A folder that goes with the repository. */
  readonly folder: string;
  readonly close: () => Promise<void>;
}

/** Git beside a server in this very process: never synchronous. */
export const git = (directory: string, ...parameters: string[]): Promise<string> =>
  requireProgram("git", ["-C", directory, ...parameters]);

const author = ["-c", "user.name=ann", "-c", "user.email=ann@example.com"];

/** A git repository with one commit. */
export async function startRepository(directory: string): Promise<string> {
  mkdirSync(join(directory, ".github/workflows"), { recursive: true });
  writeFileSync(join(directory, "train.py"), "print(1)\n");
  writeFileSync(join(directory, ".github/workflows/x.yml"), "on: push\njobs: {}\n");
  await git(directory, "init", "-q", "-b", "main");
  return commitAll(directory, "first");
}

/** Commits everything and gives the commit. */
export async function commitAll(directory: string, message: string): Promise<string> {
  await git(directory, "add", ".");
  await git(directory, ...author, "commit", "-qm", message);
  return (await git(directory, "rev-parse", "HEAD")).trim();
}

/** Starts the local GitHub with one repository in it. */
export async function startRegistry(): Promise<LocalRegistry> {
  const folder = mkdtempSync(join(tmpdir(), "slipway-peers-"));
  const github = await startGithub({ stateDirectory: join(folder, "github") });
  const access = await createRepository(github, join(folder, "work"));
  const { owner, repository } = access;
  const remote = `${github.serverUrl}/${owner}/${repository}`.replace(
    "://",
    `://x-access-token:${github.adminToken}@`,
  );
  await git(join(folder, "work"), "push", "-q", remote, "main");
  const connection = connectGithub(access, { log: rememberingLog() });
  const registry = githubRegistry(connection, folder);
  let clones = 0;
  return {
    folder,
    registry,
    connection,
    read: (model) => githubHistory(connection, folder).read(model),
    register: (inputs, runId) => register({ folder, registry, access }, inputs, runId),
    clone: async () => {
      const directory = join(folder, `clone-${(clones += 1)}`);
      await git(folder, "clone", "-q", remote, directory);
      return directory;
    },
    push: async (directory) => {
      await git(directory, "push", "-q", "--force", remote, "main");
      await git(directory, "push", "-q", remote, "--tags");
    },
    close: async () => {
      await github.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function createRepository(
  github: Awaited<ReturnType<typeof startGithub>>,
  work: string,
): Promise<GithubAccess> {
  const created = await fetch(`${github.url}/user/repos`, {
    method: "POST",
    headers: { authorization: `Bearer ${github.adminToken}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "models", private: true }),
  });
  if (created.status !== 201) throw new Error(`POST user/repos answered ${created.status}`);
  const { full_name } = (await created.json()) as { readonly full_name: string };
  const [owner = "", repository = ""] = full_name.split("/");
  return {
    token: github.adminToken,
    apiUrl: github.url,
    serverUrl: github.serverUrl,
    owner,
    repository,
    sha: await startRepository(work),
    ref: "refs/heads/main",
    eventName: "push",
    event: {},
    actor: "ann",
    runId: 1,
    runAttempt: 1,
    workflow: "w",
    job: "j",
  };
}

const noArtifacts = { upload: async () => 1, list: async () => [], download: async () => {} };

async function register(
  {
    folder,
    registry,
    access,
  }: { readonly folder: string; readonly registry: Registry; readonly access: GithubAccess },
  inputs: Readonly<Record<string, string>>,
  runId = "none",
): Promise<void> {
  const workspace = join(folder, `run-${inputs["model"] ?? ""}-${runId}`.replaceAll("/", "-"));
  if (runId !== "none")
    await leaveRun(workspace, { id: runId, model: inputs["model"] ?? "", access });
  await registerVersion(parseInputs(rawInputs(inputs)), {
    registry,
    artifacts: noArtifacts,
    artifactsOf: () => noArtifacts,
    temporaryDirectory: folder,
    clock: { now: () => new Date(), wait: () => Promise.resolve() },
    log: rememberingLog(),
    actor: "ann",
    sha: access.sha,
    workspace,
    sha256: digestOf,
  });
}

async function leaveRun(
  workspace: string,
  run: { readonly id: string; readonly model: string; readonly access: GithubAccess },
): Promise<void> {
  const { id, model, access } = run;
  const directory = openRunDirectory(join(workspace, "slipway-run"));
  const files = [
    { path: "model.onnx", role: "model" as const, bytes: id.length, digest: digestOf(id) },
  ];
  const source = { ...someRun().source, commit: access.sha };
  await directory.writeText("model.onnx", id);
  await directory.writeDocument("run.json", someRun({ id, model, files, source, params: { id } }));
}

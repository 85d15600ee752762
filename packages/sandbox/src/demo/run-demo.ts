import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { readSandboxState } from "../console/read-state.ts";
import { githubCalls, storageCalls } from "../local-calls.ts";
import { findSandbox, openControl } from "../sandbox-control.ts";
import { startSandbox, type Sandbox } from "../sandbox.ts";
import { runGit } from "./author-git.ts";
import { describeTraffic, readService } from "./findings.ts";
import { endLeftOvers } from "./left-overs.ts";
import { names, params, writeProject } from "./project.ts";
import { chapters } from "./story.ts";
import type { Terminal } from "./terminal.ts";
import { objectName, readWeatherParts } from "./weather-data.ts";
import { createWorkflowRuns, type WorkflowRuns } from "./workflow-runs.ts";
import { Mismatch, type World } from "./world.ts";

/** How the demo is run. */
export interface DemoOptions {
  readonly repositoryRoot: string;
  /** Folder with action.yml, actions/ and dist/: the repository itself unless another is tried out. */
  readonly actionsDirectory: string;
  /** Everything that the demo writes; emptied first. */
  readonly directory: string;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

const owner = "octocat";

function imageOf(actionsDirectory: string): { readonly image: string; readonly program: string } {
  const program = path.join(actionsDirectory, "dist/server.mjs");
  const digest = createHash("sha256").update(readFileSync(program)).digest("hex");
  return { image: `ghcr.io/slipway-ml/server@sha256:${digest}`, program };
}

async function emptyDirectory(directory: string): Promise<void> {
  const state = path.join(directory, "sandbox");
  if ((await findSandbox(state)) !== undefined) {
    throw new Error(`A demo runs already in ${directory}. End it with Ctrl-C where it runs.`);
  }
  if (existsSync(directory)) await endLeftOvers(directory);
  rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  mkdirSync(state, { recursive: true });
}

async function startServices(
  options: DemoOptions,
  image: ReturnType<typeof imageOf>,
  runs: WorkflowRuns,
): Promise<Sandbox> {
  return startSandbox({
    stateDirectory: path.join(options.directory, "sandbox"),
    login: owner,
    actionSources: {
      "slipway-ml/slipway": { kind: "folder", directory: options.actionsDirectory },
    },
    images: ({ storage }) => ({
      [image.image]: {
        command: [process.execPath, image.program],
        environment: { CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: `${storage}/` },
      },
    }),
    onRun: runs.ended,
    onProgress: options.terminal.progress,
  });
}

async function prepareProject(options: DemoOptions, world: World): Promise<void> {
  const { sandbox, github, storage, projectDirectory, repository, terminal } = world;
  await storage.makeBucket(names.bucket);
  for (const part of world.parts.filter(({ city, year }) => city === "Seattle" && year < 2014)) {
    await storage.upload({ bucket: names.bucket, name: objectName(part), text: part.csv });
  }
  await github.json("/user/repos", { body: { name: names.model } });
  const variables = {
    GCP_WORKLOAD_IDENTITY_PROVIDER: sandbox.workloadIdentityProvider,
    GCP_SERVICE_ACCOUNT: sandbox.serviceAccount,
  };
  for (const [name, value] of Object.entries(variables)) {
    await github.json(`/repos/${repository}/actions/variables`, { body: { name, value } });
  }
  mkdirSync(projectDirectory, { recursive: true });
  writeProject(projectDirectory, {
    ...world.settings,
    params: params.first,
    repositoryRoot: options.repositoryRoot,
  });
  await world.git("init", "--quiet", "--initial-branch=main");
  const address = sandbox.urls.githubServer.replace(
    "://",
    `://${owner}:${sandbox.github.adminToken}@`,
  );
  await world.git("remote", "add", "origin", `${address}/${repository}.git`);
  terminal.say(
    `A bucket with two years of Seattle's weather, and a repository: ${projectDirectory}`,
  );
}

function createWorld(
  options: DemoOptions,
  parts: { readonly sandbox: Sandbox; readonly runs: WorkflowRuns; readonly image: string },
): World {
  const { sandbox, runs, image } = parts;
  const projectDirectory = path.join(options.directory, names.model);
  return {
    repositoryRoot: options.repositoryRoot,
    projectDirectory,
    repository: `${owner}/${names.model}`,
    sandbox,
    github: githubCalls(sandbox.github),
    storage: storageCalls(sandbox),
    runs,
    terminal: options.terminal,
    parts: readWeatherParts(options.repositoryRoot),
    settings: { project: sandbox.identity.project, image },
    signal: options.signal,
    state: () => readSandboxState(sandbox),
    git: (...args) => runGit(projectDirectory, args),
    traffic: undefined,
  };
}

/** Plays the first `steps` steps. @throws Mismatch when one does not end as the story says */
export async function playStory(world: World, steps: number): Promise<void> {
  const { terminal, signal } = world;
  const startedAt = Date.now();
  let doing = "starting";
  let traffic = "nothing serves yet";
  const look = setInterval(() => {
    void readService(world).then(
      (service) => (traffic = describeTraffic(service)),
      () => {},
    );
  }, 2000);
  const alive = terminal.keepAlive(
    () => `${doing}; ${Math.round((Date.now() - startedAt) / 1000)} s so far; traffic: ${traffic}`,
  );
  try {
    for (const [index, chapter] of chapters.slice(0, steps).entries()) {
      signal.throwIfAborted();
      doing = `step ${index + 1} goes on`;
      terminal.heading(`${index + 1}/${chapters.length}  ${chapter.title}`);
      try {
        await chapter.play(world);
      } catch (error) {
        if (signal.aborted) throw error;
        const message = error instanceof Error ? error.message : String(error);
        throw new Mismatch(`Step ${index + 1} (${chapter.title}): ${message}`, { cause: error });
      }
    }
  } finally {
    clearInterval(look);
    alive.stop();
  }
}

/** Services and a project that are ready for the first push. */
export interface OpenDemo {
  readonly world: World;
  /** Stops the traffic and the services. */
  close(): Promise<void>;
}

/** Starts fresh services and prepares the project, the bucket and the repository's variables. */
export async function openDemo(options: DemoOptions): Promise<OpenDemo> {
  await emptyDirectory(options.directory);
  const image = imageOf(options.actionsDirectory);
  const runs = createWorkflowRuns();
  const sandbox = await startServices(options, image, runs);
  const world = createWorld(options, { sandbox, runs, image: image.image });
  const control = await openControl(sandbox.stateDirectory, sandbox);
  const close = async (): Promise<void> => {
    await world.traffic?.stop();
    await control.close();
    await sandbox.close();
  };
  try {
    await prepareProject(options, world);
    return { world, close };
  } catch (error) {
    await close();
    throw error;
  }
}

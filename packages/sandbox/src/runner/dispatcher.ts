import { readFileSync, writeFileSync, mkdirSync } from "node:fs";
import { setMaxListeners } from "node:events";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { LocalGithub, RepositoryEvent } from "../contracts.ts";
import { createConcurrencyGroups } from "./concurrency.ts";
import { valueAt } from "./json.ts";
import type { RunOutcome } from "./outcomes.ts";
import { parseWorkflowFile } from "./parse-workflow.ts";
import type { ProgressListener } from "./progress.ts";
import type { RunnerSettings } from "./run-context.ts";
import { readFileAt, runGit } from "./run-git.ts";
import { defaultParallelJobs, runWorkflow } from "./run-workflow.ts";
import { createSlots } from "./slots.ts";
import { matchesTrigger } from "./triggers.ts";
import { describeError } from "./workflow-error.ts";

/** How the dispatcher is started. */
export interface DispatcherOptions extends RunnerSettings {
  readonly github: LocalGithub;
  readonly workDirectory: string;
  /** Jobs at the same time, over all runs (default 2). */
  readonly parallelJobs?: number;
  readonly onProgress?: ProgressListener;
  /** Hears how each run ended. */
  readonly onRun?: (run: RunOutcome) => void;
}

/** Starts workflows when events of the local GitHub ask for it. */
export interface Dispatcher {
  /** Starts what an event asks for and resolves when these runs have ended. */
  dispatch(event: RepositoryEvent): Promise<readonly RunOutcome[]>;
  /** Resolves when no run is under way. */
  idle(): Promise<void>;
  /** Settings for the runs that start from now on. */
  configure(settings: Partial<RunnerSettings>): void;
  /** Stops listening, cancels what runs and ends every program. */
  close(): Promise<void>;
}

/** How long nothing must be under way to count as idle. */
const quietMs = 100;
const zeroCommit = /^0*$/;

async function listChangedFiles(
  directory: string,
  { name, sha, payload }: RepositoryEvent,
): Promise<readonly string[]> {
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  const split = (output: string) => output.split("\n").filter((line) => line !== "");
  if (name.startsWith("pull_request")) {
    const pull = payload["pull_request"] as
      | { base?: { sha?: unknown }; head?: { sha?: unknown } }
      | undefined;
    const range = `${text(pull?.base?.sha)}...${text(pull?.head?.sha)}`;
    return split(await runGit(directory, ["diff", "--name-only", range]));
  }
  const before = text(payload["before"]);
  const known = !zeroCommit.test(before);
  const args = known
    ? ["diff", "--name-only", before, sha]
    : ["diff-tree", "--no-commit-id", "--name-only", "-r", "--root", sha];
  return split(await runGit(directory, args));
}

async function listWorkflowFiles(directory: string, sha: string): Promise<readonly string[]> {
  const output = await runGit(directory, [
    "ls-tree",
    "--name-only",
    sha,
    ".github/workflows/",
  ]).catch(() => "");
  return output.split("\n").filter((file) => /\.ya?ml$/.test(file));
}

/** Workflows of a commit that an event starts. One that cannot be read counts: its run will say why. */
async function findWorkflows(
  github: LocalGithub,
  event: RepositoryEvent,
): Promise<readonly string[]> {
  const directory = github.repositoryPath(event.repository);
  if (directory === undefined) return [];
  const found: string[] = [];
  for (const file of await listWorkflowFiles(directory, event.sha)) {
    const content = await readFileAt(directory, event.sha, file);
    if (content === undefined) continue;
    try {
      const workflow = await parseWorkflowFile(file, content);
      if (await matchesTrigger(workflow, event, () => listChangedFiles(directory, event)))
        found.push(file);
    } catch {
      if (event.workflow === file || (event.workflow === undefined && event.name === "push"))
        found.push(file);
    }
  }
  return found;
}

function createRunNumbers(workDirectory: string) {
  const file = path.join(workDirectory, "run-numbers.json");
  let numbers: Record<string, number> = {};
  try {
    numbers = JSON.parse(readFileSync(file, "utf8")) as Record<string, number>;
  } catch {
    // The first start on this folder.
  }
  return (repository: string, workflow: string): number => {
    const key = `${repository}:${workflow}`;
    const number = (numbers[key] ?? 0) + 1;
    numbers = { ...numbers, [key]: number };
    mkdirSync(workDirectory, { recursive: true });
    writeFileSync(file, JSON.stringify(numbers, null, 2));
    return number;
  };
}

/** GitHub's limit of workflows that start each other by `workflow_run`. */
const maxChainedRuns = 3;

function depthOf({ name, payload }: RepositoryEvent, depths: ReadonlyMap<number, number>): number {
  if (name !== "workflow_run") return 0;
  const started = valueAt(payload, "workflow_run", "id");
  return (typeof started === "number" ? (depths.get(started) ?? 0) : 0) + 1;
}

/** Starts the dispatcher: it listens until it is closed. */
export function startDispatcher(options: DispatcherOptions): Dispatcher {
  const { github, workDirectory } = options;
  const abort = new AbortController();
  // Every program that runs listens to it.
  setMaxListeners(0, abort.signal);
  const shared = {
    slots: createSlots(options.parallelJobs ?? defaultParallelJobs),
    groups: createConcurrencyGroups(),
  };
  const nextRunNumber = createRunNumbers(workDirectory);
  const active = new Set<Promise<unknown>>();
  let settings: RunnerSettings = options;

  const depths = new Map<number, number>();
  const start = async (event: RepositoryEvent, workflowPath: string): Promise<RunOutcome> => {
    const run = await runWorkflow({
      ...options,
      ...settings,
      ...shared,
      event,
      workflowPath,
      signal: abort.signal,
      hardStop: abort.signal,
      runNumber: nextRunNumber(event.repository, workflowPath),
    });
    options.onRun?.(run);
    return run;
  };
  const dispatch = async (event: RepositoryEvent): Promise<readonly RunOutcome[]> => {
    if (abort.signal.aborted) return [];
    const depth = depthOf(event, depths);
    if (depth > maxChainedRuns) return [];
    const workflows = await findWorkflows(github, event);
    return Promise.all(
      workflows.map((workflow) => {
        const runId = event.runId ?? github.nextRunId();
        depths.set(runId, depth);
        return start({ ...event, runId }, workflow);
      }),
    );
  };
  const track = <T>(work: Promise<T>): Promise<T> => {
    active.add(work);
    const settled = work.catch((error: unknown) =>
      console.error(`The workflow runner failed: ${describeError(error)}`),
    );
    void settled.finally(() => active.delete(work));
    return work;
  };
  const stopListening = github.onEvent((event) => {
    track(dispatch(event)).catch(() => {});
  });
  const idle = async () => {
    do {
      await Promise.allSettled(active);
      // The local GitHub tells of a run's end a little after it.
      await sleep(quietMs);
    } while (active.size > 0);
  };
  return {
    dispatch: (event) => track(dispatch(event)),
    idle,
    configure(change) {
      settings = { ...settings, ...change };
    },
    async close() {
      stopListening();
      abort.abort();
      await idle();
    },
  };
}

import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { JobCredentials } from "../contracts.ts";
import { createCancellation, followSignal } from "./cancellation.ts";
import type { JsonObject } from "./json.ts";
import { isScalar } from "./language.ts";
import {
  createRecord,
  type Conclusion,
  type KillStep,
  type StepFrame,
  type StepRecord,
} from "./job-session.ts";
import { openJobLog } from "./job-log.ts";
import { openSession } from "./open-session.ts";
import { endOrphans } from "./orphans.ts";
import type { StepOutcome } from "./outcomes.ts";
import { parseWorkflowFile } from "./parse-workflow.ts";
import type { KillLadder } from "./processes.ts";
import { runSteps, type StepObserver } from "./run-steps.ts";
import type { Annotation } from "./workflow-commands.ts";

/** A use of one built action, outside of any workflow. */
export interface RunActionOptions {
  /** Folder of its action.yml. */
  readonly directory: string;
  readonly inputs?: Readonly<Record<string, string>>;
  /** Variables for its programs, e.g. where the local services listen. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Where it runs; a new empty folder, removed afterwards, when absent. */
  readonly workspace?: string;
  /** Fields of the `github` context, e.g. `repository`, `sha`, `event`, `api_url`. */
  readonly github?: JsonObject;
  /** Tokens of the job, as `LocalGithub.openJob` gives them. */
  readonly credentials?: JobCredentials;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Kills the action in its middle; `step` is `action`. */
  readonly killStep?: Omit<KillStep, "step">;
  readonly ladder?: KillLadder;
  readonly onLine?: (line: string) => void;
}

/** How an action ended. */
export interface ActionOutcome {
  readonly conclusion: Conclusion;
  /** Exit of the main program; `null` when it was killed or never ran. */
  readonly exitCode: number | null;
  readonly exitSignal: NodeJS.Signals | null;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly annotations: readonly Annotation[];
  /** What the action wrote, without secrets. */
  readonly log: string;
  /** What it saved for its post program. */
  readonly state: Readonly<Record<string, string>>;
  /** What it set for later steps. */
  readonly env: Readonly<Record<string, string>>;
  readonly path: readonly string[];
  /** Set-up, pre, main and post programs. */
  readonly steps: readonly StepOutcome[];
}

function collectSteps(steps: StepOutcome[]): StepObserver {
  return {
    async step({ name, id }, run) {
      const record: StepRecord = createRecord();
      const startedAt = new Date().toISOString();
      const { outcome, conclusion } = await run(record);
      const { outputs, annotations, exitCode, exitSignal } = record;
      const ended: StepOutcome = {
        id,
        name,
        number: steps.length + 1,
        outcome,
        conclusion,
        outputs,
        annotations,
        exitCode,
        exitSignal,
        summary: record.summaries.join("\n"),
        startedAt,
        completedAt: new Date().toISOString(),
      };
      steps.push(ended);
      return ended;
    },
  };
}

/** A one-step workflow, so that the action is read and run as in any other. */
async function singleStep(inputs: Readonly<Record<string, string>>) {
  const content = JSON.stringify({
    on: "push",
    jobs: {
      job: {
        "runs-on": "local",
        steps: [{ id: "action", uses: "local/action@local", with: inputs }],
      },
    },
  });
  const workflow = await parseWorkflowFile("action", content);
  const [job] = workflow.jobs;
  if (job?.kind !== "steps" || !isScalar(job.runsOn.token))
    throw new TypeError("expected one job with steps");
  return job.steps;
}

function killOf({ killStep }: RunActionOptions): { readonly killStep?: KillStep } {
  return killStep === undefined ? {} : { killStep: { ...killStep, step: "action" } };
}

async function openActionSession(
  options: RunActionOptions,
  root: string,
  log: Awaited<ReturnType<typeof openJobLog>>,
) {
  const cancellation = createCancellation();
  followSignal(cancellation, options.signal);
  return openSession(
    {
      root,
      cacheDirectory: path.join(root, "_actions"),
      settings: {
        actionSources: { "local/action": { kind: "folder", directory: options.directory } },
        environment: options.environment ?? {},
        ...(options.ladder ? { ladder: options.ladder } : {}),
        ...killOf(options),
      },
      github: options.github ?? {},
      jobKey: "job",
      jobId: 1,
      credentials: options.credentials,
      contexts: { needs: {}, matrix: null, strategy: {}, vars: {} },
      inputs: {},
      secrets: options.secrets ?? {},
      cancellation,
      deadline: new AbortController().signal,
      own: undefined,
      repositoryPath: () => undefined,
      ...(options.workspace === undefined ? {} : { workspace: options.workspace }),
    },
    log,
  );
}

/** Runs one built action, its pre and post programs with it, exactly as a job's step would. */
export async function runAction(options: RunActionOptions): Promise<ActionOutcome> {
  const root = await mkdtemp(path.join(os.tmpdir(), "slipway-action-"));
  const lines: string[] = [];
  const log = await openJobLog(path.join(root, "action.log"), (line) => {
    lines.push(line);
    options.onLine?.(line);
  });
  const session = await openActionSession(options, root, log);
  const frame: StepFrame = {
    session,
    steps: {},
    inputs: {},
    env: {},
    defaults: {},
    composite: undefined,
  };
  const steps: StepOutcome[] = [];
  try {
    const step = await singleStep(options.inputs ?? {});
    await runSteps(step, frame, { observer: collectSteps(steps), setUp: async () => {} });
  } finally {
    await endOrphans(session.trackingId);
    await log.close();
    await rm(root, { recursive: true, force: true });
  }
  const main = steps.find(({ id }) => id === "action");
  const [prepared] = session.prepared.values();
  return {
    conclusion: session.status,
    exitCode: main?.exitCode ?? null,
    exitSignal: main?.exitSignal ?? null,
    outputs: main?.outputs ?? {},
    summary: steps.map(({ summary }) => summary).join(""),
    annotations: steps.flatMap(({ annotations }) => annotations),
    log: lines.join("\n"),
    state: prepared?.state ?? {},
    env: session.env,
    path: session.pathAdditions,
    steps,
  };
}

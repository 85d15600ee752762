import type { FileEntry, GithubAccess, RunRecord } from "#core";
import type { ChosenColumns } from "./choose-columns.ts";
import type { DataEntry } from "./gather-data.ts";
import type { Inputs } from "./inputs.ts";
import type { RunEnvironment } from "./run-environment.ts";
import type { SourceCode } from "./source-code.ts";
import { positiveClassOf } from "./target-meaning.ts";
import type { Trained } from "./train-built-in.ts";

/** Who asks for the run: the workflow, its commit and its page. */
export type SourceFacts = Pick<
  GithubAccess,
  "serverUrl" | "owner" | "repository" | "sha" | "ref" | "runId"
>;

/** What is known before the training begins. */
export interface RunPlan {
  readonly inputs: Inputs;
  readonly id: string;
  readonly started: string;
  readonly source: SourceFacts;
  readonly code: SourceCode;
  readonly environment: RunEnvironment;
  readonly data: readonly DataEntry[];
  readonly columns: ChosenColumns;
  readonly columnKinds: Readonly<Record<string, "number" | "text" | "date">>;
  readonly split: NonNullable<RunRecord["split"]>;
}

/** The record of a finished run. */
export function composeRecord(
  plan: RunPlan,
  outcome: {
    readonly trained: Trained;
    readonly files: readonly FileEntry[];
    readonly finished: string;
  },
): RunRecord {
  const { trained, files, finished } = outcome;
  const [best] = trained.candidates;
  return {
    ...composeBeginning(plan),
    finished,
    trainer: {
      kind: plan.inputs.command === null ? "tabular" : "command",
      // As it was asked for: which kind wins may turn with the data, and is no change of the trainer.
      name: trained.name,
      ...(best !== undefined && { chosen: best.kind }),
    },
    metrics: trained.metrics,
    task: trained.task,
    classes: [...trained.classes],
    positive_class: positiveClassOf(trained.task, trained.classes),
    signature: trained.signature,
    files: [...files],
  };
}

/** The record of a run whose training failed: `run-failed.json`, which nothing takes for a finished run. */
export function composeFailedRecord(
  plan: RunPlan,
  failure: Readonly<Record<string, unknown>>,
  finished: string,
): Readonly<Record<string, unknown>> {
  const { command } = plan.inputs;
  return {
    ...composeBeginning(plan),
    schema: "slipway/failed-run@1",
    finished,
    trainer: { kind: command === null ? "tabular" : "command", name: command ?? "auto" },
    failure,
  };
}

/** What a run's record says of its beginning: the rest is known at the end. */
interface RunBeginning extends Pick<
  RunRecord,
  | "schema"
  | "model"
  | "id"
  | "started"
  | "source"
  | "predict_command"
  | "params"
  | "seed"
  | "search"
  | "environment"
  | "code"
  | "data"
  | "split"
  | "target"
  | "id_columns"
  | "time_column"
> {
  readonly locks: RunEnvironment["locks"];
  readonly features: readonly string[];
  readonly column_kinds: RunPlan["columnKinds"];
}

function composeBeginning(plan: RunPlan): RunBeginning {
  const { inputs, source, code, columns } = plan;
  const { owner, repository, runId, serverUrl } = source;
  return {
    schema: "slipway/run@1",
    model: inputs.model,
    id: plan.id,
    started: plan.started,
    source: {
      repository: owner === "" ? null : `${owner}/${repository}`,
      commit: source.sha || code.head,
      ref: source.ref || null,
      dirty: code.dirty,
      run_url: runId === 0 ? null : `${serverUrl}/${owner}/${repository}/actions/runs/${runId}`,
    },
    predict_command: inputs.predictCommand,
    params: { ...inputs.params },
    seed: inputs.seed,
    search: null,
    environment: plan.environment.record,
    locks: plan.environment.locks,
    code: code.code,
    data: [...plan.data],
    split: plan.split,
    features: [...columns.features],
    column_kinds: plan.columnKinds,
    target: columns.target,
    id_columns: [...columns.id],
    time_column: columns.time,
  };
}

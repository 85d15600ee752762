import { stat } from "node:fs/promises";
import { join } from "node:path";
import { takeRows, type ModelAnswers, type RunRecord } from "#core";
import { answerFileOf, inWorkspace, isByCommand, otherColumns } from "./candidate.ts";
import { findModel, type ModelPlace } from "./model-place.ts";
import type { Worktree } from "./ports.ts";
import { predictByCommand } from "./predict-command.ts";
import {
  allRows,
  FEWEST_COMMON_ROWS,
  joinNotes,
  meaningOf,
  notCompared,
  type Finding,
  type NotCompared,
  type ScoredOther,
} from "./reference.ts";
import { openModel, outputOfBaseline } from "./score-model.ts";
import { classesOfRun } from "./subject.ts";
import { findUnseenRows } from "./unseen-rows.ts";

/** A model of another state of the repository. */
export interface OtherModel {
  /** As messages name its state: `main`. */
  readonly name: string;
  /** The model's file or folder. */
  readonly path: string;
  readonly place: ModelPlace;
  /** Of that model, where there is one. */
  readonly run: RunRecord | null;
  /** How its own evaluation was told to read its answers. */
  readonly answers?: ModelAnswers | undefined;
  /** The code of that state, for predict-command; its caller takes it away. */
  readonly code: () => Promise<Worktree>;
}

/** Scores a model of another state of the repository as the candidate was scored, on the same rows. */
export async function scoreOtherModel(
  other: OtherModel,
  finding: Finding,
): Promise<ScoredOther | NotCompared> {
  const rows = unseenRows(other, finding);
  if ("kind" in rows) return rows;
  return scoresInProcess(finding)
    ? scoreInProcess(other, rows, finding)
    : scoreByCommand(other, rows, finding);
}

interface ComparedRows {
  readonly rows: Uint32Array;
  readonly note: string | null;
}

/** Rows that the user named are a holdout of both; of a run's own test part only what the other has not seen. */
function unseenRows(
  { name, run }: OtherModel,
  { candidate, context }: Finding,
): ComparedRows | NotCompared {
  if (!candidate.rows.isTestPart) return { rows: allRows(candidate), note: null };
  if (run === null) {
    return notCompared(
      `${name} has no run.json, so which of these rows its model was trained on is not known; give data: rows that neither has seen`,
    );
  }
  const unseen = findUnseenRows(candidate.rows, context.subject, run);
  switch (unseen.kind) {
    case "all":
      return { rows: allRows(candidate), note: null };
    case "unknown":
      return notCompared(unseen.why);
    case "some":
      return unseen.rows.length < FEWEST_COMMON_ROWS
        ? notCompared(
            `${unseen.rows.length} rows are known to be unseen by ${name}, at least ${FEWEST_COMMON_ROWS} are needed`,
          )
        : { rows: unseen.rows, note: unseen.why };
  }
}

/** The baseline is scored the way that the candidate was: one by a command and one without would differ by that. */
function scoresInProcess({ candidate, context }: Finding): boolean {
  return candidate.open !== null && !isByCommand(context.inputs);
}

async function scoreInProcess(
  other: OtherModel,
  { rows, note }: ComparedRows,
  { candidate, context }: Finding,
): Promise<ScoredOther> {
  const { inputs, subject } = context;
  const { run } = other;
  const open = await openModel(
    {
      path: other.path,
      signature: inputs.features === null ? (run?.signature ?? null) : null,
      features: inputs.features,
      task: run?.task ?? subject.task,
      classes: other.answers?.classes ?? classesOfRun(run) ?? subject.classes,
      output: outputOfBaseline(other.answers?.output, subject.output),
      others: otherColumns(subject, inputs),
    },
    { ...context, rows: rows.length },
  );
  const answers = await open.answer(takeRows(candidate.rows.table, rows), other.name);
  return {
    rows,
    note,
    answers,
    meaning: meaningOf(answers, candidate),
    scoredBy: `in process (${open.model.engine}), its model as ${other.name} has it`,
    open,
    sizeBytes: other.place.bytes,
  };
}

async function scoreByCommand(
  other: OtherModel,
  { rows, note }: ComparedRows,
  finding: Finding,
): Promise<ScoredOther> {
  const { candidate, context } = finding;
  const { inputs, subject, ports } = context;
  const line = inputs.predictCommand ?? other.run?.predict_command ?? subject.predictCommand ?? "";
  const worktree = await other.code();
  try {
    const own = await missingProgram(line, worktree, finding);
    const root = own === null ? worktree.path : ports.workspace;
    const answers = await predictByCommand(
      {
        line,
        directory: join(root, inputs.workingDirectory),
        directoryName: inputs.workingDirectory,
        modelDirectory: other.place.directory,
        modelFile: other.place.file,
        whose: other.name,
        timeoutMs: inputs.predictTimeout,
        table: takeRows(candidate.rows.table, rows),
        keys: BigUint64Array.from(rows, (row) => candidate.rows.keys[row] ?? 0n),
        target: subject.target,
        file: answerFileOf(inputs, subject, candidate.meaning),
        mayKnowMore: subject.classes === null,
      },
      ports,
    );
    const borrowed = `${other.name} has no ${own}: its model was scored by this checkout's`;
    return {
      rows,
      note: joinNotes(note, own === null ? null : borrowed),
      answers,
      meaning: meaningOf(answers, candidate),
      scoredBy:
        own === null
          ? `by predict-command in a worktree of ${other.name}`
          : "by this checkout's predict-command",
      open: null,
      // The command may have fetched it.
      sizeBytes: (await findModel(other.path))?.bytes ?? null,
    };
  } finally {
    await worktree.remove();
  }
}

/**
 * A file of the command line that is here and not there: the pull request that adds the gate adds
 * the program too. Its model is then scored by the program of this checkout.
 */
async function missingProgram(
  line: string,
  worktree: Worktree,
  { context }: Finding,
): Promise<string | null> {
  const { inputs } = context;
  const isFile = async (path: string): Promise<boolean> =>
    (await stat(path).catch(() => null))?.isFile() ?? false;
  for (const [word] of line.matchAll(/[^\s"'=;|&<>()$`]+/g)) {
    if (!/[./]/.test(word) || word.startsWith("/")) continue;
    const path = join(inputs.workingDirectory, word);
    const isHere = await isFile(inWorkspace(path, context));
    if (isHere && !(await isFile(join(worktree.path, path)))) return word;
  }
  return null;
}

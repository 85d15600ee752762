import { DataError, InputError, type Manifest } from "#core";
import { takeAnswers, type Answers } from "./answers.ts";
import { readAnswerFile, refuseOtherTruth } from "./answer-files.ts";
import { answerFileOf, type Candidate, type ScoringContext } from "./candidate.ts";
import { joinKeyedRows } from "./join-rows.ts";
import type { Meaning } from "./meaning.ts";
import { DUPLICATE_ID, refuseRepeatedIds } from "./repeated-ids.ts";
import type { OpenModel } from "./score-model.ts";

/** Fewer common rows than these settle nothing. */
export const FEWEST_COMMON_ROWS = 30;

/** What is known of a reference that thresholds may name. */
export type Reference =
  /** There is no such version yet. */
  { readonly kind: "absent"; readonly why: string } | NotCompared | ScoredReference;

/** A reference that is there, and why nothing is compared with it. */
export interface NotCompared {
  readonly kind: "not-compared";
  readonly version: string | null;
  readonly why: string;
}

/** There is something to compare with, and this is why it is not done. */
export function notCompared(why: string, version: string | null = null): NotCompared {
  return { kind: "not-compared", version, why };
}

/** Remarks in one line; `null` without any. */
export function joinNotes(...notes: readonly (string | null)[]): string | null {
  return notes.filter((note) => note !== null).join("; ") || null;
}

/** A reference with its answers on rows of the candidate's. */
export interface ScoredReference {
  readonly kind: "scored";
  /** As a report calls it: `production (v1.3.0)`. */
  readonly name: string;
  readonly version: string | null;
  /** Places in the candidate's rows that both were scored on. */
  readonly rows: Uint32Array;
  readonly answers: Answers;
  readonly meaning: Meaning;
  readonly scoredBy: string;
  /** What a reader should know of the rows; `null` when all were compared. */
  readonly note: string | null;
  readonly manifest: Manifest | null;
  readonly open: OpenModel | null;
  readonly sizeBytes: number | null;
  /** Whether its model file is the candidate's own, byte for byte. */
  readonly isSameModel?: boolean;
  /** The commit of a baseline that is no version. */
  readonly commit?: string;
}

/** Whose reference is looked for, and where. */
export interface Finding {
  readonly candidate: Candidate;
  readonly context: ScoringContext;
}

/** What scoring a reference gives. */
export type Scored = Pick<
  ScoredReference,
  "rows" | "answers" | "meaning" | "scoredBy" | "open" | "sizeBytes"
>;

/** What scoring came to, with what a reader should know of the rows. */
export interface ScoredOther extends Scored {
  readonly note: string | null;
}

/** The baseline's own classes, with the candidate's positive one. */
export function meaningOf(answers: Answers, { meaning }: Candidate): Meaning {
  return answers.kind === "classes" ? { ...meaning, classes: answers.classes } : meaning;
}

/** A file of a baseline's answers. */
export interface BaselineFile {
  readonly path: string;
  /** Where a relative path starts. */
  readonly directory: string;
  /** As messages name it. */
  readonly name: string;
}

/**
 * Takes a baseline's answers from a file, on the rows that both have; so few of them that nothing is
 * settled are not compared.
 *
 * @throws DataError `DUPLICATE_ID`, `TRUTH_DIFFERS`, and for what is wrong with the file
 */
export async function scoreAnswerFile(
  file: BaselineFile,
  scoredBy: string,
  finding: Finding,
): Promise<ScoredOther | NotCompared> {
  const joined = await joinAnswers(file, finding);
  const { rows } = finding.candidate;
  const [common, all] = [joined.rows.length, rows.table.rows];
  if (common < FEWEST_COMMON_ROWS) {
    return notCompared(
      `${common} rows are common to ${file.name} and the candidate's, at least ${FEWEST_COMMON_ROWS} are needed`,
    );
  }
  const { more, ...scored } = joined;
  return {
    ...scored,
    meaning: finding.candidate.meaning,
    scoredBy,
    note: joinNotes(
      common < all ? `${common} of ${all} rows are in both files` : null,
      more > 0 ? `${more} of ${common + more} rows of ${file.name} are not in ${rows.name}` : null,
    ),
    open: null,
    sizeBytes: null,
  };
}

/** Answers of a file on the rows that the candidate has too; `more` is how many others it has. */
async function joinAnswers(
  file: BaselineFile,
  { candidate, context }: Finding,
): Promise<Pick<Scored, "rows" | "answers"> & { readonly more: number }> {
  const read = await readAnswerFile({
    ...answerFileOf(context.inputs, context.subject, candidate.meaning),
    ...file,
  });
  if (context.inputs.id !== null) {
    refuseRepeatedIds(candidate.rows.ids, candidate.rows.name);
    refuseRepeatedIds(read.ids, file.name);
  }
  const joined = joinKeyedRows(candidate.rows, read);
  refuseOtherTruth(
    { target: candidate.rows.target, rows: joined.left, file: candidate.rows.name },
    { table: read.table, rows: joined.right, file: file.name },
  );
  const more = read.table.rows - joined.right.length;
  return { rows: joined.left, answers: takeAnswers(read.answers, joined.right), more };
}

/** Every row of the candidate's. */
export function allRows({ rows }: Candidate): Uint32Array {
  return Uint32Array.from({ length: rows.table.rows }, (_, row) => row);
}

/**
 * A fault of the baseline's own files or command: a reason not to compare, not a fault of the step.
 * Ids that the user named and that name no row are no such fault.
 */
export function reasonOf(error: unknown): string | null {
  if (!(error instanceof InputError || error instanceof DataError)) return null;
  if (error.code === DUPLICATE_ID) return null;
  return error.message.split("\n")[0] ?? "";
}

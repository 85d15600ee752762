import {
  parseDocument,
  profileSchema,
  type ColumnProfile,
  type Column,
  type Profile,
  type Table,
} from "#core";
import { profileTable, toText } from "#data";
import type { RunDirectory } from "#toolkit";
import type { Answers } from "./answers.ts";
import type { Candidate } from "./candidate.ts";
import { readTyped } from "./evaluation-rows.ts";
import { columnsOf } from "./score-model.ts";
import type { Subject } from "./subject.ts";

/** The run's profile of its training features, or one of the evaluation rows where it has none. */
export async function readReferenceProfile(
  directory: RunDirectory,
  candidate: Candidate,
): Promise<Profile> {
  if (await directory.has("profile.json")) {
    const text = await directory.readText("profile.json");
    parseDocument(profileSchema, text, "profile.json");
    // As it stands: checking puts keys into another order, and a file that says the same should be the same.
    return JSON.parse(text) as Profile;
  }
  const { table } = candidate.rows;
  const names = candidate.open === null ? [] : await columnsOf(candidate.open, table);
  const columns = table.columns.filter(({ name }) => names.includes(name));
  return profileTable({ rows: table.rows, columns });
}

/**
 * The profile with what the model predicts and what was true on validation and test rows: a model
 * is surer of rows that it has seen. Doing it again gives the same.
 */
export async function extendProfile(
  profile: Profile,
  candidate: Candidate,
  { subject, directory }: { readonly subject: Subject; readonly directory: RunDirectory },
): Promise<Profile> {
  const validation = await scoreValidation(candidate, { subject, directory });
  const tables = [outcomeTable(candidate.rows.table, candidate.answers, subject.target)];
  if (validation !== null)
    tables.push(outcomeTable(validation.table, validation.answers, subject.target));
  const { concatTables } = await import("#data");
  const names = tables[0]?.columns.map(({ name }) => name) ?? [];
  const outcomes = concatTables(tables, names);
  const roles: Record<string, ColumnProfile["role"]> = {};
  for (const name of names)
    roles[name] =
      name === subject.target ? "label" : name === "prediction" ? "prediction" : "score";
  const isClass = candidate.answers.kind === "classes";
  const kinds = isClass
    ? { [subject.target]: "category" as const, prediction: "category" as const }
    : {};
  const added = profileTable(outcomes, { roles, kinds });
  return {
    ...profile,
    outcome_rows: outcomes.rows,
    columns: [...profile.columns.filter(({ name }) => !names.includes(name)), ...added.columns],
  };
}

/** The validation part's rows and answers; `null` where its rows were not kept or nothing scores them here. */
async function scoreValidation(
  { open, rows }: Candidate,
  { subject, directory }: { readonly subject: Subject; readonly directory: RunDirectory },
): Promise<{ readonly table: Table; readonly answers: Answers } | null> {
  const path = subject.run?.split?.parts["validation"]?.path ?? null;
  if (open === null || !rows.isTestPart || path === null || !(await directory.has(path)))
    return null;
  const table = await readTyped([path], { directory: directory.path }, subject.columnKinds);
  return { table, answers: await open.answer(table, path) };
}

/** Truth, prediction and scores as columns. */
export function outcomeTable(table: Table, answers: Answers, target: string): Table {
  const truth = table.columns.find(({ name }) => name === target);
  return {
    rows: table.rows,
    columns: [
      ...(truth === undefined ? [] : [answers.kind === "classes" ? toText(truth) : truth]),
      predictionColumn(answers),
      ...(answers.kind === "values" ? [] : answers.scores).map(({ name, values }): Column => ({
        kind: "number",
        name: `score_${name}`,
        values,
        missing: null,
        integer: false,
      })),
    ],
  };
}

/** The prediction as a column of a table. */
export function predictionColumn(answers: Answers): Column {
  const name = "prediction";
  return answers.kind === "classes"
    ? { kind: "text", name, codes: answers.labels, levels: answers.classes }
    : { kind: "number", name, values: answers.values, missing: null, integer: false };
}

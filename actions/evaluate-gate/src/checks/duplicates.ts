import { findColumn } from "#core";
import { wilsonInterval } from "#stats";
import { otherColumns } from "../candidate.ts";
import type { Check, CheckContext } from "./check-context.ts";
import { countOf, nameRows, percent, type Outcome } from "./finding.ts";
import { findRepeats, fingerprintBoth } from "./fingerprints.ts";
import { findRepeatedRows } from "./repeated-rows.ts";

/** Which rows of the evaluation have exactly the features of a training row, and which repeat one another. */
export const checkDuplicates: Check = (context) => ({
  share: findDuplicates(context),
  within: findRepeatedRows(context),
});

function findDuplicates(context: CheckContext): Outcome {
  const { training, candidate, scoring } = context;
  if (training.kind === "unknown") return training;
  const { table } = candidate.rows;
  const columns = comparedColumns(context);
  if (columns.length === 0)
    return {
      kind: "unknown",
      why: `${training.name} and the evaluation rows have no column of features in common.`,
    };
  const [known, asked] = fingerprintBoth(training.table, table, columns);
  const { rows, amongKnown } = findRepeats(known, asked);
  const share = rows.length / table.rows;
  const { low, high } = wilsonInterval(rows.length, table.rows, scoring.inputs.confidence);
  const where = rows.length === 0 ? "" : `, e.g. ${nameRows(rows)}`;
  const own =
    rows.length === 0 || amongKnown === 0
      ? ""
      : ` Of the training rows ${percent(amongKnown / training.table.rows)} repeat an earlier one.`;
  return {
    kind: "measured",
    value: share,
    low,
    high,
    found: `${countOf(rows.length, table.rows)} (${percent(share)}) have the same ${columns.length === 1 ? "feature" : `${columns.length} features`} as a row of ${training.name}${where}.${own}`,
    advice:
      "A model is surer of rows that it has seen: drop repeated rows before splitting, or keep them together by the hash of an id.",
  };
}

/** The model's columns, else all but target, id, time and weight; those that both sides have. */
function comparedColumns({
  features,
  training,
  candidate,
  scoring,
}: CheckContext): readonly string[] {
  if (training.kind === "unknown") return [];
  const others = new Set(otherColumns(scoring.subject, scoring.inputs));
  const names = features ?? candidate.rows.table.columns.map(({ name }) => name);
  return names.filter(
    (name) =>
      (features !== null || !others.has(name)) &&
      findColumn(training.table, name) !== undefined &&
      findColumn(candidate.rows.table, name) !== undefined,
  );
}

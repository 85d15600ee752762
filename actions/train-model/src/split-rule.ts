import { InputError } from "#core";
import { parseFractions, type Fractions, type SplitSpec } from "#data";
import type { Inputs } from "./inputs.ts";

/** The input `split` as it was written. */
export type SplitRule =
  | { readonly kind: "hash" | "stratified" | "time"; readonly shares: string }
  | { readonly kind: "column"; readonly column: string };

/**
 * Reads `0.8/0.1/0.1`, `stratified 80/10/10`, `time 0.8/0.2` or `column part`.
 *
 * @throws Error that says what was expected
 */
export function parseSplit(raw: string): SplitRule {
  const written = raw.trim();
  const column = /^column[\s:]+(\S.*)$/.exec(written)?.[1];
  if (column !== undefined) return { kind: "column", column: column.trim() };
  const match = /^(?:(hash|stratified|time)\s+)?([\d.\s/]+)$/.exec(written);
  const [, kind = "hash", shares = ""] = match ?? [];
  if (match === null) {
    throw new Error(
      "expected shares such as 0.8/0.1/0.1, or `stratified 0.8/0.1/0.1`, `time 0.8/0.1/0.1` or `column NAME`.",
    );
  }
  parseFractions(shares);
  return { kind: kind as "hash" | "stratified" | "time", shares: shares.trim() };
}

/** How this run's rows are divided. */
export interface SplitPlan {
  readonly spec: SplitSpec;
  /** As `run.json` names it: `given` when the test part is the user's own. */
  readonly method: SplitSpec["kind"] | "given";
  readonly fractions: Fractions | null;
}

type SplitInputs = Pick<Inputs, "split" | "testData" | "target" | "time">;

/**
 * The division that the inputs ask for.
 *
 * @throws InputError when they contradict each other or a column is not named
 */
export function planSplit(inputs: SplitInputs): SplitPlan {
  const given = inputs.testData !== null;
  const rule = inputs.split ?? { kind: "hash", shares: given ? "0.9/0.1" : "0.8/0.1/0.1" };
  if (rule.kind === "column") {
    return {
      spec: { kind: "column", column: rule.column },
      method: given ? "given" : "column",
      fractions: null,
    };
  }
  const fractions = given ? withoutTest(rule.shares) : parseFractions(rule.shares);
  return {
    spec: specOf(rule.kind, fractions, inputs),
    method: given ? "given" : rule.kind,
    fractions,
  };
}

/** With a holdout of the user's own, two shares are those of train and validation. */
function withoutTest(shares: string): Fractions {
  const [train, second, test] = parseFractions(shares);
  if (shares.split("/").length === 2) return [train, test, 0];
  if (test === 0) return [train, second, 0];
  throw new InputError({
    code: "TWO_TEST_PARTS",
    message: `split: ${shares} keeps a test part of ${test}, and test-data names a holdout: there can be one test part only.`,
    hint: "With test-data write the shares of train and validation, e.g. split: 0.9/0.1.",
  });
}

function specOf(
  kind: "hash" | "stratified" | "time",
  fractions: Fractions,
  { target, time }: SplitInputs,
): SplitSpec {
  switch (kind) {
    case "hash":
      return { kind, fractions };
    case "stratified":
      if (target !== null) return { kind, fractions, target };
      throw new InputError({
        code: "SPLIT_NEEDS_TARGET",
        message: "split: stratified needs the target, and none is given.",
        hint: "Give target: the column whose classes each part should have in the same shares.",
      });
    case "time":
      if (time !== null) return { kind, fractions, column: time };
      throw new InputError({
        code: "SPLIT_NEEDS_TIME",
        message: "split: time needs a time column, and none is given.",
        hint: "Give time: the column that says when a row happened.",
      });
  }
}

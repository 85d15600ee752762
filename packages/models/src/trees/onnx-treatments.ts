import { MISSING_CODE, NEGATIVE_CODE, type Treatment } from "./ensemble-node.ts";
import type { GraphDraft } from "./graph-draft.ts";
import { NEXT_TO_ZERO, type TreeEnsemble } from "./tree-ensemble.ts";

/** Adds what prepares one column `[rows, 1]` for splits that need it otherwise than it is. */
export function addTreatment(
  draft: GraphDraft,
  column: string,
  facts: { readonly treatment: Treatment; readonly ensemble: TreeEnsemble },
): string {
  const { treatment, ensemble } = facts;
  const { precision } = ensemble;
  const number = (value: number): string => draft.constant(precision, [value]);
  switch (treatment) {
    case "as-is":
      return column;
    case "zero-missing": {
      const isZero = draft.add("LessOrEqual", [draft.add("Abs", [column]), number(NEXT_TO_ZERO)]);
      return draft.add("Where", [isZero, number(Number.NaN), column]);
    }
    case "code": {
      const [limit, comparison] =
        ensemble.categoryRounding === "truncate"
          ? ([-1, "Greater"] as const)
          : ([0, "GreaterOrEqual"] as const);
      // Rounding down what is at least 0: between -1 and 0 rounding towards 0 gives 0.
      const whole = draft.add("Floor", [draft.add("Max", [column, number(0)])]);
      const isCode = draft.add(comparison, [column, number(limit)]);
      const other = draft.add("Where", [
        draft.add("IsNaN", [column]),
        number(MISSING_CODE),
        number(NEGATIVE_CODE),
      ]);
      return draft.add("Where", [isCode, whole, other]);
    }
  }
}

import { makeValueInfo } from "../onnx-builder.ts";
import { castTo, type GraphDraft } from "./graph-draft.ts";
import type { EnsembleHead, TreeEnsemble } from "./tree-ensemble.ts";

/**
 * Adds the library's link behind the margins, computed in 64 bits and rounded to the library's
 * precision, and declares the outputs: `value`, or `label` with `probabilities` (`scores` where
 * they are none).
 */
export function addHead(draft: GraphDraft, margins: string, ensemble: TreeEnsemble): void {
  const { head, precision, base, divisor } = ensemble;
  const wide = precision === "double" ? margins : castTo(draft, margins, "double");
  const scaled =
    divisor === 1 ? wide : draft.add("Div", [wide, draft.constant("double", [divisor])]);
  const linked = addLink(draft, scaled, head);
  const result = precision === "double" ? linked : castTo(draft, linked, "float");
  const declare = (wish: string, source: string, width: number): void => {
    const name = draft.freshName(wish);
    draft.add("Identity", [source], { output: name });
    draft.outputs.push(makeValueInfo({ name, type: precision, shape: ["rows", width] }));
  };
  if (head.kind === "value") {
    declare("value", result, base.length);
    return;
  }
  const scores =
    head.kind === "binary" ? addSecondScore(draft, result, { head, precision }) : result;
  const label = draft.freshName("label");
  draft.add("ArgMax", [scores], {
    output: label,
    attributes: { axis: { kind: "int", value: 1 }, keepdims: { kind: "int", value: 0 } },
  });
  draft.outputs.push(makeValueInfo({ name: label, type: "int64", shape: ["rows"] }));
  if (head.link === "hinge") return;
  const areProbabilities = ["logistic", "probability", "softmax"].includes(head.link);
  declare(
    areProbabilities ? "probabilities" : "scores",
    scores,
    head.kind === "binary" ? 2 : base.length,
  );
}

function addLink(draft: GraphDraft, margins: string, head: EnsembleHead): string {
  switch (head.link) {
    case "identity":
    case "margin":
    case "hinge":
    case "probability":
      return margins;
    case "exp":
      return draft.add("Exp", [margins]);
    case "logistic": {
      const scaled =
        head.slope === 1
          ? margins
          : draft.add("Mul", [margins, draft.constant("double", [head.slope])]);
      return head.kind === "value" ? addSigmoid(draft, scaled) : draft.add("Sigmoid", [scaled]);
    }
    case "log1p-exp":
      return draft.add("Log", [
        draft.add("Add", [draft.add("Exp", [margins]), draft.constant("double", [1])]),
      ]);
    case "signed-square":
      return draft.add("Mul", [margins, draft.add("Abs", [margins])]);
    case "softmax":
      return draft.add("Softmax", [margins], { attributes: { axis: { kind: "int", value: 1 } } });
  }
}

/** Spelt out: an output right behind a `Sigmoid` reads as a class's probability, and this is a value. */
function addSigmoid(draft: GraphDraft, margins: string): string {
  const power = draft.add("Exp", [draft.add("Neg", [margins])]);
  return draft.add("Reciprocal", [draft.add("Add", [power, draft.constant("double", [1])])]);
}

/** The first class's score before the second's: 1 − p beside p, or −m beside m. */
function addSecondScore(
  draft: GraphDraft,
  score: string,
  facts: {
    readonly head: Extract<EnsembleHead, { kind: "binary" }>;
    readonly precision: TreeEnsemble["precision"];
  },
): string {
  const { head, precision } = facts;
  const other =
    head.link === "logistic" || head.link === "probability"
      ? draft.add("Sub", [draft.constant(precision, [1]), score])
      : draft.add("Neg", [score]);
  return draft.add("Concat", [other, score], { attributes: { axis: { kind: "int", value: 1 } } });
}

import type { Attribute } from "../onnx-builder.ts";
import { makeModel, makeValueInfo } from "../onnx-builder.ts";
import type { ModelProto, ValueInfoProto } from "../onnx-proto.ts";
import { makeEnsembleNode, treatmentOf, type Treatment } from "./ensemble-node.ts";
import { castTo, createDraft, type GraphDraft } from "./graph-draft.ts";
import { addHead } from "./onnx-head.ts";
import { addTreatment } from "./onnx-treatments.ts";
import { LEAF, type TreeEnsemble } from "./tree-ensemble.ts";

/**
 * Tree ensembles as an ONNX model that predicts what the library does: an input a feature by its
 * name (text where its categories are texts), or one input of all features where the file names
 * none; trees in the library's own precision; then its link.
 */
export function ensembleToOnnx(ensemble: TreeEnsemble): ModelProto {
  const draft = createDraft(ensemble.featureNames ?? []);
  const { inputs, wide, columnOf } = addInputs(draft, ensemble);
  const treated = planTreatments(ensemble);
  const parts = [
    ...wide,
    ...treated.extra.map(({ feature, treatment }) =>
      addTreatment(draft, columnOf(feature), { treatment, ensemble }),
    ),
  ];
  const [only = ""] = parts;
  const matrix =
    parts.length === 1
      ? only
      : draft.add("Concat", parts, { attributes: { axis: { kind: "int", value: 1 } } });
  const margins = draft.freshName("margins");
  draft.nodes.push(
    makeEnsembleNode(ensemble, { input: matrix, output: margins, place: treated.place }),
  );
  addHead(draft, margins, ensemble);
  return makeModel({
    name: "trees",
    nodes: draft.nodes,
    inputs,
    outputs: draft.outputs,
    initializers: draft.constants,
    opsets: { "": 20, "ai.onnx.ml": 5 },
    irVersion: 9,
    producerName: ensemble.producer,
    metadata: { objective: ensemble.objective },
  });
}

interface DraftInputs {
  readonly inputs: readonly ValueInfoProto[];
  /** What side by side makes the tensor `[rows, features]`. */
  readonly wide: readonly string[];
  /** The tensor `[rows, 1]` of a feature. */
  readonly columnOf: (feature: number) => string;
}

function addInputs(draft: GraphDraft, ensemble: TreeEnsemble): DraftInputs {
  const { featureNames, features, precision, categories } = ensemble;
  if (featureNames === null) {
    const name = draft.freshName("features");
    return {
      inputs: [makeValueInfo({ name, type: precision, shape: ["rows", features] })],
      wide: [name],
      columnOf: (feature) =>
        draft.add("Gather", [name, draft.constant("int64", [feature])], {
          attributes: { axis: { kind: "int", value: 1 } },
        }),
    };
  }
  const inputs: ValueInfoProto[] = [];
  const columns = featureNames.map((name, feature) => {
    const own = categories.get(feature);
    const isText = own?.some((category) => typeof category === "string") === true;
    inputs.push(makeValueInfo({ name, type: isText ? "string" : precision, shape: ["rows", 1] }));
    return own === undefined
      ? name
      : addEncoder(draft, name, { categories: own, isText, precision });
  });
  return { inputs, wide: columns, columnOf: (feature) => columns[feature] ?? "" };
}

/** Categories become their codes, others become missing, as pandas has it. */
function addEncoder(
  draft: GraphDraft,
  input: string,
  facts: {
    readonly categories: readonly (string | number)[];
    readonly isText: boolean;
    readonly precision: TreeEnsemble["precision"];
  },
): string {
  const { categories, isText, precision } = facts;
  const codes = categories.map((_, code) => code);
  const keys: Attribute = isText
    ? { kind: "strings", values: categories.map(String) }
    : { kind: "floats", values: categories.map(Number) };
  const source = isText || precision === "float" ? input : castTo(draft, input, "float");
  const encoded = draft.add("LabelEncoder", [source], {
    domain: "ai.onnx.ml",
    attributes: {
      [isText ? "keys_strings" : "keys_floats"]: keys,
      values_floats: { kind: "floats", values: codes },
      default_float: { kind: "float", value: Number.NaN },
    },
  });
  return precision === "float" ? encoded : castTo(draft, encoded, "double");
}

/** The columns after the features' own: each feature once for each treatment that its splits need. */
function planTreatments(ensemble: TreeEnsemble): {
  readonly extra: readonly { readonly feature: number; readonly treatment: Treatment }[];
  readonly place: (feature: number, treatment: Treatment) => number;
} {
  const places = new Map<string, number>();
  const extra: { readonly feature: number; readonly treatment: Treatment }[] = [];
  for (const tree of ensemble.trees) {
    tree.feature.forEach((feature, node) => {
      const treatment = feature === LEAF ? "as-is" : treatmentOf(tree, node);
      const key = `${treatment} ${feature}`;
      if (treatment === "as-is" || places.has(key)) return;
      places.set(key, ensemble.features + extra.length);
      extra.push({ feature, treatment });
    });
  }
  return {
    extra,
    place: (feature, treatment) => places.get(`${treatment} ${feature}`) ?? feature,
  };
}

import type { StringStringEntryProto } from "./generated/onnx_pb.ts";
import { allNodes, graphOf } from "./onnx-graph.ts";
import type { GraphProto, ModelProto } from "./onnx-proto.ts";

/** Anything in an ONNX file that may carry free text about who made it. */
interface Documented {
  readonly docString: string;
  readonly metadataProps: readonly StringStringEntryProto[];
}

/** Folders at the root of people's machines, runners, notebooks (Colab, Kaggle, Databricks, SageMaker) and clusters. */
const roots =
  "home|Users|Volumes|root|mnt|media|tmp|var|opt|usr|srv|etc|data|app|src|builds|github|private|workspace|workspaces|content|kaggle|databricks|dbfs|scratch|gpfs|lustre|nfs|__w|_work";

const privatePatterns: readonly RegExp[] = [
  // PyTorch's exporter by dynamo: a stack trace a node.
  /File "[^"]+", line \d+/,
  // Its older exporter: `model.py(12): forward`, or `# model.py:12:0`.
  /[^\s"'(]+\.py(?:\(\d+\)|:\d+)/,
  new RegExp(`(?<![\\w.:/])/(?:${roots})/[^\\s"',;:)\\]]+`),
  /\b[A-Za-z]:\\[^\s"',;)\]]+/,
  /\\\\[\w.-]+\\[^\s"',;)\]]+/,
];

/** Texts in doc strings and metadata that name files or source lines of the machine that exported the model, one a place. */
export function findPrivateTexts(model: ModelProto): readonly string[] {
  const found: string[] = [];
  for (const text of freeTexts(model)) {
    const match = privatePatterns.map((pattern) => pattern.exec(text)?.[0]).find(Boolean);
    if (match !== undefined) found.push(match);
  }
  return found;
}

function freeTexts(model: ModelProto): string[] {
  const places: Documented[] = [
    model,
    ...allGraphs(model).flatMap((graph) => [
      graph,
      ...graph.input,
      ...graph.output,
      ...graph.valueInfo,
      ...graph.initializer,
    ]),
    ...model.functions,
    ...model.functions.flatMap((one) => one.valueInfo),
    ...allNodes(model),
  ];
  return [
    ...places.flatMap((place) => [
      place.docString,
      ...place.metadataProps.map(({ value }) => value),
    ]),
    ...allNodes(model).flatMap(({ attribute }) => attribute.map(({ docString }) => docString)),
  ];
}

/** The main graph and those within nodes: the branches of an `If`, the body of a `Loop`. */
function allGraphs(model: ModelProto): GraphProto[] {
  const inner = allNodes(model).flatMap(({ attribute }) =>
    attribute.flatMap(({ g, graphs }) => (g === undefined ? graphs : [g, ...graphs])),
  );
  return [graphOf(model), ...inner];
}

import type { StringStringEntryProto } from "./generated/onnx_pb.ts";
import { graphOf } from "./onnx-graph.ts";
import type { ModelProto } from "./onnx-proto.ts";

/** Anything in an ONNX file that may carry free text about who made it. */
interface Documented {
  readonly docString: string;
  readonly metadataProps: readonly StringStringEntryProto[];
}

const privatePatterns: readonly RegExp[] = [
  /File "[^"]+", line \d+/,
  /\/(?:home|Users|root|mnt|tmp|opt|usr|workspace|workspaces|private)\/[^\s"',;:)\]]+/,
  /\b[A-Za-z]:\\[^\s"',;)\]]+/,
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
  const graph = graphOf(model);
  const places: Documented[] = [
    model,
    graph,
    ...graph.node,
    ...graph.input,
    ...graph.output,
    ...graph.valueInfo,
    ...graph.initializer,
    ...model.functions,
    ...model.functions.flatMap((one) => one.node),
  ];
  return places.flatMap((place) => [
    place.docString,
    ...place.metadataProps.map(({ value }) => value),
  ]);
}

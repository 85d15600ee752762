import { create } from "@bufbuild/protobuf";
import { OperatorSetIdProtoSchema } from "./generated/onnx_pb.ts";
import { makeNode, makeValueInfo } from "./onnx-builder.ts";
import { graphOf } from "./onnx-graph.ts";
import type { GraphProto, ModelProto, NodeProto } from "./onnx-proto.ts";
import { replaceFields } from "./onnx-proto.ts";

/** Old enough for every IR version that knows `ZipMap`; `Identity` has not changed for tensors since. */
const OPSET_OF_IDENTITY = 9n;

/**
 * Replaces every `ZipMap` (whose sequence of maps the JavaScript runtimes cannot read) by
 * the score tensor that goes into it, under the output's own name.
 *
 * @returns the model itself when it holds no `ZipMap`
 */
export function cutZipMaps(model: ModelProto): ModelProto {
  const graph = graphOf(model);
  if (!graph.node.some(isZipMap)) return model;
  const tensors = tensorsAfterCut(graph);
  const cut = replaceFields(graph, {
    node: graph.node.map((node) => (isZipMap(node) ? passOn(node) : node)),
    output: graph.output.map((output) =>
      tensors.has(output.name)
        ? makeValueInfo({ name: output.name, type: "float", shape: [null, null] })
        : output,
    ),
    valueInfo: graph.valueInfo.filter((info) => !tensors.has(info.name)),
  });
  const hasMainOpset = model.opsetImport.some(
    ({ domain }) => domain === "" || domain === "ai.onnx",
  );
  const identityOpset = create(OperatorSetIdProtoSchema, {
    domain: "",
    version: OPSET_OF_IDENTITY,
  });
  return replaceFields(model, {
    graph: cut,
    opsetImport: hasMainOpset ? model.opsetImport : [...model.opsetImport, identityOpset],
  });
}

function isZipMap(node: NodeProto): boolean {
  return node.opType === "ZipMap";
}

function passOn(node: NodeProto): NodeProto {
  return makeNode({
    op: "Identity",
    inputs: node.input,
    outputs: node.output,
    name: `${node.name}_cut`,
  });
}

/** Names of what becomes a tensor: the outputs of `ZipMap`s, also behind an `Identity`. */
function tensorsAfterCut(graph: GraphProto): ReadonlySet<string> {
  const tensors = new Set<string>();
  // Nodes stand in topological order, so one pass follows every chain.
  for (const node of graph.node) {
    const passes = node.opType === "Identity" && tensors.has(node.input[0] ?? "");
    if (isZipMap(node) || passes) for (const output of node.output) tensors.add(output);
  }
  return tensors;
}

import { declaredOutputs, findOrigin, graphOf, producersOf } from "./onnx-graph.ts";
import type { ModelProto } from "./onnx-proto.ts";

const probabilityOperators: ReadonlySet<string> = new Set(["Normalizer", "Sigmoid", "Softmax"]);

/** Outputs that the graph makes by a softmax, a sigmoid or a normaliser: probabilities by construction. */
export function findProbabilityOutputs(model: ModelProto): ReadonlySet<string> {
  const producers = producersOf(graphOf(model));
  const names = declaredOutputs(model)
    .map(({ name }) => name)
    .filter((name) => {
      const origin = findOrigin(producers, name);
      return origin !== undefined && probabilityOperators.has(origin.node.opType);
    });
  return new Set(names);
}

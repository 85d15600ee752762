import type { Attribute } from "../onnx-builder.ts";
import { makeNode, makeTensor } from "../onnx-builder.ts";
import type { NodeProto, TensorProto, ValueInfoProto } from "../onnx-proto.ts";

/** A graph that grows: names are given out once. */
export interface GraphDraft {
  readonly nodes: NodeProto[];
  readonly constants: TensorProto[];
  readonly outputs: ValueInfoProto[];
  readonly freshName: (wish: string) => string;
  /** Adds an operator with one output and gives its name. */
  readonly add: (op: string, inputs: readonly string[], options?: AddOptions) => string;
  /** The name of a constant of one number (or of a list) in that type. */
  readonly constant: (type: "float" | "double" | "int64", values: readonly number[]) => string;
}

interface AddOptions {
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly output?: string;
}

/** An empty graph in which some names are taken. */
export function createDraft(taken: readonly string[]): GraphDraft {
  const names = new Set(taken);
  const nodes: NodeProto[] = [];
  const constants: TensorProto[] = [];
  const freshName = (wish: string): string => {
    let name = wish;
    for (let at = 2; names.has(name); at += 1) name = `${wish}_${at}`;
    names.add(name);
    return name;
  };
  return {
    nodes,
    constants,
    outputs: [],
    freshName,
    add: (op, inputs, { domain, attributes, output = freshName(`${op}_out`) } = {}) => {
      nodes.push(
        makeNode({
          op,
          inputs,
          outputs: [output],
          ...(domain !== undefined && { domain }),
          ...(attributes !== undefined && { attributes }),
        }),
      );
      return output;
    },
    constant: (type, values) => {
      const name = freshName(`constant_${type}`);
      constants.push(makeTensor({ name, type, shape: [values.length], data: values }));
      return name;
    },
  };
}

const typeNumbers = { float: 1, int64: 7, double: 11 } as const;

/** Adds a cast. */
export function castTo(draft: GraphDraft, input: string, type: keyof typeof typeNumbers): string {
  return draft.add("Cast", [input], {
    attributes: { to: { kind: "int", value: typeNumbers[type] } },
  });
}

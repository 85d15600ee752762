import {
  makeNode,
  makeTensor,
  makeValueInfo,
  type Attribute,
  type NodeProto,
  type TensorFacts,
  type TensorProto,
  type ValueInfoFacts,
  type ValueInfoProto,
} from "#models";

/** Attributes of a node by name. */
export type Attributes = Readonly<Record<string, Attribute>>;

/** Collects nodes and constants; every value gets a name of its own, in the order of writing. */
export interface GraphBuilder {
  readonly nodes: NodeProto[];
  readonly initializers: TensorProto[];
  readonly inputs: ValueInfoProto[];
  /** Adds an ai.onnx operator and returns the name of its one output. */
  apply(op: string, inputs: readonly string[], attributes?: Attributes): string;
  /** Adds an ai.onnx.ml operator and returns the name of its one output. */
  applyMl(op: string, inputs: readonly string[], attributes: Attributes): string;
  /** Gives a value the name of a graph's output. */
  rename(from: string, to: string): void;
  /** Adds a constant and returns its name; equal constants are written once. */
  constant(tensor: Omit<TensorFacts, "name">): string;
  /** Declares an input of the graph. */
  declareInput(input: ValueInfoFacts): void;
}

/** An empty graph. */
export function createGraphBuilder(): GraphBuilder {
  const nodes: NodeProto[] = [];
  const initializers: TensorProto[] = [];
  const inputs: ValueInfoProto[] = [];
  const constants = new Map<string, string>();
  const add = (
    op: string,
    from: readonly string[],
    { domain, attributes }: { readonly domain: string; readonly attributes: Attributes },
  ): string => {
    const output = `${internalPrefix}${op}_${nodes.length}`;
    nodes.push(makeNode({ op, inputs: from, outputs: [output], domain, attributes }));
    return output;
  };
  return {
    nodes,
    initializers,
    inputs,
    apply: (op, from, attributes = {}) => add(op, from, { domain: "", attributes }),
    applyMl: (op, from, attributes) => add(op, from, { domain: "ai.onnx.ml", attributes }),
    rename: (from, to) => {
      nodes.push(makeNode({ op: "Identity", inputs: [from], outputs: [to] }));
    },
    constant: (tensor) => {
      const key = `${tensor.type} ${tensor.shape.join()} ${Array.from(tensor.data as ArrayLike<unknown>, String).join("\u0000")}`;
      const known = constants.get(key);
      if (known !== undefined) return known;
      const name = `${internalPrefix}constant_${initializers.length}`;
      initializers.push(makeTensor({ ...tensor, name }));
      constants.set(key, name);
      return name;
    },
    declareInput: (input) => {
      inputs.push(makeValueInfo(input));
    },
  };
}

/** Names of values inside the graph start with this, so that no column's name meets one. */
export const internalPrefix = "slipway/";

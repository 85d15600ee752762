import type { GraphModel } from "@tensorflow/tfjs-converter";
import type * as TfCore from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { NamedTensors, TensorValue } from "../engine.ts";
import type { TensorDeclaration } from "../onnx-graph.ts";
import type { ElementType } from "../onnx-proto.ts";
import type { ModelJson } from "./model-json.ts";
import type { Tfjs } from "./tfjs-runtime.ts";

/** A TensorFlow.js model that is open: what it takes and gives, and how it is run. */
export interface TfjsSession {
  readonly inputs: readonly TensorDeclaration[];
  readonly outputs: readonly TensorDeclaration[];
  readonly probabilityOutputs: ReadonlySet<string>;
  readonly run: (feeds: NamedTensors, fetches: readonly string[]) => Promise<NamedTensors>;
  readonly release: () => void;
}

type Shape = readonly (number | null)[] | null | undefined;

const elementTypes: Readonly<Record<string, ElementType>> = {
  float32: "float",
  int32: "int32",
  bool: "bool",
  string: "string",
};

function declare(
  name: string,
  { dtype, shape }: { readonly dtype?: string | undefined; readonly shape?: Shape },
): TensorDeclaration {
  const type = elementTypes[dtype ?? "float32"] ?? null;
  return {
    name,
    type,
    typeName: `tensor(${type ?? dtype})`,
    shape: shape?.map((size) => (size === null || size < 1 ? null : size)) ?? null,
  };
}

/** Wraps a model of layers: inputs and outputs go by the names of the layers that they belong to. */
export function wrapLayers(tf: Tfjs, model: LayersModel): TfjsSession {
  const inputs = model.inputs.map((input) => declare(input.sourceLayer.name, input));
  const outputs = model.outputs.map((output) => declare(output.sourceLayer.name, output));
  const probabilities = model.outputs.filter(({ sourceLayer }) => {
    const { activation } = sourceLayer.getConfig();
    return sourceLayer.getClassName() === "Softmax" || endsInProbability(activation);
  });
  return {
    inputs,
    outputs,
    probabilityOutputs: new Set(probabilities.map(({ sourceLayer }) => sourceLayer.name)),
    run: async (feeds, fetches) => {
      const given = inputs.map(({ name }) => toTensor(tf, feeds[name]));
      const answered = model.predictOnBatch(given.length === 1 && given[0] ? given[0] : given);
      const answers = Array.isArray(answered) ? answered : [answered];
      const values = await readTensors(outputs, answers, fetches);
      for (const tensor of [...given, ...answers]) tensor.dispose();
      return values;
    },
    release: () => void model.dispose(),
  };
}

function endsInProbability(activation: unknown): boolean {
  return activation === "softmax" || activation === "sigmoid";
}

/** Wraps a graph: inputs and outputs go by the names of its signature, else by its nodes'. */
export function wrapGraph(tf: Tfjs, model: GraphModel, document: ModelJson): TfjsSession {
  const inputs = nameBySignature(model.inputs, model.modelSignature, "inputs");
  const outputs = nameBySignature(model.outputs, model.modelSignature, "outputs");
  const declaredOutputs = outputs.map(({ name, info }) => declare(name, info));
  const probabilities = findProbabilityNodes(document);
  let isDynamic = false;
  const execute = async (feeds: Record<string, TfCore.Tensor>, names: string[]) => {
    if (isDynamic) return model.executeAsync(feeds, names);
    try {
      return model.execute(feeds, names);
    } catch (cause) {
      if (!/executeAsync/.test(cause instanceof Error ? cause.message : "")) throw cause;
      isDynamic = true;
      return model.executeAsync(feeds, names);
    }
  };
  return {
    inputs: inputs.map(({ name, info }) => declare(name, info)),
    outputs: declaredOutputs,
    probabilityOutputs: new Set(
      outputs.filter(({ info }) => probabilities.has(nodeOf(info.name))).map(({ name }) => name),
    ),
    run: async (feeds, fetches) => {
      const given = Object.fromEntries(
        inputs.map(({ name, info }) => [info.name, toTensor(tf, feeds[name])]),
      );
      const wanted = outputs.filter(({ name }) => fetches.includes(name));
      const answered = await execute(
        given,
        wanted.map(({ info }) => info.name),
      );
      const answers = Array.isArray(answered) ? answered : [answered];
      const values = await readTensors(wanted, answers, fetches);
      for (const tensor of [...Object.values(given), ...answers]) tensor.dispose();
      return values;
    },
    release: () => model.dispose(),
  };
}

interface NamedInfo {
  readonly name: string;
  readonly info: GraphModel["inputs"][number];
}

/** The graph's tensors are called `serving_default_x:0`; its signature tells what people call them. */
function nameBySignature(
  infos: GraphModel["inputs"],
  signature: object | null | undefined,
  side: "inputs" | "outputs",
): readonly NamedInfo[] {
  const named = ((signature ?? {}) as Readonly<Record<string, unknown>>)[side];
  const entries = Object.entries(
    (named ?? {}) as Readonly<Record<string, { readonly name?: unknown } | null>>,
  );
  return infos.map((info) => {
    const known = entries.find(([, tensor]) => tensorName(tensor?.name) === tensorName(info.name));
    return { name: known?.[0] ?? info.name, info };
  });
}

/** A node's first output is called by the node's name alone, or with `:0`. */
function tensorName(name: unknown): string {
  return String(name).replace(/:0$/, "");
}

interface GraphNode {
  readonly name?: unknown;
  readonly op?: unknown;
  readonly input?: unknown;
}

/** Nodes that pass a value on, one after another; a graph of hundreds, or a circle, has another purpose. */
const MOST_PASSING = 16;
const passing: ReadonlySet<unknown> = new Set(["Identity", "Reshape", "Squeeze", "Cast"]);

/** The nodes that pass on what a softmax or a sigmoid made. */
function findProbabilityNodes({ modelTopology }: ModelJson): ReadonlySet<string> {
  const listed: unknown = modelTopology["node"];
  const nodes = new Map(
    (Array.isArray(listed) ? (listed as readonly GraphNode[]) : []).map((node) => [
      String(node.name),
      node,
    ]),
  );
  const isMadeBy = (name: string): boolean => {
    let node = nodes.get(name);
    for (let step = 0; step < MOST_PASSING && passing.has(node?.op); step += 1) {
      const [source] = Array.isArray(node?.input) ? node.input : [];
      node = nodes.get(nodeOf(String(source)));
    }
    return node?.op === "Softmax" || node?.op === "Sigmoid";
  };
  return new Set([...nodes.keys()].filter(isMadeBy));
}

function nodeOf(tensorName: string): string {
  return tensorName.replace(/:\d+$/, "");
}

const tensorTypes: Partial<Readonly<Record<ElementType, "float32" | "int32" | "bool" | "string">>> =
  { float: "float32", int32: "int32", bool: "bool", string: "string" };

function toTensor(tf: Tfjs, value: TensorValue | undefined): TfCore.Tensor {
  if (value === undefined) throw new TypeError("An input is not given.");
  const data = value.data as Float32Array | Int32Array | Uint8Array | string[];
  return tf.tensor(data, [...value.dims], tensorTypes[value.type] ?? "float32");
}

async function readTensors(
  outputs: readonly { readonly name: string }[],
  tensors: readonly TfCore.Tensor[],
  fetches: readonly string[],
): Promise<NamedTensors> {
  const values: Record<string, TensorValue> = {};
  for (const [at, { name }] of outputs.entries()) {
    const tensor = tensors[at];
    const type = elementTypes[tensor?.dtype ?? ""];
    if (tensor === undefined || type === undefined || !fetches.includes(name)) continue;
    const data = (await tensor.data()) as Float32Array | Int32Array | Uint8Array | string[];
    values[name] = { type, dims: tensor.shape, data };
  }
  return values;
}

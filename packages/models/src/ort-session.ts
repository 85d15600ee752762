import type * as Ort from "onnxruntime-node";
import type { EngineSession, NamedTensors, TensorValue } from "./engine.ts";
import type { ElementType } from "./onnx-proto.ts";

/** onnxruntime's own names of the element types. */
const runtimeTypes: Readonly<Record<ElementType, Ort.Tensor.Type>> = {
  float: "float32",
  double: "float64",
  float16: "float16",
  int8: "int8",
  int16: "int16",
  int32: "int32",
  int64: "int64",
  uint8: "uint8",
  uint16: "uint16",
  uint32: "uint32",
  uint64: "uint64",
  bool: "bool",
  string: "string",
};

const elementTypes: ReadonlyMap<string, ElementType> = new Map(
  Object.entries(runtimeTypes).map(([name, runtime]) => [runtime, name as ElementType]),
);

/** Wraps a session of either onnxruntime package, which share their JavaScript interface. */
export function wrapSession(
  session: Ort.InferenceSession,
  Tensor: typeof Ort.Tensor,
): EngineSession {
  return {
    run: async (feeds, fetches) => {
      const given: Record<string, Ort.Tensor> = {};
      for (const [name, value] of Object.entries(feeds)) {
        given[name] = new Tensor(runtimeTypes[value.type], value.data, value.dims);
      }
      return readOutputs(await session.run(given, fetches));
    },
    release: () => session.release(),
  };
}

function readOutputs(outputs: Ort.InferenceSession.OnnxValueMapType): NamedTensors {
  const values: Record<string, TensorValue> = {};
  for (const [name, tensor] of Object.entries(outputs)) {
    const type = elementTypes.get(tensor.type);
    if (type === "float16") {
      const data = Float32Array.from(tensor.data as ArrayLike<number>);
      values[name] = { type: "float", dims: tensor.dims, data };
    } else if (type !== undefined) {
      values[name] = { type, dims: tensor.dims, data: tensor.data };
    }
  }
  return values;
}

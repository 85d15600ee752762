import type { ElementType } from "./onnx-proto.ts";

/** What holds a tensor's elements, row-major; `Uint8Array` of 0 and 1 for `bool`. */
export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | readonly string[];

/** A tensor that goes into or comes out of a model. */
export interface TensorValue {
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly data: TensorData;
}

/** Tensors by the names of a model's inputs or outputs. */
export type NamedTensors = Readonly<Record<string, TensorValue>>;

/** The two ONNX runtimes: WebAssembly needs no install, the native one is faster. */
export type EngineKind = "wasm" | "native";

/** A model held by a runtime. */
export interface EngineSession {
  /** Runs the model; only the outputs in `fetches` are computed into the answer. */
  readonly run: (feeds: NamedTensors, fetches: readonly string[]) => Promise<NamedTensors>;
  readonly release: () => Promise<void>;
}

/** A runtime that opens models; throws its own errors, which {@link explainEngineError} turns into words. */
export interface Engine {
  readonly kind: EngineKind;
  readonly open: (bytes: Uint8Array) => Promise<EngineSession>;
}

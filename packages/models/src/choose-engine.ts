import type { Engine } from "./engine.ts";
import type { EngineOptions } from "./load-model.ts";
import { createNativeEngine, nativeMissing } from "./native/native-engine.ts";
import { installedNative } from "./native/native-source.ts";
import { isWorthDownload } from "./native/run-work.ts";
import type { ModelProto } from "./onnx-proto.ts";
import { createWasmEngine } from "./wasm-engine.ts";

/** An engine and what a reader should know of how it was chosen. */
export interface ChosenEngine {
  readonly engine: Engine;
  readonly notes: readonly string[];
}

/**
 * Chooses the runtime for a model. `auto` takes the native one where it is here already, or
 * where the rows to score are worth its download, else WebAssembly; it never fails for want of
 * the native one. Throws what stood in the way when `native` was asked for.
 */
export async function chooseEngine(
  options: EngineOptions,
  model: ModelProto,
): Promise<ChosenEngine> {
  const { engine = "auto", wasmPath } = options;
  if (engine === "wasm") return { engine: createWasmEngine(wasmPath), notes: [] };
  if (engine === "native") return { engine: await openNative(options), notes: [] };
  try {
    const native = await openNativeIfWorth(options, model);
    return { engine: native ?? createWasmEngine(wasmPath), notes: [] };
  } catch (cause) {
    if (options.signal?.aborted === true) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    const note = `The native engine would be faster and is not used: ${why}`;
    return { engine: createWasmEngine(wasmPath), notes: [note] };
  }
}

async function openNative(options: EngineOptions): Promise<Engine> {
  const { native = installedNative, threads } = options;
  const entry = await native.find();
  if (entry !== null) return createNativeEngine(entry, threads);
  if (native.fetch === null) throw nativeMissing("it is not installed here");
  return createNativeEngine(await native.fetch(), threads);
}

async function openNativeIfWorth(
  options: EngineOptions,
  model: ModelProto,
): Promise<Engine | null> {
  const { native = installedNative, threads, rows = 0 } = options;
  const entry = await native.find();
  if (entry !== null) return createNativeEngine(entry, threads);
  if (native.fetch === null || !isWorthDownload(model, rows)) return null;
  return createNativeEngine(await native.fetch(), threads);
}

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { InputError } from "#core";
import type { Engine } from "./engine.ts";
import { wrapSession } from "./ort-session.ts";

const wasmFileName = "ort-wasm-simd-threaded.wasm";

/**
 * The WebAssembly runtime: one thread, so that the same rows give the same bits everywhere.
 * The wasm file is read once a process, from `wasmPath` or from where {@link locateWasm} finds it.
 */
export function createWasmEngine(wasmPath?: string): Engine {
  return {
    kind: "wasm",
    open: async (bytes) => {
      // The entry that carries its own JavaScript glue, so that a bundle needs the wasm file alone.
      const ort = await import("onnxruntime-web/wasm");
      if (ort.env.wasm.wasmBinary === undefined) {
        ort.env.wasm.numThreads = 1;
        ort.env.logLevel = "fatal";
        // V8 compiles what is called, but would first check all of the 14 MB: 65 ms of its time.
        // So it checks each function as it compiles it.
        setFlagsFromString("--wasm-lazy-validation");
        ort.env.wasm.wasmBinary = await readFile(wasmPath ?? locateWasm());
      }
      const session = await ort.InferenceSession.create(bytes, {
        executionProviders: ["wasm"],
        logSeverityLevel: 4,
      });
      return wrapSession(session, ort.Tensor);
    },
  };
}

/** Finds the wasm file: beside the bundle (or above its chunks), else in the installed package. */
export function locateWasm(from: string = import.meta.url): string {
  const beside = [`./${wasmFileName}`, `../${wasmFileName}`].map((place) =>
    fileURLToPath(new URL(place, from)),
  );
  const bundled = beside.find((path) => existsSync(path));
  if (bundled !== undefined) return bundled;
  try {
    return createRequire(from).resolve(`onnxruntime-web/${wasmFileName}`);
  } catch (cause) {
    throw new InputError({
      code: "WASM_RUNTIME_MISSING",
      message: `The WebAssembly runtime ${wasmFileName} is neither in ${beside.join(" nor in ")} nor installed.`,
      hint: "Use a released version of the action, whose dist folder holds the file, or run npm ci.",
      cause,
    });
  }
}

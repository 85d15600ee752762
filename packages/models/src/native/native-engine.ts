import { pathToFileURL } from "node:url";
import type * as Ort from "onnxruntime-node";
import { InputError } from "#core";
import type { Engine } from "../engine.ts";
import { wrapSession } from "../ort-session.ts";

/**
 * The native runtime, loaded from its entry file. `threads` is the number of cores for one
 * run, 0 (default) for all of them. Throws an {@link InputError} when it cannot be loaded on
 * this machine.
 */
export async function createNativeEngine(entry: string, threads = 0): Promise<Engine> {
  let ort: typeof Ort;
  try {
    const module = (await import(pathToFileURL(entry).href)) as typeof Ort & {
      default?: typeof Ort;
    };
    ort = module.default ?? module;
  } catch (cause) {
    throw nativeMissing(`${entry} cannot be loaded on ${process.platform}-${process.arch}`, cause);
  }
  ort.env.logLevel = "fatal";
  return {
    kind: "native",
    open: async (bytes) => {
      const session = await ort.InferenceSession.create(bytes, {
        intraOpNumThreads: threads,
        logSeverityLevel: 4,
      });
      return wrapSession(session, ort.Tensor);
    },
  };
}

/** What is said where there is no native engine that can be used. */
export function nativeMissing(found: string, cause?: unknown): InputError {
  return new InputError({
    code: "NATIVE_RUNTIME_MISSING",
    message: `The native engine (onnxruntime-node) is not usable: ${found}.`,
    hint: "Use engine: wasm (needs no install), or install onnxruntime-node in a step before.",
    ...(cause === undefined ? {} : { cause }),
  });
}

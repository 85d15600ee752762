import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type * as Ort from "onnxruntime-node";
import { InputError } from "#core";
import type { Engine } from "./engine.ts";
import { wrapSession } from "./ort-session.ts";

/** Finds the native runtime's entry file, or `null` where there is none. A port: a tool cache may provide one. */
export type ResolveNative = () => Promise<string | null>;

/** Looks for `onnxruntime-node` where this code is installed. */
export const resolveInstalledNative: ResolveNative = () => {
  try {
    return Promise.resolve(createRequire(import.meta.url).resolve("onnxruntime-node"));
  } catch {
    return Promise.resolve(null);
  }
};

/** What the native engine takes: `threads` is the number of cores for one run, 0 for all of them. */
export interface NativeOptions {
  readonly resolveNative?: ResolveNative;
  readonly threads?: number;
}

/**
 * The native runtime, loaded from where `resolveNative` finds it. Throws an
 * {@link InputError} when it is not there or cannot be loaded on this machine.
 */
export async function createNativeEngine(options: NativeOptions = {}): Promise<Engine> {
  const entry = await (options.resolveNative ?? resolveInstalledNative)();
  if (entry === null) throw missing("it is not installed here", undefined);
  let ort: typeof Ort;
  try {
    const module = (await import(pathToFileURL(entry).href)) as typeof Ort & {
      default?: typeof Ort;
    };
    ort = module.default ?? module;
  } catch (cause) {
    throw missing(`${entry} cannot be loaded on ${process.platform}-${process.arch}`, cause);
  }
  ort.env.logLevel = "fatal";
  return {
    kind: "native",
    open: async (bytes) => {
      const session = await ort.InferenceSession.create(bytes, {
        intraOpNumThreads: options.threads ?? 0,
        logSeverityLevel: 4,
      });
      return wrapSession(session, ort.Tensor);
    },
  };
}

function missing(found: string, cause: unknown): InputError {
  return new InputError({
    code: "NATIVE_RUNTIME_MISSING",
    message: `engine: native was asked for, but onnxruntime-node is not usable: ${found}.`,
    hint: "Use engine: wasm (needs no install), or install onnxruntime-node in a step before.",
    ...(cause === undefined ? {} : { cause }),
  });
}

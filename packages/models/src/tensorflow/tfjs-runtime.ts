import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as TfCore from "@tensorflow/tfjs-core";
import type { loadGraphModel } from "@tensorflow/tfjs-converter";
import type { loadLayersModel } from "@tensorflow/tfjs-layers";
import { InputError } from "#core";

/** What is used of TensorFlow.js, whichever package brings it. */
export interface Tfjs {
  readonly tensor: typeof TfCore.tensor;
  readonly loadLayersModel: typeof loadLayersModel;
  readonly loadGraphModel: typeof loadGraphModel;
}

/** TensorFlow.js on the user's own tfjs-node, or in plain JavaScript. */
export type TfjsKind = "tfjs" | "tfjs-node";

/** A TensorFlow.js that is loaded. */
export interface TfjsRuntime {
  readonly kind: TfjsKind;
  readonly tf: Tfjs;
  readonly notes: readonly string[];
}

/** Which TensorFlow.js is wanted. */
export interface TfjsWish {
  /** `native` asks for tfjs-node, `wasm` for no native code; `auto` takes tfjs-node where the project has it. */
  readonly engine: "auto" | "native" | "wasm";
  /** The folder whose `node_modules` may hold `@tensorflow/tfjs-node`. */
  readonly projectFolder: string | undefined;
}

/**
 * Loads tfjs-node from the user's project where it is installed, else the TensorFlow.js that
 * Slipway brings. Throws an {@link InputError} when tfjs-node was asked for and cannot be had.
 */
export async function loadTfjs({ engine, projectFolder }: TfjsWish): Promise<TfjsRuntime> {
  if (engine === "wasm") return loadPlain([]);
  const entry = findTfjsNode(projectFolder);
  if (entry === null) {
    if (engine === "native") {
      throw noTfjsNode("the project has no @tensorflow/tfjs-node in its node_modules");
    }
    return loadPlain([]);
  }
  try {
    restoreIsNullOrUndefined();
    const module = (await import(pathToFileURL(entry).href)) as Tfjs & { readonly default?: Tfjs };
    return { kind: "tfjs-node", tf: module.default ?? module, notes: [] };
  } catch (cause) {
    const why = firstLine(cause instanceof Error ? cause.message : String(cause));
    if (engine === "native") throw noTfjsNode(`${entry} cannot be loaded: ${why}`, cause);
    return loadPlain([`The project's tfjs-node cannot be loaded and is not used: ${why}`]);
  }
}

function findTfjsNode(projectFolder: string | undefined): string | null {
  if (projectFolder === undefined) return null;
  try {
    const require = createRequire(pathToFileURL(join(projectFolder, "package.json")));
    return require.resolve("@tensorflow/tfjs-node");
  } catch {
    return null;
  }
}

/** tfjs-node 4 calls a function that Node 23 took out of `node:util`. */
function restoreIsNullOrUndefined(): void {
  // The CommonJS object, which tfjs-node sees too; an ES import of it is sealed.
  const util = createRequire(import.meta.url)("node:util") as Record<string, unknown>;
  if (typeof util["isNullOrUndefined"] === "function") return;
  util["isNullOrUndefined"] = (value: unknown) => value === null || value === undefined;
}

async function loadPlain(notes: readonly string[]): Promise<TfjsRuntime> {
  const core = unwrap(await import("@tensorflow/tfjs-core"));
  await import("@tensorflow/tfjs-backend-cpu");
  const [layers, converter] = await Promise.all([
    import("@tensorflow/tfjs-layers").then(unwrap),
    import("@tensorflow/tfjs-converter").then(unwrap),
  ]);
  // It says at its first use that tfjs-node would be faster; that is for whoever set it up.
  core.env().set("IS_TEST", true);
  await core.setBackend("cpu");
  return {
    kind: "tfjs",
    tf: {
      tensor: core.tensor,
      loadLayersModel: layers.loadLayersModel,
      loadGraphModel: converter.loadGraphModel,
    },
    notes,
  };
}

/** These packages are CommonJS: their names stand on `default`, and not all of them beside it. */
function unwrap<T extends object>(module: T): T {
  return "default" in module ? (module.default as T) : module;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? text;
}

function noTfjsNode(found: string, cause?: unknown): InputError {
  return new InputError({
    code: "TFJS_NODE_MISSING",
    message: `The native engine (tfjs-node) is not usable: ${found}.`,
    hint: "Install @tensorflow/tfjs-node in a step before, or use engine: auto, which falls back on TensorFlow.js in plain JavaScript.",
    ...(cause === undefined ? {} : { cause }),
  });
}

import { readFile } from "node:fs/promises";
import path from "node:path";
import { NoOperationTraceWriter, parseAction } from "./language.ts";
import { readSteps } from "./parse-steps.ts";
import {
  entriesOf,
  literalText,
  placeOf,
  refuse,
  throwOnFaults,
  type Place,
  type Template,
} from "./tokens.ts";
import type { Condition, Step } from "./workflow-model.ts";

/** An input that an action declares. */
export interface ActionInput {
  readonly default: Template | undefined;
  readonly deprecationMessage: string | undefined;
}

/** One program of a JavaScript action. */
export interface NodeStage {
  readonly file: string;
  readonly condition: Condition;
}

/** How an action runs. */
export type ActionRuns =
  | {
      readonly kind: "node";
      readonly main: string;
      readonly pre: NodeStage | undefined;
      readonly post: NodeStage | undefined;
    }
  | { readonly kind: "composite"; readonly steps: readonly Step[] };

/** An action.yml, checked and ready to run. */
export interface ActionManifest {
  readonly name: string;
  readonly inputs: ReadonlyMap<string, ActionInput>;
  /** Values of a composite action's outputs; a JavaScript action's are `undefined`. */
  readonly outputs: ReadonlyMap<string, Template | undefined>;
  readonly runs: ActionRuns;
}

function readStage(
  file: Template | undefined,
  condition: Template | undefined,
): NodeStage | undefined {
  const program = literalText(file);
  if (program === undefined || file === undefined) return undefined;
  const place = placeOf(condition ?? file);
  return { file: program, condition: { expression: literalText(condition) || "always()", place } };
}

function readRuns(template: Template | undefined, place: Place): ActionRuns {
  const keys = entriesOf(template);
  const using = literalText(keys.get("using"));
  const main = literalText(keys.get("main"));
  if (using === "composite") return { kind: "composite", steps: readSteps(keys.get("steps")) };
  if ((using === "node20" || using === "node24") && main !== undefined) {
    return {
      kind: "node",
      main,
      pre: readStage(keys.get("pre"), keys.get("pre-if")),
      post: readStage(keys.get("post"), keys.get("post-if")),
    };
  }
  const at = keys.get("using");
  return refuse(
    at ? placeOf(at) : place,
    `\`using: ${using ?? ""}\` is not supported by the local runner`,
  );
}

/**
 * Reads an action's manifest with GitHub's own parser.
 *
 * @throws WorkflowError listing file and line of every fault, and of what is not supported here
 */
export function parseActionFile(file: string, content: string): ActionManifest {
  const result = parseAction({ name: file, content }, new NoOperationTraceWriter());
  throwOnFaults(file, result);
  if (result.value === undefined) return refuse({ file, line: 1 }, "the file is empty");
  const keys = entriesOf({ token: result.value, file });
  const inputs = [...entriesOf(keys.get("inputs"))].map(([name, definition]) => {
    const input = entriesOf(definition);
    const deprecationMessage = literalText(input.get("deprecationMessage"));
    return [name, { default: input.get("default"), deprecationMessage }] as const;
  });
  const outputs = [...entriesOf(keys.get("outputs"))].map(
    ([name, definition]) => [name, entriesOf(definition).get("value")] as const,
  );
  return {
    name: literalText(keys.get("name")) ?? file,
    inputs: new Map(inputs),
    outputs: new Map(outputs),
    runs: readRuns(keys.get("runs"), { file, line: 1 }),
  };
}

/** Reads `action.yml` or `action.yaml` of a folder; `undefined` when neither is there. */
export async function readActionManifest(
  directory: string,
  label: string,
): Promise<ActionManifest | undefined> {
  for (const name of ["action.yml", "action.yaml"]) {
    const content = await readFile(path.join(directory, name), "utf8").catch(() => undefined);
    if (content !== undefined) return parseActionFile(`${label}/${name}`, content);
  }
  return undefined;
}

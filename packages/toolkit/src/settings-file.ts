import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FACTS, InputError, parseSettings, resolveSettings, type ResolvedSettings } from "#core";
import { INPUT_NAMES } from "./generated/input-names.ts";
import type { Fields, RawInput, RawInputs } from "./inputs/parse-inputs.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Which action's inputs are gathered, and for whom. */
export interface GatheringOptions {
  readonly action: string;
  readonly fields: Fields;
  readonly environment: Environment;
  readonly workspace: string;
}

/**
 * An action's raw inputs: the step's own first, then `slipway.yml` by environment, model and
 * defaults. An empty input is one not given.
 *
 * @throws InputError for a missing `config:` file or a fault in it
 */
export function gatherInputs(options: GatheringOptions): RawInputs {
  const own = ownInputs(options);
  const settings = readSettings(options, own);
  const gathered: Record<string, RawInput> = { ...own };
  const offer = (name: string, entry: RawInput): void => {
    if (name in options.fields && gathered[name] === undefined) gathered[name] = entry;
  };
  if (settings !== null) {
    const { file, resolved } = settings;
    for (const [name, setting] of [
      ...Object.entries(resolved.inputs),
      ...Object.entries(resolved.facts),
    ]) {
      const field = options.fields[name];
      const { list, line } = setting;
      const text = list === undefined || field === undefined ? setting.text : field.writeList(list);
      offer(name, { text, origin: `${file} line ${line}` });
    }
    if (resolved.model !== null) offer("model", { text: resolved.model, origin: file });
  }
  return gathered;
}

function ownInputs({ fields, environment }: GatheringOptions): Record<string, RawInput> {
  const own: Record<string, RawInput> = {};
  for (const name of Object.keys(fields)) {
    const text = environment[`INPUT_${name.replaceAll(" ", "_").toUpperCase()}`];
    if (text !== undefined && text.trim() !== "") own[name] = { text, origin: null };
  }
  return own;
}

function readSettings(
  { action, fields, environment, workspace }: GatheringOptions,
  own: RawInputs,
): { readonly file: string; readonly resolved: ResolvedSettings } | null {
  const asked = own["config"]?.text.trim() ?? environment["INPUT_CONFIG"]?.trim() ?? "";
  const file = asked === "" ? "slipway.yml" : asked;
  let text: string;
  try {
    text = readFileSync(join(workspace, file), "utf8");
  } catch (cause) {
    if (asked === "") return null;
    throw new InputError({
      code: "CONFIG_NOT_FOUND",
      message: `config: ${file} cannot be read.`,
      hint: "Check the path, relative to the repository's root, and that actions/checkout ran before.",
      cause,
    });
  }
  const settings = parseSettings(text, file, INPUT_NAMES);
  const resolved = resolveSettings(settings, {
    model: own["model"]?.text.trim() ?? null,
    environment: own["environment"]?.text.trim() ?? fields["environment"]?.default ?? null,
    action,
  });
  return { file, resolved };
}

/** Whether a name is a fact about a model, read by every action. */
export function isFact(name: string): boolean {
  return (FACTS as readonly string[]).includes(name);
}

import {
  isMap,
  isScalar,
  LineCounter,
  parseDocument as parseYaml,
  stringify,
  type Node,
  type Pair,
} from "yaml";
import { InputError, type ErrorFacts } from "./errors.ts";
import { suggestNearest } from "./nearest.ts";
import { isModelName } from "./versions.ts";

/** Facts about a model that every action reads. */
export const FACTS = [
  "target",
  "id",
  "time",
  "task",
  "code",
  "working-directory",
  "destination",
  "run-directory",
] as const;

/** A setting of `slipway.yml` as an input's text, with the line it stands on. */
export interface Setting {
  readonly text: string;
  /** The items, where it was written as a list. */
  readonly list?: readonly string[];
  /** Counts from 1. */
  readonly line: number;
}

/** What `slipway.yml` says for one model, environment and action. */
export interface ResolvedSettings {
  readonly model: string | null;
  readonly facts: Readonly<Record<string, Setting>>;
  /** By input name; the environment's before the model's before `defaults`. */
  readonly inputs: Readonly<Record<string, Setting>>;
}

/** What is asked of `slipway.yml`. */
export interface SettingsQuery {
  /** `null` picks the only model there is. */
  readonly model: string | null;
  readonly environment: string | null;
  readonly action: string;
}

/** Names of every action and of its inputs: what may stand in `slipway.yml`. */
export type InputNames = Readonly<Record<string, readonly string[]>>;

interface Section {
  readonly [name: string]: Setting;
}

interface ModelSettings {
  readonly facts: Section;
  readonly actions: Readonly<Record<string, Section>>;
  readonly environments: Readonly<Record<string, Readonly<Record<string, Section>>>>;
}

/** A whole `slipway.yml`, checked. */
export interface Settings {
  readonly file: string;
  readonly models: Readonly<Record<string, ModelSettings>>;
  readonly defaults: ModelSettings;
}

/**
 * Reads `slipway.yml`.
 *
 * @throws InputError that lists every fault with its line and the nearest known name
 */
export function parseSettings(text: string, file: string, names: InputNames): Settings {
  const lines = new LineCounter();
  const document = parseYaml(text, { lineCounter: lines, prettyErrors: false });
  const reader = new SettingsReader(file, lines, names);
  for (const error of document.errors) reader.fault(error.pos[0], `is not YAML: ${error.message}`);
  const settings = reader.readRoot(document.errors.length === 0 ? document.contents : null);
  reader.throwFaults();
  return settings;
}

/**
 * What the settings say for one model, environment and action.
 *
 * @throws InputError when the model or the environment is not there, or several models are and none is named
 */
export function resolveSettings(settings: Settings, query: SettingsQuery): ResolvedSettings {
  const name = query.model ?? onlyModel(settings);
  const model = name === null ? undefined : modelOf(settings, name);
  const environment =
    query.environment === null ? {} : environmentOf(settings, model, query.environment);
  return {
    model: name,
    facts: { ...settings.defaults.facts, ...model?.facts },
    inputs: {
      ...settings.defaults.actions[query.action],
      ...model?.actions[query.action],
      ...environment[query.action],
    },
  };
}

/** A file without models says nothing about them; one with some must have this one, or a slip would make another model. */
function modelOf(settings: Settings, name: string): ModelSettings | undefined {
  const names = Object.keys(settings.models);
  if (names.includes(name)) return settings.models[name];
  if (names.length === 0) return undefined;
  throw new InputError({
    code: "UNKNOWN_MODEL",
    message: `${settings.file} has no model "${name}".`,
    hint: `${suggestNearest(name, names)} A further model needs at least its name there, below models: (with nothing behind it).`,
  });
}

function onlyModel(settings: Settings): string | null {
  const names = Object.keys(settings.models);
  if (names.length === 1) return names[0] ?? null;
  if (names.length === 0) return null;
  throw new InputError({
    code: "MODEL_NOT_NAMED",
    message: `${settings.file} has ${names.length} models (${names.join(", ")}) and the step names none.`,
    hint: "Give the step model: <name>.",
  });
}

function environmentOf(
  settings: Settings,
  model: ModelSettings | undefined,
  environment: string,
): Readonly<Record<string, Section>> {
  const all = { ...settings.defaults.environments, ...model?.environments };
  const found = all[environment];
  // A file without environments says nothing about them; one with some must have this one.
  if (found !== undefined || Object.keys(all).length === 0) return found ?? {};
  throw new InputError({
    code: "UNKNOWN_ENVIRONMENT",
    message: `${settings.file} has no environment "${environment}".`,
    hint: suggestNearest(environment, Object.keys(all)),
  });
}

/** Walks the YAML and collects every fault before it throws. */
class SettingsReader {
  readonly #faults: ErrorFacts[] = [];
  readonly #file: string;
  readonly #lines: LineCounter;
  readonly #names: InputNames;

  constructor(file: string, lines: LineCounter, names: InputNames) {
    this.#file = file;
    this.#lines = lines;
    this.#names = names;
  }

  fault(offset: number, what: string, hint?: string): void {
    const { line } = this.#lines.linePos(offset);
    this.#faults.push({
      code: "INVALID_SETTINGS",
      message: `${this.#file} line ${line}: ${what}`,
      ...(hint !== undefined && { hint }),
    });
  }

  throwFaults(): void {
    if (this.#faults.length === 0) return;
    throw new InputError({
      code: "INVALID_SETTINGS",
      message: this.#faults
        .map((fault) => `${fault.message}${fault.hint ? ` ${fault.hint}` : ""}`)
        .join("\n"),
      hint: `Correct ${this.#file}; every fault in it is listed.`,
    });
  }

  readRoot(root: unknown): Settings {
    const models: Record<string, ModelSettings> = {};
    let defaults: ModelSettings = { facts: {}, actions: {}, environments: {} };
    for (const { key, value, offset } of this.#entries(root, "the file")) {
      if (key === "models") {
        for (const entry of this.#entries(value, "models")) {
          if (!isModelName(entry.key)) this.fault(entry.offset, `"${entry.key}" is no model name.`);
          models[entry.key] = this.#readModel(entry.value, entry.key);
        }
      } else if (key === "defaults") defaults = this.#readModel(value, "defaults");
      else this.fault(offset, `unknown key "${key}".`, suggestNearest(key, ["models", "defaults"]));
    }
    return { file: this.#file, models, defaults };
  }

  #readModel(node: unknown, where: string): ModelSettings {
    const facts: Record<string, Setting> = {};
    const actions: Record<string, Section> = {};
    const environments: Record<string, Readonly<Record<string, Section>>> = {};
    for (const entry of this.#entries(node, where)) {
      const { key, value, offset } = entry;
      if ((FACTS as readonly string[]).includes(key)) facts[key] = this.#setting(value, offset);
      else if (key in this.#names) actions[key] = this.#readSection(value, key);
      else if (key === "environments") {
        for (const named of this.#entries(value, "environments")) {
          environments[named.key] = this.#readEnvironment(named.value, named.key);
        }
      } else {
        const known = [...FACTS, ...Object.keys(this.#names), "environments"];
        this.fault(offset, `unknown key "${key}" in ${where}.`, suggestNearest(key, known));
      }
    }
    return { facts, actions, environments };
  }

  #readEnvironment(node: unknown, where: string): Readonly<Record<string, Section>> {
    const actions: Record<string, Section> = {};
    for (const { key, value, offset } of this.#entries(node, where)) {
      if (key in this.#names) actions[key] = this.#readSection(value, key);
      else
        this.fault(
          offset,
          `unknown action "${key}" in environment ${where}.`,
          suggestNearest(key, Object.keys(this.#names)),
        );
    }
    return actions;
  }

  #readSection(node: unknown, action: string): Section {
    const known = this.#names[action] ?? [];
    const section: Record<string, Setting> = {};
    for (const { key, value, offset } of this.#entries(node, action)) {
      if (!known.includes(key))
        this.fault(offset, `${action} has no input "${key}".`, suggestNearest(key, known));
      else if (isSecretName(key))
        this.fault(
          offset,
          `${action}.${key} is a secret.`,
          "Give it to the step from secrets.* instead: this file is read by everyone.",
        );
      else section[key] = this.#setting(value, offset);
    }
    return section;
  }

  #setting(node: unknown, offset: number): Setting {
    const { line } = this.#lines.linePos(offset);
    const text = settingText(node);
    if (looksLikeToken(text)) {
      this.fault(
        offset,
        "a token or key stands here in plain text.",
        "Take it out of the file, revoke it, and use secrets.* in the workflow.",
      );
    }
    const list = listOf(node);
    return { text, line, ...(list !== null && { list }) };
  }

  #entries(
    node: unknown,
    where: string,
  ): readonly { key: string; value: unknown; offset: number }[] {
    if (node === null || node === undefined || (isScalar(node) && node.value === null)) return [];
    if (!isMap(node)) {
      this.fault((node as Node).range?.[0] ?? 0, `${where} must be a map of keys and values.`);
      return [];
    }
    return node.items.map((pair: Pair) => ({
      key: String(isScalar(pair.key) ? pair.key.value : pair.key),
      value: pair.value,
      offset: (pair.key as Node | null)?.range?.[0] ?? 0,
    }));
  }
}

/** A setting as the text that the input would have: lists one item a line, maps as YAML. */
function settingText(node: unknown): string {
  const value: unknown = (node as Node | null)?.toJSON?.() ?? null;
  if (value === null) return "";
  if (isScalar(node) && typeof node.source === "string" && typeof value !== "string")
    return node.source;
  if (typeof value === "string") return value;
  const list = listOf(node);
  if (list !== null) return list.join("\n");
  return typeof value === "object" ? stringify(value).trimEnd() : JSON.stringify(value);
}

/** The items of a list of plain values. */
function listOf(node: unknown): readonly string[] | null {
  const value: unknown = (node as Node | null)?.toJSON?.() ?? null;
  const isPlain = Array.isArray(value) && value.every((item) => typeof item !== "object");
  return isPlain ? value.map(String) : null;
}

function isSecretName(name: string): boolean {
  return name === "token" || name.endsWith("-token") || name === "webhook";
}

const TOKEN =
  /\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,}|AKIA[0-9A-Z]{16}|AIza[0-9A-Za-z_-]{35}|xox[abp]-[0-9A-Za-z-]{20,})|-----BEGIN [A-Z ]*PRIVATE KEY-----/;

function looksLikeToken(text: string): boolean {
  return TOKEN.test(text);
}

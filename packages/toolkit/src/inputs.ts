import {
  InputError,
  isModelName,
  joinInputFaults,
  parseThresholds,
  parseVersion,
  suggestNearest,
  type ErrorFacts,
  type Threshold,
  type ThresholdVocabulary,
} from "#core";
import * as z from "zod/mini";
import { parseDocument as parseYaml } from "yaml";

/** An input as text, and where it came from. */
export interface RawInput {
  readonly text: string;
  /** `null` for the step's own `with:`, else e.g. `slipway.yml line 12`. */
  readonly origin: string | null;
}
export type RawInputs = Readonly<Record<string, RawInput>>;

/** One input of an action: how its text is read and what documents it. */
export interface Field<T> {
  /** Text in, value out; its issues say what was expected. */
  readonly schema: z.ZodMiniType<T, string>;
  readonly description: string;
  /** The text that stands for an input not given; `null` without one. */
  readonly default: string | null;
  readonly required: boolean;
  readonly secret: boolean;
  /** JSON Schema of the same setting in `slipway.yml`. */
  readonly json: Readonly<Record<string, unknown>>;
  /** The text of a list in `slipway.yml`. */
  readonly writeList: (items: readonly string[]) => string;
}

/** A field that always has a value: required, or with a default. */
export interface PresentField<T> extends Field<T> {
  readonly present: true;
}

type FieldOptions = {
  readonly default?: string | undefined;
  readonly required?: boolean | undefined;
  readonly secret?: boolean | undefined;
};
type FieldFor<T, O extends FieldOptions> = O extends
  | { readonly default: string }
  | { readonly required: true }
  ? PresentField<T>
  : Field<T>;

/** Fields by input name. */
export type Fields = Readonly<Record<string, Field<unknown>>>;

type CamelCase<S extends string> = S extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;

/** The typed inputs of a schema: camelCase names; `null` where an optional input was not given. */
export type InferInputs<F extends Fields> = {
  readonly [K in keyof F & string as CamelCase<K>]: F[K] extends PresentField<infer T>
    ? T
    : F[K] extends Field<infer T>
      ? T | null
      : never;
};

/** Names and fields of an action's inputs, in the order that documents show them. */
export function inputs<const F extends Fields>(fields: F): F {
  return fields;
}

/** Reads raw inputs by a schema, and carries that schema for whoever needs the names. */
export interface InputParser<F extends Fields> {
  (raw: RawInputs): InferInputs<F>;
  readonly fields: F;
}

/**
 * A parser that reports every fault of every input at once; `findFaults` adds those that lie
 * between inputs, e.g. one that is required only without another.
 */
export function parserOf<F extends Fields>(
  fields: F,
  findFaults: (raw: RawInputs) => readonly ErrorFacts[] = () => [],
): InputParser<F> {
  const parse = (raw: RawInputs): InferInputs<F> => {
    const faults: ErrorFacts[] = [...findFaults(raw)];
    const values: Record<string, unknown> = {};
    for (const [name, field] of Object.entries(fields)) {
      values[toCamelCase(name)] = readField(name, { field, raw: raw[name] }, faults);
    }
    for (const name of Object.keys(raw)) {
      if (!(name in fields)) faults.push(unknownInput(name, Object.keys(fields)));
    }
    if (faults.length > 0) throw joinInputFaults(faults);
    return values as InferInputs<F>;
  };
  return Object.assign(parse, { fields });
}

function readField(
  name: string,
  { field, raw }: { readonly field: Field<unknown>; readonly raw: RawInput | undefined },
  faults: ErrorFacts[],
): unknown {
  const given = raw !== undefined && raw.text.trim() !== "";
  const text = given ? raw.text : field.default;
  if (text === null) {
    if (field.required) {
      faults.push({
        code: "MISSING_INPUT",
        message: `Input ${name} is required: ${field.description}`,
        hint: `Give it in with:, or in slipway.yml.`,
      });
    }
    return null;
  }
  const result = field.schema.safeParse(text);
  if (result.success) return result.data;
  const origin = given && raw.origin !== null ? ` (${raw.origin})` : "";
  const shown = field.secret ? "" : ` is ${quote(text)}`;
  for (const issue of result.error.issues) {
    faults.push({
      code: "INVALID_INPUT",
      message: `Input ${name}${origin}${shown}: ${issue.message}`,
    });
  }
  return null;
}

function unknownInput(name: string, known: readonly string[]): ErrorFacts {
  return {
    code: "UNKNOWN_INPUT",
    message: `There is no input ${quote(name)}.`,
    hint: suggestNearest(name, known),
  };
}

function quote(text: string): string {
  const [line = ""] = text.split("\n");
  return JSON.stringify(
    line.length > 120 || line.length < text.length ? `${line.slice(0, 120)}…` : line,
  );
}

function toCamelCase(name: string): string {
  return name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** Makes a field from a function that reads text; it throws an Error whose message says what was expected. */
export function field<T, const O extends FieldOptions>(
  definition: {
    readonly description: string;
    readonly json?: Readonly<Record<string, unknown>>;
    readonly writeList?: (items: readonly string[]) => string;
    readonly read: (text: string) => T;
  } & O,
): FieldFor<T, O> {
  const schema = z.pipe(
    z.string(),
    z.transform((text, context): T => {
      try {
        return definition.read(text);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        const hint =
          error instanceof InputError && error.hint !== undefined ? ` ${error.hint}` : "";
        context.issues.push({ code: "custom", message: error.message + hint, input: text });
        return z.NEVER;
      }
    }),
  );
  const made: Field<T> = {
    schema,
    description: definition.description,
    default: definition.default ?? null,
    required: definition.required ?? false,
    secret: definition.secret ?? false,
    json: definition.json ?? { type: "string" },
    writeList: definition.writeList ?? ((items) => items.join("\n")),
  };
  return made as FieldFor<T, O>;
}

/** Any text, trimmed. */
export function text<const O extends FieldOptions>(
  description: string,
  options?: O,
): FieldFor<string, O> {
  return field({ description, ...(options as O), read: (raw: string) => raw.trim() });
}

/** Several texts, one a line; empty lines and `#` comments left out. */
export function lines<const O extends FieldOptions>(
  description: string,
  options?: O,
): FieldFor<readonly string[], O> {
  return field({
    description,
    ...(options as O),
    json: { oneOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] },
    read: (raw: string): readonly string[] => splitList(raw, /\r?\n/),
  });
}

/** Several names, separated by commas or lines; one in double quotes may hold commas itself. */
export function names<const O extends FieldOptions>(
  description: string,
  options?: O,
): FieldFor<readonly string[], O> {
  return field({
    description,
    ...(options as O),
    json: { oneOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] },
    writeList: writeNames,
    read: readNames,
  });
}

const NAME = /\s*(?:#[^\r\n]*|"((?:[^"]|"")*)"[^\S\r\n]*|([^\s",#][^,\r\n]*))?(?:[,\r\n]|$)/y;

/**
 * Reads `a, "b, c"` as two names, as a line of a CSV is read: a quote within quotes is doubled. A JSON
 * list of texts is one of names too.
 *
 * @throws Error for quotes that do not end, or are followed by more
 */
export function readNames(raw: string): readonly string[] {
  const listed = readJsonList(raw);
  if (listed !== null) return listed;
  const found: string[] = [];
  NAME.lastIndex = 0;
  while (NAME.lastIndex < raw.length) {
    const at = NAME.lastIndex;
    const match = NAME.exec(raw);
    if (match === null) {
      const rest =
        raw
          .slice(at)
          .trim()
          .split(/[\r\n]/)[0] ?? "";
      throw new Error(
        `expected names, each alone or in double quotes (a quote within them is written twice), with a comma or a line's end between; found ${rest.slice(0, 60)}.`,
      );
    }
    const [, quoted, plain] = match;
    found.push(quoted?.replaceAll('""', '"') ?? plain?.trim() ?? "");
  }
  return found.filter((name) => name !== "");
}

function readJsonList(raw: string): readonly string[] | null {
  if (!/^\s*\[.*\]\s*$/s.test(raw)) return null;
  try {
    const value: unknown = JSON.parse(raw);
    const isList = Array.isArray(value) && value.every((item) => typeof item === "string");
    return isList ? value : null;
  } catch {
    return null;
  }
}

/** Names as {@link readNames} reads them back, one a line. */
function writeNames(names: readonly string[]): string {
  return names
    .map((name) => (/^[\s"#[]|[,\r\n]|\s$/.test(name) ? `"${name.replaceAll('"', '""')}"` : name))
    .join("\n");
}

function splitList(raw: string, separator: RegExp): readonly string[] {
  return raw
    .split(separator)
    .map((item) => item.trim())
    .filter((item) => item !== "" && !item.startsWith("#"));
}

/** `true` or `false`, as YAML 1.2 writes them. */
export function flag<const O extends FieldOptions>(
  description: string,
  options?: O,
): FieldFor<boolean, O> {
  return field({
    description,
    ...(options as O),
    json: { type: "boolean" },
    read: (raw: string) => {
      const found = raw.trim().toLowerCase();
      if (found === "true") return true;
      if (found === "false") return false;
      throw new Error("expected true or false.");
    },
  });
}

/** A number in a range. */
export function number<
  const O extends FieldOptions & {
    readonly min?: number;
    readonly max?: number;
    readonly whole?: boolean;
  },
>(description: string, options?: O): FieldFor<number, O> {
  const {
    min = Number.NEGATIVE_INFINITY,
    max = Number.POSITIVE_INFINITY,
    whole = false,
  } = options ?? {};
  return field({
    description,
    ...(options as O),
    json: {
      type: whole ? "integer" : "number",
      ...(Number.isFinite(min) && { minimum: min }),
      ...(Number.isFinite(max) && { maximum: max }),
    },
    read: (raw: string) => {
      const value = Number(raw.trim());
      const fits =
        Number.isFinite(value) &&
        value >= min &&
        value <= max &&
        (!whole || Number.isInteger(value));
      if (fits) return value;
      throw new Error(`expected a ${whole ? "whole number" : "number"}${describeRange(min, max)}.`);
    },
  });
}

function describeRange(min: number, max: number): string {
  if (Number.isFinite(min) && Number.isFinite(max)) return ` from ${min} to ${max}`;
  if (Number.isFinite(min)) return ` of at least ${min}`;
  return Number.isFinite(max) ? ` of at most ${max}` : "";
}

/** One of a few words. */
export function oneOf<const W extends readonly string[], const O extends FieldOptions>(
  words: W,
  description: string,
  options?: O,
): FieldFor<W[number], O> {
  return field({
    description,
    ...(options as O),
    json: { enum: words },
    read: (raw: string): W[number] => {
      const found = words.find((word) => word === raw.trim());
      if (found !== undefined) return found;
      throw new Error(`expected one of ${words.join(", ")}. ${suggestNearest(raw.trim(), words)}`);
    },
  });
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A duration such as `90s`, `10m` or `1h30m`, in milliseconds. */
export function duration<const O extends FieldOptions>(
  description: string,
  options?: O,
): FieldFor<number, O> {
  return field({ description, ...(options as O), read: parseDurationMs });
}

/**
 * Reads `1h30m` as milliseconds.
 *
 * @throws Error that says what was expected
 */
export function parseDurationMs(raw: string): number {
  const compact = raw.replaceAll(/\s+/g, "");
  if (!/^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/.test(compact)) {
    if (compact === "0") return 0;
    throw new Error("expected a duration such as 90s, 10m or 1h30m.");
  }
  let total = 0;
  for (const [, amount = "0", unit = "s"] of compact.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)) {
    total += Number(amount) * (UNIT_MS[unit] ?? 0);
  }
  return total;
}

/** A model's name in GTO's grammar. */
export function modelName<const O extends FieldOptions>(
  description: string,
  options?: O,
): FieldFor<string, O> {
  return field({
    description,
    ...(options as O),
    read: (raw: string) => {
      const name = raw.trim();
      if (isModelName(name)) return name;
      throw new Error(
        "expected a model name: letters, digits, -, _ and /, beginning and ending with a letter or digit.",
      );
    },
  });
}

/** `latest`, `previous`, a stage's name or `v1.2.3`; versions come back with their `v`. */
export function versionSelector<const O extends FieldOptions>(
  description: string,
  options?: O,
): FieldFor<string, O> {
  return field({
    description,
    ...(options as O),
    read: (raw: string) => {
      const selector = raw.trim();
      const version = parseVersion(selector);
      if (version !== undefined) return version;
      if (/^[a-zA-Z][\w/-]*$/.test(selector) && !/^v\d/.test(selector)) return selector;
      throw new Error("expected latest, previous, a stage or a version such as v1.2.3.");
    },
  });
}

/** A URL of one of the protocols. */
export function url<const O extends FieldOptions & { readonly protocols?: readonly string[] }>(
  description: string,
  options?: O,
): FieldFor<string, O> {
  const protocols = options?.protocols ?? ["https:", "http:"];
  return field({
    description,
    ...(options as O),
    read: (raw: string) => {
      const parsed = URL.parse(raw.trim());
      if (parsed !== null && protocols.includes(parsed.protocol)) return raw.trim();
      throw new Error(
        `expected a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(" or ")}.`,
      );
    },
  });
}

/** A map written as YAML or JSON. */
export function yamlMap<const O extends FieldOptions>(
  description: string,
  options?: O,
): FieldFor<Readonly<Record<string, unknown>>, O> {
  return field({
    description,
    ...(options as O),
    json: { type: ["object", "string"] },
    read: readYamlMap,
  });
}

function readYamlMap(raw: string): Readonly<Record<string, unknown>> {
  const document = parseYaml(raw);
  const [fault] = document.errors;
  if (fault !== undefined) throw new Error(`expected YAML; ${fault.message.split("\n")[0]}`);
  const value: unknown = document.toJS();
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new Error("expected a YAML map of names and values, such as `depth: 6`.");
}

/** Thresholds, one a line. */
export function thresholds<const O extends FieldOptions>(
  description: string,
  options: O & { readonly vocabulary: ThresholdVocabulary },
): FieldFor<readonly Threshold[], O> {
  return field({
    description,
    ...options,
    json: { oneOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] },
    read: (raw: string) => parseThresholds(raw, options.vocabulary),
  });
}

/** Raw inputs as a step's `with:` would give them; for tests and for actions that call each other's parsers. */
export function rawInputs(values: Readonly<Record<string, string>>): RawInputs {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, { text: value, origin: null }]),
  );
}

/** The inputs that choose the settings file and the environment's part of it; every action has them. */
export const settingsFields = {
  config: text("Settings file, relative to the repository's root.", { default: "slipway.yml" }),
  environment: text("Which environment's settings of slipway.yml to use."),
};

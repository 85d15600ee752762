import { joinInputFaults, suggestNearest, type ErrorFacts } from "#core";
import type { Field, PresentField } from "./field.ts";

/** An input as text, and where it came from. */
export interface RawInput {
  readonly text: string;
  /** `null` for the step's own `with:`, else e.g. `slipway.yml line 12`. */
  readonly origin: string | null;
}
export type RawInputs = Readonly<Record<string, RawInput>>;

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
 * between inputs, e.g. one that is required only without another. Of what was read it is given all
 * that could be: an input with a fault of its own is not there.
 */
export function parserOf<F extends Fields>(
  fields: F,
  findFaults: (raw: RawInputs, read: Partial<InferInputs<F>>) => readonly ErrorFacts[] = () => [],
): InputParser<F> {
  const parse = (raw: RawInputs): InferInputs<F> => {
    const faults: ErrorFacts[] = [];
    const values: Record<string, unknown> = {};
    for (const [name, field] of Object.entries(fields)) {
      const before = faults.length;
      const value = readField(name, { field, raw: raw[name] }, faults);
      if (faults.length === before) values[toCamelCase(name)] = value;
    }
    for (const name of Object.keys(raw)) {
      if (!(name in fields)) faults.push(unknownInput(name, Object.keys(fields)));
    }
    const all = [...findFaults(raw, values as Partial<InferInputs<F>>), ...faults];
    if (all.length > 0) throw joinInputFaults(all);
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

/** Raw inputs as a step's `with:` would give them; for tests and for actions that call each other's parsers. */
export function rawInputs(values: Readonly<Record<string, string>>): RawInputs {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, { text: value, origin: null }]),
  );
}

import { joinInputFaults, suggestNearest, type ErrorFacts } from "#core";

/** A value that a param can take in a search. */
export type ParamValue = string | number | boolean;

/** What one param may be. */
export type Dimension =
  | { readonly kind: "choice"; readonly name: string; readonly choices: readonly ParamValue[] }
  | {
      readonly kind: "float";
      readonly name: string;
      readonly low: number;
      readonly high: number;
      /** Whether equal ratios count as equal distances. */
      readonly log: boolean;
      /** Values are low, low + step, …; `null` for any. */
      readonly step: number | null;
    }
  | {
      readonly kind: "int";
      readonly name: string;
      readonly low: number;
      readonly high: number;
      readonly log: boolean;
      readonly step: number;
    };

/** The params that a search varies, in the order in which they were written. */
export type SearchSpace = readonly Dimension[];

const forms =
  "Write `name: [a, b]` or `{ choice: [a, b] }`, `{ int: [1, 9] }`, `{ float: [0, 1] }`, `{ log: [0.001, 1] }`.";

/**
 * Reads a search space from the map that stands in YAML: a list or `choice` for values,
 * `int` and `float` for ranges with both ends (`log: true` and `step` beside them), `log` for
 * a float range by ratio, a single value for a constant.
 *
 * @throws InputError that lists every fault
 */
export function parseSearchSpace(written: unknown): SearchSpace {
  if (!isMap(written) || Object.keys(written).length === 0) {
    throw joinInputFaults([
      {
        code: "SEARCH_NOT_A_MAP",
        message: "search has no params to vary; a map of params to their ranges was expected.",
        hint: forms,
      },
    ]);
  }
  const faults: ErrorFacts[] = [];
  const space = Object.entries(written).flatMap(([name, value]) => {
    const read = readDimension(name, value);
    if ("kind" in read) return [read];
    faults.push({
      code: "WRONG_SEARCH_RANGE",
      message: `search.${name}: ${read.fault}`,
      hint: read.hint ?? forms,
    });
    return [];
  });
  if (faults.length > 0) throw joinInputFaults(faults);
  return space;
}

interface Refusal {
  readonly fault: string;
  readonly hint?: string;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isParamValue(value: unknown): value is ParamValue {
  return (
    typeof value === "string" ||
    typeof value === "boolean" ||
    (typeof value === "number" && Number.isFinite(value))
  );
}

function readDimension(name: string, value: unknown): Dimension | Refusal {
  if (isParamValue(value)) return { kind: "choice", name, choices: [value] };
  if (Array.isArray(value)) return readChoices(name, value);
  if (!isMap(value)) return { fault: `${String(value)} is no value, list or range.` };
  const kinds = ["choice", "int", "float", "log"].filter((kind) => Array.isArray(value[kind]));
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) return refuseKinds(value, kinds);
  const known = kind === "int" || kind === "float" ? [kind, "log", "step"] : [kind];
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    return {
      fault: `${unknown} says nothing beside ${kind}.`,
      hint: suggestNearest(unknown, known),
    };
  }
  const listed = value[kind];
  if (kind === "choice") return readChoices(name, Array.isArray(listed) ? listed : []);
  return readRange({ name, kind, log: kind === "log" || value["log"] === true }, value);
}

function refuseKinds(value: Readonly<Record<string, unknown>>, kinds: readonly string[]): Refusal {
  if (kinds.length > 1) return { fault: `has both ${kinds.join(" and ")}; one was expected.` };
  return {
    fault: `has ${Object.keys(value).join(", ") || "nothing"}, but no list of choice, int, float or log.`,
  };
}

function readChoices(name: string, values: readonly unknown[]): Dimension | Refusal {
  const choices = values.filter(isParamValue);
  if (choices.length === 0 || choices.length < values.length) {
    return { fault: "its choices must be one or more texts, numbers or booleans." };
  }
  if (new Set(choices).size < choices.length) return { fault: "a choice stands there twice." };
  return { kind: "choice", name, choices };
}

function readRange(
  { name, kind, log }: { readonly name: string; readonly kind: string; readonly log: boolean },
  value: Readonly<Record<string, unknown>>,
): Dimension | Refusal {
  const ends: readonly unknown[] = Array.isArray(value[kind]) ? value[kind] : [];
  const [low, high] = ends;
  if (ends.length !== 2 || !isNumber(low) || !isNumber(high) || low > high) {
    return { fault: `${kind} must hold two numbers, the lower first; found [${ends.join(", ")}].` };
  }
  if (log && low <= 0) return { fault: `a range by ratio must start above 0; found ${low}.` };
  const step = value["step"] ?? null;
  if (step !== null && (!isNumber(step) || step <= 0)) {
    return { fault: `step must be a number above 0; found ${JSON.stringify(step)}.` };
  }
  if (log && step !== null) return { fault: "step and log do not go together." };
  if (kind !== "int")
    return { kind: "float", name, low, high: cutToStep(low, high, step), log, step };
  if (![low, high, step ?? 1].every(Number.isInteger)) {
    return { fault: `int must hold whole numbers; found [${ends.join(", ")}].` };
  }
  return { kind: "int", name, low, high: cutToStep(low, high, step), log, step: step ?? 1 };
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** The largest value of low, low + step, … that is not above `high`. */
function cutToStep(low: number, high: number, step: number | null): number {
  if (step === null) return high;
  return low + Math.floor((high - low) / step + 1e-9) * step;
}

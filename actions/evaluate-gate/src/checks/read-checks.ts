import { parseDocument } from "yaml";
import { suggestNearest } from "#core";
import { allMetricNames } from "#stats/catalog";
import { CHECK_NAMES, describeCheck, type CheckName, type Unit } from "./catalog.ts";

/** What is held against one number of a check, and whether that decides. */
export interface PartChoice {
  /** `null` where it is only shown. */
  readonly bound: number | null;
  readonly level: "error" | "warn";
}

/** Which checks run, and how. */
export interface ChecksChoice {
  /** By check, then by part; what is switched off is not there. */
  readonly parts: ReadonlyMap<CheckName, ReadonlyMap<string, PartChoice>>;
  /** Columns whose values are the groups of `fairness`. */
  readonly fairnessColumns: readonly string[];
  /** Metric of `overfit`; `null` for the first threshold's or the task's first. */
  readonly overfitMetric: string | null;
}

type Parts = Map<string, PartChoice>;

/** What the values of one check came to. */
interface Reading {
  readonly parts: Parts;
  columns: readonly string[];
  metric: string | null;
}

const FORMS = "off, on, warn, error, or a bound such as";

/**
 * Reads the input `checks`: `off`, `on`, `warn` or `error` for all of them, or a YAML map of
 * checks. A check's value is one of these words, a bound (`0.15`, `15%`, `50 warn`), or a map of
 * its parts with the same values.
 *
 * @throws Error that names every unknown check, part and value with the nearest known one
 */
export function readChecks(raw: string): ChecksChoice {
  const document = parseDocument(raw);
  const [fault] = document.errors;
  if (fault !== undefined) throw new Error(`expected YAML; ${fault.message.split("\n")[0]}`);
  const value: unknown = document.toJS({ maxAliasCount: 20 });
  const faults: string[] = [];
  const readings = new Map(CHECK_NAMES.map((name) => [name, defaultReading(name)]));
  if (isMap(value)) {
    for (const [name, setting] of Object.entries(value)) readOne(name, setting, readings, faults);
  } else if (!readAll(value, readings)) {
    faults.push(
      `expected off, on, warn, error or a map of checks, such as \`{ leakage: off, overfit: 0.15 }\`.`,
    );
  }
  if (faults.length > 0) throw new Error(faults.join(" "));
  const parts = [...readings].map(([name, reading]) => [name, reading.parts] as const);
  return {
    parts: new Map(parts.filter(([, own]) => own.size > 0)),
    fairnessColumns: readings.get("fairness")?.columns ?? [],
    overfitMetric: readings.get("overfit")?.metric ?? null,
  };
}

function defaultReading(name: CheckName): Reading {
  const { parts, onRequest } = describeCheck(name);
  const own = Object.entries(parts).map(
    ([part, { bound }]) => [part, { bound, level: "warn" }] as const,
  );
  return { parts: new Map(onRequest === true ? [] : own), columns: [], metric: null };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A word for every check that has a bound of its own. */
function readAll(value: unknown, readings: Map<CheckName, Reading>): boolean {
  const word = readWord(value);
  if (word === null) return false;
  for (const { parts } of readings.values()) {
    for (const [part, { bound }] of parts) {
      if (word === "off") parts.delete(part);
      else if (word !== "on" && bound !== null) parts.set(part, { bound, level: word });
    }
  }
  return true;
}

function readWord(value: unknown): "off" | "on" | "warn" | "error" | null {
  if (value === false || value === "off" || value === "false") return "off";
  if (value === true || value === "on" || value === "true") return "on";
  return value === "warn" || value === "error" ? value : null;
}

function readOne(
  name: string,
  value: unknown,
  readings: Map<CheckName, Reading>,
  faults: string[],
): void {
  const reading = readings.get(name as CheckName);
  if (reading === undefined) {
    faults.push(`There is no check ${show(name)}. ${suggestNearest(name, CHECK_NAMES)}`);
    return;
  }
  const check = name as CheckName;
  if (check === "fairness") readFairness(value, reading, faults);
  else if (isMap(value)) readParts(check, value, reading, faults);
  else readWhole(check, value, reading, faults);
}

/** One value for a check: a word for all of its parts, or the bound of the first. */
function readWhole(check: CheckName, value: unknown, { parts }: Reading, faults: string[]): void {
  const [first = ""] = Object.keys(describeCheck(check).parts);
  const word = readWord(value);
  if (word === "off") return parts.clear();
  if (word === "on") return;
  if (word !== null) {
    const bounded = [...parts].filter(([, { bound }]) => bound !== null);
    if (bounded.length === 0) faults.push(needsBound(check, first, word));
    for (const [part, { bound }] of bounded) parts.set(part, { bound, level: word });
    return;
  }
  const choice = readBound(value, describeCheck(check).parts[first]?.unit ?? "number");
  if (typeof choice === "string") faults.push(`${check} is ${show(value)}: ${choice}`);
  else parts.set(first, choice);
}

function needsBound(check: string, part: string, word: string): string {
  return `${check}: ${word} has no bound to judge by; write one, such as \`${check}: { ${part}: 50 ${word} }\`.`;
}

function readParts(
  check: CheckName,
  value: Readonly<Record<string, unknown>>,
  reading: Reading,
  faults: string[],
): void {
  const known = describeCheck(check).parts;
  for (const [part, setting] of Object.entries(value)) {
    if (check === "overfit" && part === "metric") reading.metric = readMetric(setting, faults);
    else if (Object.hasOwn(known, part)) readPart(check, part, { setting, reading, faults });
    else faults.push(unknownPart(check, part));
  }
}

function unknownPart(check: CheckName, part: string): string {
  const others = check === "overfit" ? ["metric"] : check === "fairness" ? ["columns"] : [];
  const known = [...Object.keys(describeCheck(check).parts), ...others];
  return `${check} has no ${show(part)}. ${suggestNearest(part, known)}`;
}

function readPart(
  check: CheckName,
  part: string,
  { setting, reading, faults }: { setting: unknown; reading: Reading; faults: string[] },
): void {
  const { bound, unit } = describeCheck(check).parts[part] ?? { bound: null, unit: "number" };
  const word = readWord(setting);
  if (word === "off") reading.parts.delete(part);
  else if (word === "on") reading.parts.set(part, { bound, level: "warn" });
  else if (word !== null) {
    if (bound === null) faults.push(needsBound(check, part, word));
    else reading.parts.set(part, { bound, level: word });
  } else {
    const choice = readBound(setting, unit);
    if (typeof choice === "string") faults.push(`${check}.${part} is ${show(setting)}: ${choice}`);
    else reading.parts.set(part, choice);
  }
}

function readMetric(value: unknown, faults: string[]): string | null {
  if (typeof value === "string" && allMetricNames().includes(value)) return value;
  faults.push(
    `overfit.metric is ${show(value)}: expected the name of a metric. ${suggestNearest(String(value), allMetricNames())}`,
  );
  return null;
}

function readFairness(value: unknown, reading: Reading, faults: string[]): void {
  const word = readWord(value);
  if (word === "off") return;
  const columns = isMap(value) ? value["columns"] : value;
  const names = (Array.isArray(columns) ? columns : [columns]) as readonly unknown[];
  if (word !== null || !names.every((name) => typeof name === "string" && name !== "")) {
    faults.push(
      "fairness needs the columns whose values are the groups, such as `fairness: { columns: [sex], equalized_odds_difference: 0.1 }`.",
    );
    return;
  }
  reading.columns = names as readonly string[];
  for (const part of Object.keys(describeCheck("fairness").parts))
    reading.parts.set(part, { bound: null, level: "warn" });
  if (!isMap(value)) return;
  const { columns: _columns, ...parts } = value;
  readParts("fairness", parts, reading, faults);
}

/** `0.15`, `15%`, `50 warn`: the bound, or what was expected. A bound that is written decides unless `warn` follows. */
function readBound(value: unknown, unit: Unit): PartChoice | string {
  const example = unit === "share" ? "0.15, 15% or 15% warn" : "0.15 or 0.15 warn";
  const expected = `expected ${FORMS} ${unit === "share" || unit === "number" ? example : "50 or 50 warn"}.`;
  const found = /^(\d+(?:\.\d*)?|\.\d+)\s*(%)?(?:\s+(warn|error))?$/.exec(
    typeof value === "number" ? String(value) : typeof value === "string" ? value.trim() : "",
  );
  if (found === null) return expected;
  const bound = Number(found[1]) / (found[2] === undefined ? 1 : 100);
  const isShare = unit === "share" || unit === "number";
  if (found[2] !== undefined && !isShare) return expected;
  if (isShare && bound > 1)
    return `expected a bound from 0 to 1${unit === "share" ? ", or one in percent such as 15%" : ""}.`;
  return { bound, level: found[3] === "warn" ? "warn" : "error" };
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

const WORDS = { enum: ["off", "on", "warn", "error", true, false] };
const BOUND = {
  anyOf: [
    WORDS,
    { type: "number", minimum: 0 },
    { type: "string", pattern: "^[0-9.]+ ?%?( (warn|error))?$" },
  ],
};

/** JSON Schema of `checks` in `slipway.yml`. */
export const CHECKS_JSON: Readonly<Record<string, unknown>> = {
  anyOf: [
    { type: "string" },
    WORDS,
    {
      type: "object",
      additionalProperties: false,
      properties: Object.fromEntries(
        CHECK_NAMES.map((name) => {
          const parts = Object.keys(describeCheck(name).parts).map(
            (part) => [part, BOUND] as const,
          );
          const extra =
            name === "fairness"
              ? { columns: { type: ["string", "array"], items: { type: "string" } } }
              : name === "overfit"
                ? { metric: { type: "string" } }
                : {};
          return [
            name,
            {
              anyOf: [
                ...(name === "fairness"
                  ? [WORDS, { type: "array", items: { type: "string" } }, { type: "string" }]
                  : BOUND.anyOf),
                {
                  type: "object",
                  additionalProperties: false,
                  properties: { ...extra, ...Object.fromEntries(parts) },
                },
              ],
            },
          ];
        }),
      ),
    },
  ],
};

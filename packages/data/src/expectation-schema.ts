import * as z from "zod/mini";
import { InputError, describePath, suggestNearest } from "#core";

const severity = z.optional(z.enum(["warn", "error"]));
/** Share of the present cells (for not-null: of all) that must hold, in (0, 1]. */
const mostly = z.optional(z.number().check(z.gt(0), z.lte(1)));
const bound = z.optional(z.number());
const bounds = { min: bound, max: bound };
const column = z.string();
const onColumn = { column, mostly, severity };
const statistic = { column, ...bounds, severity };

const checks = [
  /** The columns that there are: `exact` forbids others, `ordered` fixes their order. */
  z.strictObject({
    check: z.literal("columns"),
    columns: z.array(z.string()),
    exact: z.optional(z.boolean()),
    ordered: z.optional(z.boolean()),
    severity,
  }),
  z.strictObject({
    check: z.literal("type"),
    column,
    type: z.enum(["number", "integer", "text", "date"]),
    severity,
  }),
  z.strictObject({ check: z.literal("rows"), ...bounds, severity }),
  z.strictObject({ check: z.literal("not-null"), ...onColumn }),
  /** No NaN and no infinity. */
  z.strictObject({ check: z.literal("finite"), ...onColumn }),
  /** No value twice; several columns are unique together. */
  z.strictObject({
    check: z.literal("unique"),
    columns: z.array(z.string()).check(z.minLength(1)),
    mostly,
    severity,
  }),
  z.strictObject({
    check: z.literal("in-set"),
    ...onColumn,
    values: z.array(z.union([z.string(), z.number(), z.boolean()])),
  }),
  z.strictObject({
    check: z.literal("range"),
    ...onColumn,
    min: z.optional(z.union([z.number(), z.string()])),
    max: z.optional(z.union([z.number(), z.string()])),
  }),
  /** JavaScript's regular expressions, with the u flag; anywhere in the text unless anchored. */
  z.strictObject({ check: z.literal("regex"), ...onColumn, pattern: z.string() }),
  /** Characters of a text. */
  z.strictObject({ check: z.literal("length"), ...onColumn, ...bounds }),
  z.strictObject({ check: z.literal("mean"), ...statistic }),
  z.strictObject({ check: z.literal("median"), ...statistic }),
  /** Sample standard deviation (n - 1). */
  z.strictObject({ check: z.literal("deviation"), ...statistic }),
  z.strictObject({ check: z.literal("sum"), ...statistic }),
  /** Linear interpolation between order statistics, as numpy's default. */
  z.strictObject({
    check: z.literal("quantile"),
    ...statistic,
    q: z.number().check(z.gte(0), z.lte(1)),
  }),
  /** Distinct values over present cells. */
  z.strictObject({ check: z.literal("distinct-share"), ...statistic }),
  z.strictObject({ check: z.literal("distinct"), ...statistic }),
  /** `column` is above `other` in each row where both are present. */
  z.strictObject({
    check: z.literal("above"),
    ...onColumn,
    other: z.string(),
    or_equal: z.optional(z.boolean()),
  }),
  /** The newest instant is at most so old, e.g. `36h`, `7d`. */
  z.strictObject({
    check: z.literal("freshness"),
    column,
    within: z.string().check(z.regex(/^\d+(?:\.\d+)?[mhdw]$/)),
    severity,
  }),
  /** Rows against the last version's: at most this relative change either way. */
  z.strictObject({
    check: z.literal("row-count-change"),
    max: z.number().check(z.gte(0)),
    severity,
  }),
] as const;

/** One thing that data must hold to. */
export const expectationSchema = z.discriminatedUnion("check", checks);
export type Expectation = z.infer<typeof expectationSchema>;
/** A list of checks, as the input `expectations` or a file holds it. */
export const expectationsSchema = z.array(expectationSchema);

const checkNames = checks.map((check) => check.shape.check.def.values[0] as string);

/**
 * Reads a YAML list of checks.
 *
 * @throws InputError `BAD_EXPECTATIONS` that lists every fault with its line
 */
export async function parseExpectations(
  text: string,
  file = "expectations",
): Promise<readonly Expectation[]> {
  const { LineCounter, parseDocument } = await import("./yaml.ts");
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter });
  const lineAt = (path: readonly PropertyKey[]): string => {
    const node = document.getIn(path as unknown[], true) as { range?: [number, number, number] };
    const offset = node?.range?.[0];
    return offset === undefined ? "" : `line ${lineCounter.linePos(offset).line}, `;
  };
  if (document.errors.length > 0) {
    throw badExpectations(
      file,
      document.errors.map((error) => error.message.split("\n")[0] ?? ""),
    );
  }
  const value = (document.toJS() as unknown) ?? [];
  const result = expectationsSchema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => {
    const fault = describeIssue(issue, value);
    return `${lineAt(issue.path)}${describePath(issue.path)}: ${fault}`;
  });
  throw badExpectations(file, faults);
}

type Issue = z.core.$ZodIssue;

function describeIssue(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case "unrecognized_keys": {
      const [first = ""] = issue.keys;
      return `has no key ${issue.keys.join(", ")}. ${suggestNearest(first, keysOfCheck(value, issue.path))}`;
    }
    case "invalid_union":
      return describeUnknownCheck(value, issue.path);
    case "invalid_type":
      return `${issue.expected === "array" ? "a list" : `a ${issue.expected}`} is expected`;
    case "invalid_value":
      return `one of ${issue.values.map(String).join(", ")} is expected`;
    case "too_big":
      return `at most ${issue.maximum} is expected`;
    case "too_small":
      return `${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum} is expected`;
    case "invalid_format":
    case "not_multiple_of":
    case "invalid_key":
    case "invalid_element":
    case "custom":
      return issue.message;
  }
}

function keysOfCheck(value: unknown, path: readonly PropertyKey[]): readonly string[] {
  const entry = Array.isArray(value) ? (value[Number(path[0])] as { check?: unknown }) : undefined;
  const schema = checks.find((check) => check.shape.check.def.values[0] === entry?.check);
  return schema === undefined ? [] : Object.keys(schema.shape);
}

function describeUnknownCheck(value: unknown, path: readonly PropertyKey[]): string {
  const index = typeof path[0] === "number" ? path[0] : -1;
  const entry = Array.isArray(value) ? (value[index] as { check?: unknown } | null) : null;
  const written = typeof entry?.check === "string" ? entry.check : "";
  if (written === "") return `needs check: one of ${checkNames.join(", ")}`;
  return `there is no check ${JSON.stringify(written)}. ${suggestNearest(written, checkNames)}`;
}

function badExpectations(file: string, faults: readonly string[]): InputError {
  return new InputError({
    code: "BAD_EXPECTATIONS",
    message: `${file} is no list of data checks.\n${faults.map((fault) => `- ${fault}`).join("\n")}`,
    hint: "Each entry is like { check: not-null, column: age, mostly: 0.95, severity: warn }.",
  });
}

/** The checks as YAML, one a line, to be committed and edited. */
export async function formatExpectations(expectations: readonly Expectation[]): Promise<string> {
  const { stringify } = await import("./yaml.ts");
  return expectations
    .map(
      (expectation) =>
        `- ${stringify(expectation, { collectionStyle: "flow", lineWidth: 0 }).trim()}\n`,
    )
    .join("");
}

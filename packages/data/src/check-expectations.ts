import { cellAt, findColumn, parseIsoDate, suggestNearest, type Column, type Table } from "#core";
import { computeStatistic, describeStatistic } from "./column-statistic.ts";
import { numbersOf } from "./column-values.ts";
import {
  checkRows,
  checkTexts,
  isAbsent,
  judgeRows,
  percent,
  type ExpectationResult,
  type Finding,
} from "./check-rows.ts";
import { formatInstant } from "./date-text.ts";
import type { Expectation } from "./expectation-schema.ts";

/** What checks need to know besides the table. */
export interface ExpectationContext {
  /** For freshness. */
  readonly now: Date;
  /** Rows of the last version's data; `null` when there is none. */
  readonly previousRows: number | null;
}

/** Checks a table against all expectations; a column that is not there fails its check. */
export function checkExpectations(
  table: Table,
  expectations: readonly Expectation[],
  context: ExpectationContext,
): readonly ExpectationResult[] {
  return expectations.map((expectation) => ({
    expectation,
    severity: expectation.severity ?? "error",
    ...checkOne(table, expectation, context),
  }));
}

function checkOne(table: Table, check: Expectation, context: ExpectationContext): Finding {
  switch (check.check) {
    case "columns":
      return checkColumns(table, check);
    case "rows":
      return checkBounds("the number of rows", table.rows, check);
    case "row-count-change":
      return checkRowCountChange(table, check, context);
    case "unique":
      return checkUnique(table, check);
    case "type":
    case "not-null":
    case "finite":
    case "in-set":
    case "range":
    case "regex":
    case "length":
    case "mean":
    case "median":
    case "deviation":
    case "sum":
    case "quantile":
    case "distinct-share":
    case "distinct":
    case "above":
    case "freshness": {
      const column = findColumn(table, check.column);
      return column === undefined
        ? absentColumn(table, check.column)
        : checkColumn(table, column, check, context);
    }
  }
}

type ColumnExpectation = Exclude<
  Expectation,
  { check: "columns" | "rows" | "row-count-change" | "unique" }
>;

function checkColumn(
  table: Table,
  column: Column,
  check: ColumnExpectation,
  context: ExpectationContext,
): Finding {
  switch (check.check) {
    case "type":
      return checkType(column, check.type);
    case "not-null":
      return checkRows(
        column,
        { expected: "be present", mostly: check.mostly, absentFails: true },
        () => true,
      );
    case "finite":
      return checkFinite(column, check.mostly);
    case "in-set": {
      const allowed = new Set(check.values.map(String));
      const expected = `be one of ${[...allowed].slice(0, 10).join(", ")}${allowed.size > 10 ? ", …" : ""}`;
      return checkTexts(column, { expected, mostly: check.mostly }, (text) => allowed.has(text));
    }
    case "regex": {
      const pattern = new RegExp(check.pattern, "u");
      const expected = `match ${check.pattern}`;
      return checkTexts(column, { expected, mostly: check.mostly }, (text) => pattern.test(text));
    }
    case "length":
      return checkTexts(
        column,
        { expected: `have a length ${describeBounds(check)}`, mostly: check.mostly },
        (text) => isWithin(Array.from(text).length, check),
      );
    case "range":
      return checkRange(column, check);
    case "above":
      return checkAbove(table, column, check);
    case "freshness":
      return checkFreshness(column, check.within, context.now);
    case "mean":
    case "median":
    case "deviation":
    case "sum":
    case "quantile":
    case "distinct-share":
    case "distinct":
      return checkBounds(
        `the ${describeStatistic(check)} of ${column.name}`,
        computeStatistic(column, check),
        check,
      );
  }
}

function checkFinite(column: Column, mostly: number | undefined): Finding {
  const { values, missing } = numbersOf(column);
  return checkRows(
    column,
    { expected: "be a finite number", mostly },
    (row) => missing?.[row] !== 1 && Number.isFinite(values[row]),
  );
}

function checkRange(column: Column, check: Extract<Expectation, { check: "range" }>): Finding {
  const asNumber = (bound: string | number | undefined): number | undefined =>
    typeof bound === "string" ? (parseIsoDate(bound)?.ms ?? Number(bound)) : bound;
  const limits = { min: asNumber(check.min), max: asNumber(check.max) };
  const { values } = column.kind === "date" ? column : numbersOf(column);
  const shown = { min: check.min, max: check.max };
  return checkRows(
    column,
    { expected: `be ${describeBounds(shown)}`, mostly: check.mostly },
    (row) => isWithin(values[row] as number, limits),
  );
}

interface Bounds {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

function isWithin(value: number, { min, max }: Bounds): boolean {
  return value >= (min ?? Number.NEGATIVE_INFINITY) && value <= (max ?? Number.POSITIVE_INFINITY);
}

function describeBounds(bounds: {
  readonly min?: number | string | undefined;
  readonly max?: number | string | undefined;
}): string {
  const { min, max } = bounds;
  if (min !== undefined && max !== undefined) return `between ${min} and ${max}`;
  if (min !== undefined) return `at least ${min}`;
  return max === undefined ? "anything" : `at most ${max}`;
}

function checkBounds(what: string, value: number | null, bounds: Bounds): Finding {
  const found = value === null ? "there is none" : `it is ${Number(value.toPrecision(12))}`;
  return {
    passed: value !== null && isWithin(value, bounds),
    count: 0,
    share: null,
    examples: [],
    message: `${what} should be ${describeBounds(bounds)}; ${found}.`,
  };
}

function wholeTable(passed: boolean, message: string): Finding {
  return { passed, count: 0, share: null, examples: [], message };
}

function checkColumns(table: Table, check: Extract<Expectation, { check: "columns" }>): Finding {
  const names = table.columns.map((column) => column.name);
  const absent = check.columns.filter((name) => !names.includes(name));
  const extra = check.exact === true ? names.filter((name) => !check.columns.includes(name)) : [];
  const expectedOrder = check.columns.filter((name) => names.includes(name));
  const order = names.filter((name) => check.columns.includes(name));
  const misplaced =
    check.ordered === true ? order.find((name, i) => name !== expectedOrder[i]) : undefined;
  const faults = [
    ...(absent.length > 0
      ? [`${absent.join(", ")} ${absent.length === 1 ? "is" : "are"} not there`]
      : []),
    ...(extra.length > 0
      ? [`${extra.join(", ")} ${extra.length === 1 ? "is" : "are"} not expected`]
      : []),
    ...(misplaced === undefined ? [] : [`${misplaced} is out of order`]),
  ];
  return wholeTable(
    faults.length === 0,
    faults.length === 0
      ? `all ${check.columns.length} columns are there.`
      : `${faults.join("; ")}.`,
  );
}

function checkType(column: Column, type: "number" | "integer" | "text" | "date"): Finding {
  const found = column.kind === "number" && column.integer ? "integer" : column.kind;
  const passed = found === type || (type === "number" && found === "integer");
  return wholeTable(passed, `${column.name} should be ${type}; it is ${found}.`);
}

function checkUnique(table: Table, check: Extract<Expectation, { check: "unique" }>): Finding {
  const columns: Column[] = [];
  for (const name of check.columns) {
    const column = findColumn(table, name);
    if (column === undefined) return absentColumn(table, name);
    columns.push(column);
  }
  const name = check.columns.join(" with ");
  const seen = new Set<string | number>();
  const examples: { row: number; value: string | number | null }[] = [];
  let count = 0;
  let looked = 0;
  for (let row = 0; row < table.rows; row++) {
    const cells = columns.map((column) => cellAt(column, row));
    if (cells.every((cell) => cell === null)) continue;
    looked++;
    const [only = null] = cells;
    const key = cells.length === 1 && only !== null ? only : JSON.stringify(cells);
    if (!seen.has(key)) seen.add(key);
    else {
      count++;
      if (examples.length < 5) examples.push({ row: row + 1, value: key });
    }
  }
  return judgeRows(
    name,
    { expected: "be unique", mostly: check.mostly },
    { looked, count, examples },
  );
}

function checkAbove(
  table: Table,
  column: Column,
  check: Extract<Expectation, { check: "above" }>,
): Finding {
  const other = findColumn(table, check.other);
  if (other === undefined) return absentColumn(table, check.other);
  const left = column.kind === "date" ? column.values : numbersOf(column).values;
  const right = other.kind === "date" ? other.values : numbersOf(other).values;
  const orEqual = check.or_equal === true;
  const rule = {
    expected: `be above ${other.name}${orEqual ? " or equal" : ""}`,
    mostly: check.mostly,
  };
  return checkRows(column, rule, (row) => {
    if (isAbsent(other, row)) return true;
    const [a, b] = [left[row] as number, right[row] as number];
    return orEqual ? a >= b : a > b;
  });
}

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

function checkFreshness(column: Column, within: string, now: Date): Finding {
  if (column.kind !== "date") {
    return wholeTable(false, `${column.name} should hold dates to be fresh; it is ${column.kind}.`);
  }
  const newest = column.values.reduce(
    (latest, value) => (value > latest ? value : latest),
    Number.NEGATIVE_INFINITY,
  );
  if (newest === Number.NEGATIVE_INFINITY)
    return wholeTable(false, `${column.name} holds no date.`);
  const limit = Number.parseFloat(within) * unitMs[within.slice(-1) as keyof typeof unitMs];
  const age = now.getTime() - newest;
  return wholeTable(
    age <= limit,
    `the newest ${column.name} should be at most ${within} old; it is ${formatInstant(newest)}, ${Number((age / unitMs.d).toPrecision(3))} days old.`,
  );
}

function checkRowCountChange(
  table: Table,
  check: Extract<Expectation, { check: "row-count-change" }>,
  { previousRows }: ExpectationContext,
): Finding {
  if (previousRows === null || previousRows === 0) {
    return wholeTable(true, "there is no earlier version to compare the number of rows with.");
  }
  const change = table.rows / previousRows - 1;
  return wholeTable(
    Math.abs(change) <= check.max,
    `the number of rows should change by at most ${percent(check.max)}; it went from ${previousRows} to ${table.rows} (${change >= 0 ? "+" : ""}${percent(change)}).`,
  );
}

function absentColumn(table: Table, name: string): Finding {
  const names = table.columns.map((column) => column.name);
  return wholeTable(false, `there is no column ${name}. ${suggestNearest(name, names)}`);
}

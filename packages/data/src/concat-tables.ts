import type { Column, DateColumn, NumberColumn, Table, TextColumn } from "#core";

/**
 * Tables with columns of the same kinds one below the other. A column that is absent from a part
 * is missing there; one with no value in a part takes its kind from the others.
 *
 * @param names the columns of the result, in order
 * @throws TypeError when parts hold one column in two kinds
 */
export function concatTables(tables: readonly Table[], names: readonly string[]): Table {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  return { rows, columns: names.map((name) => concatColumn(tables, name, rows)) };
}

/** The kind that a column has over all parts; `undefined` when parts disagree. */
export function commonKind(tables: readonly Table[], name: string): Column["kind"] | undefined {
  let common: Column["kind"] | undefined;
  for (const table of tables) {
    const column = table.columns.find((candidate) => candidate.name === name);
    if (column === undefined || isAllMissing(column)) continue;
    if (common !== undefined && column.kind !== common) return undefined;
    common = column.kind;
  }
  return common ?? "number";
}

/** Whether no cell of the column holds a value. */
export function isAllMissing(column: Column): boolean {
  switch (column.kind) {
    case "number":
      return column.values.length === 0 || (column.missing?.every((flag) => flag === 1) ?? false);
    case "date":
      return column.values.every(Number.isNaN);
    case "text":
      return column.codes.every((code) => code < 0);
  }
}

interface Part {
  readonly column: Column | undefined;
  readonly offset: number;
  readonly rows: number;
}

function concatColumn(tables: readonly Table[], name: string, rows: number): Column {
  const kind = commonKind(tables, name);
  if (kind === undefined) throw new TypeError(`Column ${name} is of two kinds.`);
  let offset = 0;
  const parts = tables.map((table) => {
    const column = table.columns.find((candidate) => candidate.name === name);
    const part: Part = { column, offset, rows: table.rows };
    offset += table.rows;
    return part;
  });
  const [only] = parts;
  if (parts.length === 1 && only?.column?.kind === kind) return only.column;
  switch (kind) {
    case "number":
      return concatNumbers(name, parts, rows);
    case "date":
      return concatDates(name, parts, rows);
    case "text":
      return concatTexts(name, parts, rows);
  }
}

function concatNumbers(name: string, parts: readonly Part[], rows: number): NumberColumn {
  const values = new Float64Array(rows).fill(Number.NaN);
  let missing: Uint8Array | null = null;
  let integer = true;
  let present = 0;
  for (const { column, offset, rows: partRows } of parts) {
    if (column?.kind === "number") {
      values.set(column.values, offset);
      if (column.missing !== null) (missing ??= new Uint8Array(rows)).set(column.missing, offset);
      if (isAllMissing(column)) continue;
      integer &&= column.integer;
      present++;
    } else (missing ??= new Uint8Array(rows)).fill(1, offset, offset + partRows);
  }
  return { kind: "number", name, values, missing, integer: integer && present > 0 };
}

function concatDates(name: string, parts: readonly Part[], rows: number): DateColumn {
  const values = new Float64Array(rows).fill(Number.NaN);
  let dateOnly = true;
  for (const { column, offset } of parts) {
    if (column?.kind !== "date") continue;
    values.set(column.values, offset);
    dateOnly &&= column.dateOnly;
  }
  return { kind: "date", name, values, dateOnly };
}

function concatTexts(name: string, parts: readonly Part[], rows: number): TextColumn {
  const texts = parts.map(({ column }) => (column?.kind === "text" ? column : undefined));
  const codes = new Int32Array(rows).fill(-1);
  const shared = texts.find((column) => column !== undefined)?.levels ?? [];
  if (texts.every((column) => column === undefined || column.levels === shared)) {
    texts.forEach((column, index) => column && codes.set(column.codes, parts[index]?.offset ?? 0));
    return { kind: "text", name, codes, levels: shared };
  }
  const levels = new Map<string, number>();
  texts.forEach((column, index) => {
    if (column === undefined) return;
    const offset = parts[index]?.offset ?? 0;
    const recoded = new Int32Array(column.levels.length).fill(-1);
    for (let row = 0; row < column.codes.length; row++) {
      const code = column.codes[row] ?? -1;
      if (code < 0) continue;
      let joined = recoded[code] ?? -1;
      if (joined < 0) {
        const level = column.levels[code] ?? "";
        joined = levels.get(level) ?? levels.size;
        levels.set(level, joined);
        recoded[code] = joined;
      }
      codes[offset + row] = joined;
    }
  });
  return { kind: "text", name, codes, levels: [...levels.keys()] };
}

import { cellAt, type Column } from "#core";

/** The columns that name a row: `id`, else those of the model; `null` where they are not all there. */
export function idColumns(
  columns: readonly Column[],
  ids: readonly string[],
): readonly Column[] | null {
  const own = columns.find(({ name }) => name === "id");
  if (own !== undefined && !ids.includes("id")) return [own];
  const found = ids.flatMap((name) => columns.find((column) => column.name === name) ?? []);
  return found.length > 0 && found.length === ids.length ? found : null;
}

/** The text that names a row; several columns are joined by `/`. */
export function joinId(columns: readonly Column[], row: number): string | null {
  const cells = columns.map((column) => cellAt(column, row));
  return cells.includes(null) ? null : cells.map(String).join("/");
}

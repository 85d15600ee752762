import { cellAt, InputError, type Column, type Table } from "#core";
import { idColumns, joinId } from "#data";

/** The text that names each row; `null` where it has none. */
export function idsOf(
  table: Table,
  ids: readonly string[],
  input: string,
): readonly (string | null)[] {
  const columns = idColumns(table.columns, ids);
  if (columns === null) {
    throw new InputError({
      code: "NO_ID_COLUMN",
      message: `${input} has no column id${ids.length > 0 ? ` and not all of ${ids.join(", ")}` : ""}: it has ${table.columns.map(({ name }) => name).join(", ")}.`,
      hint: "Name the columns that together are the predictions' id: id:.",
    });
  }
  return Array.from({ length: table.rows }, (_, row) => joinId(columns, row));
}

/** The label that counts for each id, and what became of the others. */
interface LastLabels {
  /** Row of the last label of each id. */
  readonly rows: ReadonlyMap<string, number>;
  /** Labels of different ids, and those without one. */
  readonly count: number;
  /** Given again with the value that the id had. */
  readonly same: number;
  /** Given again with another value. */
  readonly other: number;
}

/** A label that is given again corrects the one before. */
export function findLastLabels(ids: readonly (string | null)[], label: Column): LastLabels {
  const rows = new Map<string, number>();
  let [unnamed, same, other] = [0, 0, 0];
  for (const [row, id] of ids.entries()) {
    if (id === null) {
      unnamed++;
      continue;
    }
    const before = rows.get(id);
    if (before !== undefined) {
      if (cellAt(label, before) === cellAt(label, row)) same++;
      else other++;
    }
    rows.set(id, row);
  }
  return { rows, count: rows.size + unnamed, same, other };
}

interface JoinedLabels {
  readonly left: Uint32Array;
  readonly right: Uint32Array;
  /** Labels whose id no prediction has. */
  readonly strangers: number;
  /** Predictions of an id that had come before. */
  readonly repeated: number;
}

/** Predictions with the label of their id, in the predictions' order; the first of each id counts. */
export function joinLabels(
  ids: readonly (string | null)[],
  { rows, count }: LastLabels,
): JoinedLabels {
  const seen = new Set<string>();
  const pairs: (readonly [number, number])[] = [];
  let repeated = 0;
  for (const [row, id] of ids.entries()) {
    if (id === null) continue;
    if (seen.has(id)) {
      repeated++;
      continue;
    }
    seen.add(id);
    const at = rows.get(id);
    if (at !== undefined) pairs.push([row, at]);
  }
  return {
    left: Uint32Array.from(pairs, ([row]) => row),
    right: Uint32Array.from(pairs, ([, row]) => row),
    strangers: count - pairs.length,
    repeated,
  };
}

/** What became of labels and predictions whose id had come before, for people. */
export function notesOfRepeats({ same, other }: LastLabels, repeated: number): readonly string[] {
  const given = (count: number): string =>
    count === 1 ? "1 label was given again" : `${count} labels were given again`;
  const left = repeated === 1 ? "1 prediction" : `${repeated} predictions`;
  return [
    ...(other > 0 ? [`${given(other)} with another value: the last counts`] : []),
    ...(same > 0 ? [`${given(same)} with the same value`] : []),
    ...(repeated > 0
      ? [`${left} of an id that had come before ${repeated === 1 ? "was" : "were"} left out`]
      : []),
  ];
}

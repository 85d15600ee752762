import { DataError, InputError, suggestNearest } from "#core";
import { createDictionary, type ByteDictionary } from "./byte-dictionary.ts";
import { createState, type ColumnState } from "./column-state.ts";
import type { ColumnKind, ReadOptions } from "./read-options.ts";

/** What is read, and what is known of its columns: one plan over all files of a table. */
export interface ReadPlan {
  readonly options: ReadOptions;
  /** Whether the levels of a text column go on from batch to batch; else each batch has its own. */
  readonly keepLevels: boolean;
  readonly states: ReadonlyMap<string, ColumnState>;
  /** The wanted ones of a file's columns, in the order wanted. */
  choose(names: readonly string[], file: string): readonly string[];
  /** The state of a column, held over all files. */
  state(name: string): ColumnState;
  /** The dictionary for a text column: held over all files where levels are kept, else a new one. */
  dictionary(name: string): ByteDictionary;
}

/** A plan of which nothing has been read yet. */
export function createPlan(options: ReadOptions, keepLevels: boolean): ReadPlan {
  const states = new Map<string, ColumnState>();
  const dictionaries = new Map<string, ByteDictionary>();
  const required = Object.keys(options.types ?? {});
  const types: ReadonlyMap<string, ColumnKind> = new Map(
    Object.entries({ ...options.typesWherePresent, ...options.types }),
  );
  let schema: { readonly file: string; readonly names: readonly string[] } | undefined;
  return {
    options,
    keepLevels,
    states,
    choose(names, file) {
      const wanted = options.columns ?? names;
      const unknown = wanted.filter((name) => !names.includes(name));
      if (unknown.length > 0) throw unknownColumns(unknown, names, file);
      if (schema === undefined) {
        const untyped = required.filter((name) => !names.includes(name));
        if (untyped.length > 0) throw unknownColumns(untyped, names, file);
        schema = { file, names: wanted };
      }
      const first = schema;
      if (options.columns === undefined) checkSchema(first, { file, names });
      return first.names;
    },
    state(name) {
      let state = states.get(name);
      if (state === undefined) {
        state = createState(name, types.get(name));
        states.set(name, state);
      }
      return state;
    },
    dictionary(name) {
      const dictionary = dictionaries.get(name) ?? createDictionary();
      if (keepLevels) dictionaries.set(name, dictionary);
      return dictionary;
    },
  };
}

function unknownColumns(
  unknown: readonly string[],
  names: readonly string[],
  file: string,
): InputError {
  const [first = ""] = unknown;
  return new InputError({
    code: "UNKNOWN_COLUMN",
    message: `${file} has no column ${unknown.map((name) => JSON.stringify(name)).join(", ")}.`,
    hint: suggestNearest(first, names),
  });
}

/** @throws DataError `SCHEMA_MISMATCH` when two files do not hold the same columns; their order may differ */
function checkSchema(
  first: { readonly file: string; readonly names: readonly string[] },
  other: { readonly file: string; readonly names: readonly string[] },
): void {
  const absent = first.names.filter((name) => !other.names.includes(name));
  const extra = other.names.filter((name) => !first.names.includes(name));
  if (absent.length === 0 && extra.length === 0) return;
  const parts = [
    ...(absent.length > 0
      ? [`lacks ${absent.map((name) => JSON.stringify(name)).join(", ")}`]
      : []),
    ...(extra.length > 0
      ? [`also has ${extra.map((name) => JSON.stringify(name)).join(", ")}`]
      : []),
  ];
  throw new DataError({
    code: "SCHEMA_MISMATCH",
    message: `${other.file} cannot be joined with ${first.file}: it ${parts.join(" and ")}.`,
    hint: "Files that are read together have the same columns; narrow the glob or name the columns.",
    place: {
      file: other.file,
      ...((absent[0] ?? extra[0]) ? { column: absent[0] ?? extra[0] ?? "" } : {}),
    },
  });
}

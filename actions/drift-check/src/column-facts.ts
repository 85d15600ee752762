import { InputError, suggestNearest, type Profile } from "#core";
import type { Inputs } from "./inputs.ts";
import type { Reference } from "./reference.ts";

/** What the rows mean beside being features. */
export interface ColumnFacts {
  readonly ids: readonly string[];
  readonly time: string | null;
  readonly target: string | null;
}

/** The inputs' facts, else the training run's. */
export function columnFacts(inputs: Inputs, { run }: Reference): ColumnFacts {
  return {
    ids: inputs.id ?? run?.id_columns ?? [],
    time: inputs.time ?? run?.time_column ?? null,
    target: inputs.target ?? run?.target ?? null,
  };
}

/**
 * The columns of the reference that are judged: all but ids, the time and the ignored ones.
 *
 * @throws InputError `UNKNOWN_COLUMN`
 */
export function chooseColumns(inputs: Inputs, reference: Profile, facts: ColumnFacts): Profile {
  const names = reference.columns.map(({ name }) => name);
  for (const name of inputs.columns ?? []) {
    if (names.includes(name)) continue;
    throw new InputError({
      code: "UNKNOWN_COLUMN",
      message: `columns: the reference has no column ${JSON.stringify(name)}.`,
      hint: suggestNearest(name, names),
    });
  }
  const passedOver = new Set([
    ...(inputs.ignore ?? []),
    ...(inputs.columns === null
      ? [...facts.ids, ...(facts.time === null ? [] : [facts.time])]
      : []),
  ]);
  return {
    ...reference,
    columns: reference.columns.filter(
      ({ name }) =>
        !passedOver.has(name) && (inputs.columns === null || inputs.columns.includes(name)),
    ),
  };
}

import {
  takeRows,
  type CategoryProfile,
  type ColumnProfile,
  type DateProfile,
  type GoldenCase,
  type NumberProfile,
  type Profile,
  type Table,
  type TextProfile,
} from "#core";
import type { NamedRow, Predictions } from "#models";
import { createRandom, shuffled } from "#stats";
import type { GoldenCaseChoice } from "./inputs.ts";
import { namedRows } from "./latency.ts";
import { columnsOf, type OpenModel } from "./score-model.ts";

type Random = ReturnType<typeof createRandom>;

/** Every so many cases one asks for several rows at once. */
const BATCH_EVERY = 5;
const BATCH_ROWS = 3;

/** What golden cases are made from. */
export interface GoldenRequest {
  readonly open: OpenModel;
  readonly table: Table;
  /** The reference profile; made of the rows where the run has none. */
  readonly profile: Profile;
  readonly choice: GoldenCaseChoice;
  readonly seed: number;
}

/**
 * Makes request cases with the answers that the server will give: rows from the profile's
 * quantiles and frequent categories (or real ones), scored the way that the server scores.
 */
export async function makeGoldenCases(request: GoldenRequest): Promise<readonly GoldenCase[]> {
  const { open, table, choice, seed } = request;
  const sizes = Array.from({ length: choice.count }, (_, at) =>
    (at + 1) % BATCH_EVERY === 0 ? BATCH_ROWS : 1,
  );
  const needed = sizes.reduce((sum, size) => sum + size, 0);
  if (needed === 0) return [];
  const random = createRandom(seed);
  const rows =
    choice.from === "rows"
      ? await realRows(open, table, { count: needed, random })
      : await inventedRows(request, needed, random);
  const { createRowScorer } = await import("#models");
  const { signature } = open.options;
  const score = createRowScorer(open.model, {
    ...open.options,
    ...(signature === undefined && { features: await columnsOf(open, table) }),
  });
  const cases: GoldenCase[] = [];
  let at = 0;
  for (const size of sizes) {
    const instances = rows.slice(at, at + size);
    at += size;
    if (instances.length === 0) break;
    const predictions = await score(instances);
    cases.push({
      request: { instances: instances.map((row) => ({ ...row })) },
      response: { predictions: [...predictBodies(predictions)] },
      rows: instances.length,
    });
  }
  return cases;
}

/** Predictions as `/predict` answers them. */
export function predictBodies(predictions: Predictions): readonly {
  readonly prediction: string | number | null;
  readonly scores: Readonly<Record<string, number>> | null;
}[] {
  return Array.from({ length: predictions.rows }, (_, row) => {
    if (predictions.kind === "regression") {
      return { prediction: predictions.values[row] ?? null, scores: null };
    }
    const { classes, labels, scores } = predictions;
    return {
      prediction: classes[labels[row] ?? -1] ?? null,
      scores:
        scores.length === 0
          ? null
          : Object.fromEntries(classes.map((name, at) => [name, scores[at]?.[row] ?? Number.NaN])),
    };
  });
}

async function realRows(
  open: OpenModel,
  table: Table,
  { count, random }: { readonly count: number; readonly random: Random },
): Promise<readonly NamedRow[]> {
  const order = shuffled(
    Array.from({ length: table.rows }, (_, row) => row),
    random,
  );
  const chosen = Array.from({ length: count }, (_, at) => order[at % order.length] ?? 0);
  return namedRows(open, takeRows(table, chosen), count);
}

async function inventedRows(
  { open, table, profile }: GoldenRequest,
  count: number,
  random: Random,
): Promise<readonly NamedRow[]> {
  const names = await columnsOf(open, table);
  const kinds = new Map(open.facts.signature?.columns.map(({ name, kind }) => [name, kind]));
  const columns = new Map(profile.columns.map((column) => [column.name, column]));
  return Array.from({ length: count }, () =>
    Object.fromEntries(
      names.map((name) => {
        const column = columns.get(name);
        const value = column === undefined ? null : inventValue(column, random);
        return [name, kinds.get(name) === "boolean" ? toBoolean(value) : value];
      }),
    ),
  );
}

function toBoolean(value: string | number | null): boolean | null {
  return value === null ? null : value === "true" || value === 1;
}

function inventValue(column: ColumnProfile, random: Random): string | number | null {
  switch (column.kind) {
    case "number":
      return inventNumber(column, random);
    case "category":
      return inventCategory(column, random);
    case "date":
      return inventDate(column, random);
    case "text":
      return inventText(column, random);
  }
}

/** A bin by its count, then a value within its edges. */
function inventNumber({ bins, min, max, integer }: NumberProfile, random: Random): number | null {
  if (min === null || max === null) return null;
  const bin = pick(bins.counts, random);
  const low = Math.max(min, bins.edges[bin - 1] ?? min);
  const high = Math.min(max, bins.edges[bin] ?? max);
  const value = low + (high - low) * random.uniform();
  return integer ? Math.round(value) : Number(value.toPrecision(4));
}

function inventCategory({ categories }: CategoryProfile, random: Random): string | null {
  const place = pick(
    categories.map(({ count }) => count),
    random,
  );
  return categories[place]?.value ?? null;
}

const DAY_MS = 86_400_000;

function inventDate({ min, max, date_only }: DateProfile, random: Random): string | null {
  if (min === null || max === null) return null;
  const [from, to] = [Date.parse(min), Date.parse(max)];
  const at = from + random.uniform() * (to - from);
  if (!date_only) return new Date(Math.round(at / 1000) * 1000).toISOString();
  return new Date(Math.floor(at / DAY_MS) * DAY_MS).toISOString().slice(0, 10);
}

function inventText({ token_rows }: TextProfile, random: Random): string {
  const words = token_rows.slice(0, 20).map(({ token }) => token);
  return Array.from(
    { length: Math.min(5, words.length) },
    () => words[random.integer(words.length)],
  ).join(" ");
}

/** A place by its weight; 0 where all weigh nothing. */
function pick(weights: readonly number[], random: Random): number {
  let rest = random.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [place, weight] of weights.entries()) {
    rest -= weight;
    if (rest < 0) return place;
  }
  return Math.max(
    0,
    weights.findLastIndex((weight) => weight > 0),
  );
}

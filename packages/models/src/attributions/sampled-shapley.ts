import { createRandom, type Random } from "#stats";

/** A function of cells that are taken from some rows of a table: what Shapley values are computed of. */
export interface CellFunction {
  readonly columns: number;
  /** Whether a column's cells of two rows are the same, so that exchanging them changes nothing. */
  readonly isSame: (column: number, left: number, right: number) => boolean;
  /** The outputs (`[output][at]`) of made-up rows: made-up row `at` has the cell of row `sources[column][at]`. */
  readonly evaluate: (sources: readonly Int32Array[]) => Promise<readonly Float64Array[]>;
}

/** How much is drawn. */
export interface Sampling {
  readonly rows: ArrayLike<number>;
  readonly background: ArrayLike<number>;
  /** Orders drawn for each row; made even, at least 4. */
  readonly samples: number;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

/** Shapley values as {@link sampleShapley} gives them: `values[output][column][at]`. */
export interface SampledShapley {
  readonly base: readonly number[];
  readonly values: readonly (readonly Float64Array[])[];
  readonly error: number;
}

/** Made-up rows times columns in one evaluation, so that memory stays bounded. */
const MOST_CELLS = 2_000_000;
const MOST_ROWS = 8192;

/**
 * Shapley values by drawing orders of the columns: along an order, cells of a background row are
 * exchanged one by one for those of the explained row, and a column's value is the mean change
 * that its exchange makes (Castro, Gómez & Tejada 2009). Each order is walked forth and back
 * (antithetic pairs: Mitchell, Cooper, Frank & Holmes 2022). Every background row in use stands
 * in as many pairs as any other, so base and values add up to the output up to rounding, and a
 * column that the function does not read gets 0.
 */
export async function sampleShapley(
  game: CellFunction,
  { rows, background, samples, seed, signal }: Sampling,
): Promise<SampledShapley> {
  const random = createRandom(seed);
  const wanted = Math.max(2, Math.ceil(samples / 2));
  const standing = drawRows(background, wanted, random);
  const pairs = Math.ceil(wanted / standing.length) * standing.length;
  const atBackground = await evaluateRows(game, standing, signal);
  const atRows = rows.length === 0 ? [] : await evaluateRows(game, rows, signal);
  const totals = createTotals(atBackground.length, game.columns, rows.length);
  const walks = planWalks(game, { rows, standing, pairs, random });
  for (const batch of batchWalks(walks, game.columns)) {
    signal?.throwIfAborted();
    const between = await evaluateWalks(game, batch);
    for (const walk of batch) addWalk(totals, walk, { between, atRows, atBackground });
  }
  return {
    base: atBackground.map((values) => meanOf(values)),
    values: totals.sums.map((columns) => columns.map((sums) => sums.map((sum) => sum / pairs))),
    error: largestError(totals, pairs),
  };
}

function drawRows(background: ArrayLike<number>, most: number, random: Random): Int32Array {
  const drawn = Int32Array.from(background);
  if (drawn.length <= most) return drawn;
  shuffle(drawn, random, most);
  return drawn.slice(0, most);
}

/** Fisher–Yates over the first `count` places. */
function shuffle(values: Int32Array, random: Random, count = values.length): void {
  for (let at = 0; at < Math.min(count, values.length - 1); at += 1) {
    const other = at + random.integer(values.length - at);
    const held = values[at]!;
    values[at] = values[other]!;
    values[other] = held;
  }
}

async function evaluateRows(
  game: CellFunction,
  rows: ArrayLike<number>,
  signal: AbortSignal | undefined,
): Promise<readonly Float64Array[]> {
  const step = Math.max(1, Math.min(MOST_ROWS, Math.floor(MOST_CELLS / game.columns)));
  let all: Float64Array[] | null = null;
  for (let start = 0; start < rows.length; start += step) {
    signal?.throwIfAborted();
    const part = Int32Array.from(
      { length: Math.min(step, rows.length - start) },
      (_, at) => rows[start + at] ?? 0,
    );
    const outputs = await game.evaluate(Array.from({ length: game.columns }, () => part));
    all ??= outputs.map(() => new Float64Array(rows.length));
    outputs.forEach((values, output) => all?.[output]?.set(values, start));
  }
  return all ?? [];
}

/** One order between a background row and an explained row, of the columns in which they differ. */
interface Walk {
  readonly at: number;
  readonly row: number;
  /** Place of the background row among those in use. */
  readonly standing: number;
  readonly from: number;
  readonly order: Int32Array;
  /** Made-up rows that both directions need between their ends. */
  readonly steps: number;
  first: number;
}

function* planWalks(
  game: CellFunction,
  plan: {
    readonly rows: ArrayLike<number>;
    readonly standing: Int32Array;
    readonly pairs: number;
    readonly random: Random;
  },
): Generator<Walk> {
  const { rows, standing, pairs, random } = plan;
  const columns = Int32Array.from({ length: game.columns }, (_, column) => column);
  for (let at = 0; at < rows.length; at += 1) {
    const row = rows[at] ?? 0;
    for (let pair = 0; pair < pairs; pair += 1) {
      const place = pair % standing.length;
      const from = standing[place] ?? 0;
      const order = columns.filter((column) => !game.isSame(column, from, row));
      shuffle(order, random);
      const steps = 2 * Math.max(0, order.length - 1);
      yield { at, row, standing: place, from, order, steps, first: 0 };
    }
  }
}

function* batchWalks(walks: Iterable<Walk>, columns: number): Generator<readonly Walk[]> {
  const most = Math.max(1, Math.min(MOST_ROWS, Math.floor(MOST_CELLS / columns)));
  let batch: Walk[] = [];
  let planned = 0;
  for (const walk of walks) {
    // Walks without made-up rows are counted too: a batch must end.
    const weight = Math.max(1, walk.steps);
    if (batch.length > 0 && planned + weight > most) {
      yield batch;
      batch = [];
      planned = 0;
    }
    batch.push(walk);
    planned += weight;
  }
  if (batch.length > 0) yield batch;
}

async function evaluateWalks(
  game: CellFunction,
  batch: readonly Walk[],
): Promise<readonly Float64Array[]> {
  const count = batch.reduce((sum, { steps }) => sum + steps, 0);
  if (count === 0) return [];
  const sources = Array.from({ length: game.columns }, () => new Int32Array(count));
  let next = 0;
  for (const walk of batch) {
    const { order, steps, from, row } = walk;
    walk.first = next;
    for (const source of sources) source.fill(from, next, next + steps);
    const half = steps / 2;
    for (let step = 0; step < order.length; step += 1) {
      const source = sources[order[step]!]!;
      // Forth, the column is exchanged at `step`; back, at the mirrored place.
      source.fill(row, next + step, next + half);
      source.fill(row, next + half + (order.length - 1 - step), next + steps);
    }
    next += steps;
  }
  return game.evaluate(sources);
}

/** Sums over pairs of each value and of its square. */
interface Totals {
  readonly sums: readonly (readonly Float64Array[])[];
  readonly squares: readonly (readonly Float64Array[])[];
}

function createTotals(outputs: number, columns: number, rows: number): Totals {
  const make = () =>
    Array.from({ length: outputs }, () =>
      Array.from({ length: columns }, () => new Float64Array(rows)),
    );
  return { sums: make(), squares: make() };
}

interface Evaluated {
  readonly between: readonly Float64Array[];
  readonly atRows: readonly Float64Array[];
  readonly atBackground: readonly Float64Array[];
}

function addWalk({ sums, squares }: Totals, walk: Walk, evaluated: Evaluated): void {
  const { order, steps, first, at, standing } = walk;
  const last = order.length - 1;
  const half = steps / 2;
  sums.forEach((ofOutput, output) => {
    const between = evaluated.between[output];
    const low = evaluated.atBackground[output]?.[standing] ?? 0;
    const high = evaluated.atRows[output]?.[at] ?? 0;
    const valueAt = (start: number, exchanged: number): number =>
      exchanged === 0 ? low : exchanged > last ? high : (between?.[start + exchanged - 1] ?? 0);
    for (let step = 0; step <= last; step += 1) {
      const column = order[step]!;
      const forth = valueAt(first, step + 1) - valueAt(first, step);
      const mirrored = last - step;
      const back = valueAt(first + half, mirrored + 1) - valueAt(first + half, mirrored);
      const change = (forth + back) / 2;
      ofOutput[column]![at] = ofOutput[column]![at]! + change;
      const ofSquares = squares[output]![column]!;
      ofSquares[at] = ofSquares[at]! + change * change;
    }
  });
}

/** The largest standard error of a mean over pairs. */
function largestError({ sums, squares }: Totals, pairs: number): number {
  let largest = 0;
  sums.forEach((columns, output) => {
    columns.forEach((ofColumn, column) => {
      const ofSquares = squares[output]?.[column] ?? new Float64Array(0);
      ofColumn.forEach((sum, at) => {
        const variance = Math.max(0, ((ofSquares[at] ?? 0) - (sum * sum) / pairs) / (pairs - 1));
        largest = Math.max(largest, Math.sqrt(variance / pairs));
      });
    });
  });
  return largest;
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

import type { Random } from "../random/generator.ts";
import { drawMultinomial } from "../random/multinomial.ts";
import type { UnitDrawing } from "./unit-draws.ts";

/** Cells times resamples up to which draws are kept: 8 MB. */
const mostKept = 1_000_000;

/** Draws of a table by a seed, resample after resample. */
interface Kept {
  readonly seed: number;
  readonly counts: Float64Array;
  readonly random: Random;
  readonly cells: Float64Array;
  /** Resamples that are drawn already. */
  drawn: number;
}

let latest: Kept | null = null;

/**
 * The cells of a table of counts in one resample after another: as many rows as it holds, drawn by
 * its shares; do not change what it gives. Every metric of one table draws the same from the same
 * seed: those of the latest table are kept, so that twenty metrics draw once.
 */
export function tableDraws(drawing: UnitDrawing, counts: Float64Array): () => Float64Array {
  const { random, seed, resamples } = drawing;
  const rows = counts.reduce((sum, count) => sum + count, 0);
  const width = counts.length;
  if (seed === undefined || width * resamples > mostKept) {
    const into = new Float64Array(width);
    return () => drawMultinomial(rows, counts, { random, into });
  }
  const kept = keep(drawing, { seed, counts });
  let at = 0;
  return () => {
    const into = kept.cells.subarray(at * width, (at + 1) * width);
    if (at === kept.drawn) {
      drawMultinomial(rows, counts, { random: kept.random, into });
      kept.drawn++;
    }
    at++;
    return into;
  };
}

function keep(
  { random, resamples }: UnitDrawing,
  { seed, counts }: { readonly seed: number; readonly counts: Float64Array },
): Kept {
  const known = latest?.seed === seed && isSame(latest.counts, counts) ? latest : null;
  if (known !== null && known.cells.length >= counts.length * resamples) return known;
  const cells = new Float64Array(counts.length * resamples);
  if (known !== null) cells.set(known.cells);
  latest = {
    seed,
    counts: counts.slice(),
    random: known?.random ?? random,
    cells,
    drawn: known?.drawn ?? 0,
  };
  return latest;
}

function isSame(left: Float64Array, right: Float64Array): boolean {
  return left.length === right.length && left.every((count, cell) => count === right[cell]);
}

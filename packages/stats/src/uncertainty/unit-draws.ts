import type { Random } from "../random/generator.ts";
import { drawRowCounts } from "../random/multinomial.ts";

/** What decides which units a bootstrap draws. */
export interface UnitDrawing {
  readonly resamples: number;
  readonly random: Random;
  /** The seed that `random` starts from. */
  readonly seed?: number | undefined;
}

/** Units times resamples up to which draws are kept: 16 MB. */
const mostKept = 8_000_000;

/** Draws of a seed, resample after resample. */
interface Kept {
  readonly seed: number;
  readonly units: number;
  readonly random: Random;
  readonly counts: Uint16Array;
  /** Resamples that are drawn already. */
  drawn: number;
}

let latest: Kept | null = null;

/**
 * How often each unit is in one resample after another; do not change what it gives. Every metric of
 * one evaluation draws the same units from the same seed: those of the latest seed are kept, so that
 * ten metrics draw once.
 */
export function unitDraws(drawing: UnitDrawing, units: number): () => Uint16Array {
  const { random, seed, resamples } = drawing;
  if (seed === undefined || units * resamples > mostKept) {
    const counts = new Uint16Array(units);
    return () => drawRowCounts(random, counts);
  }
  const kept = keep(drawing, { seed, units });
  let at = 0;
  return () => {
    const counts = kept.counts.subarray(at * units, (at + 1) * units);
    if (at === kept.drawn) {
      drawRowCounts(kept.random, counts);
      kept.drawn++;
    }
    at++;
    return counts;
  };
}

function keep(
  { random, resamples }: UnitDrawing,
  { seed, units }: { readonly seed: number; readonly units: number },
): Kept {
  const known = latest?.seed === seed && latest.units === units ? latest : null;
  if (known !== null && known.counts.length >= units * resamples) return known;
  const counts = new Uint16Array(units * resamples);
  if (known !== null) counts.set(known.counts);
  latest = {
    seed,
    units,
    random: known?.random ?? random,
    counts,
    drawn: known?.drawn ?? 0,
  };
  return latest;
}

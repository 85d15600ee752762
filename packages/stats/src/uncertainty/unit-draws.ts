import { drawBetaWeights } from "../random/beta-weights.ts";
import type { Random } from "../random/generator.ts";
import { drawRowCounts } from "../random/multinomial.ts";

/** What decides which units a bootstrap draws. */
export interface UnitDrawing {
  readonly resamples: number;
  readonly random: Random;
  /** The seed that `random` starts from. */
  readonly seed?: number | undefined;
}

/** Units times resamples up to which draws are kept: 16 MB of counts, 32 MB of weights. */
const mostKept = 8_000_000;

/** A typed array of numbers, one a unit. */
interface Numbers<Own> {
  subarray(begin: number, end: number): Own;
  set(values: Own): void;
  readonly length: number;
}

/** How one resample weighs the units. */
interface Law<Own> {
  readonly create: (length: number) => Own;
  readonly fill: (random: Random, into: Own) => Own;
}

/** Draws of a seed, resample after resample. */
interface Kept<Own> {
  readonly seed: number;
  readonly units: number;
  readonly random: Random;
  readonly draws: Own;
  /** Resamples that are drawn already. */
  drawn: number;
}

type DrawUnits<Own> = (drawing: UnitDrawing, units: number) => () => Own;

/**
 * How often each unit is in one resample after another; do not change what it gives. Every metric of
 * one evaluation draws the same units from the same seed: those of the latest seed are kept, so that
 * ten metrics draw once.
 */
export const unitDraws: DrawUnits<Uint16Array> = sharedDraws({
  create: (length) => new Uint16Array(length),
  fill: drawRowCounts,
});

/** The same for resamples that weigh every unit, by {@link drawBetaWeights}. */
export const unitWeights: DrawUnits<Float32Array> = sharedDraws({
  create: (length) => new Float32Array(length),
  fill: drawBetaWeights,
});

function sharedDraws<Own extends Numbers<Own>>({ create, fill }: Law<Own>): DrawUnits<Own> {
  let latest: Kept<Own> | null = null;

  function keep({ random, resamples }: UnitDrawing, seed: number, units: number): Kept<Own> {
    const known = latest?.seed === seed && latest.units === units ? latest : null;
    if (known !== null && known.draws.length >= units * resamples) return known;
    const draws = create(units * resamples);
    if (known !== null) draws.set(known.draws);
    latest = { seed, units, random: known?.random ?? random, draws, drawn: known?.drawn ?? 0 };
    return latest;
  }

  return (drawing, units) => {
    const { random, seed, resamples } = drawing;
    if (seed === undefined || units * resamples > mostKept) {
      const own = create(units);
      return () => fill(random, own);
    }
    const kept = keep(drawing, seed, units);
    let at = 0;
    return () => {
      const own = kept.draws.subarray(at * units, (at + 1) * units);
      if (at === kept.drawn) {
        fill(kept.random, own);
        kept.drawn++;
      }
      at++;
      return own;
    };
  };
}

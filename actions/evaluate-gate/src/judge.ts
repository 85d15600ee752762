import {
  findColumn,
  judgeThreshold,
  type Bound,
  type Judgement,
  type Measure,
  type ReferenceEvidence,
  type Threshold,
} from "#core";
import { showablePart } from "#report";
import { benjaminiHochberg, holm } from "#stats";
import type { Reference } from "./reference.ts";
import type { Inputs } from "./inputs.ts";
import { compareQuantity } from "./compare.ts";
import { measureQuantity, type Bench, type Quantity } from "./measure.ts";
import { MISSING_VALUE, type Slice } from "./slices.ts";

/** What thresholds are judged with. */
export interface Judging {
  readonly bench: Bench;
  readonly references: ReadonlyMap<string, Reference>;
  /** The slices of a column, the largest first. */
  slicesOf(column: string): readonly Slice[];
  readonly minSliceRows: number;
  readonly plainBounds: Inputs["plainBounds"];
  readonly correction: Inputs["correction"];
}

/** Judges every threshold; one for each value of a column becomes one judgement a value. */
export function judgeThresholds(
  thresholds: readonly Threshold[],
  judging: Judging,
): readonly Judgement[] {
  return thresholds.flatMap((threshold) => {
    const { slice } = threshold;
    if (slice === null) return [judgeRows(threshold, null, judging).judgement];
    if (findColumn(judging.bench.candidate.rows.table, slice.column) === undefined)
      return [failFor(threshold, `the data has no column ${slice.column}`)];
    return slice.value === null
      ? judgeEachSlice(threshold, slice.column, judging)
      : [judgeOneSlice(threshold, { column: slice.column, value: slice.value }, judging)];
  });
}

interface JudgedRows {
  readonly judgement: Judgement;
  /** The smallest one-sided p of "worse than a bound"; `null` where nothing was tested. */
  readonly p: number | null;
}

function judgeRows(threshold: Threshold, rows: Uint32Array | null, judging: Judging): JudgedRows {
  const { metric, argument } = threshold;
  const quantity: Quantity = { metric, argument, rows };
  const { bench } = judging;
  const references: Record<string, ReferenceEvidence> = {};
  const pValues: number[] = [];
  let measure: Measure | null = null;
  for (const bound of threshold.bounds) {
    const { limit } = bound;
    if (limit.kind === "number") {
      const found = measureQuantity(quantity, bench, limit.value);
      measure = found.measure;
      pValues.push(...badTail(bound, found));
      continue;
    }
    const reference = judging.references.get(limit.reference);
    if (reference === undefined) continue;
    const allowed = (value: number): number =>
      limit.relative ? limit.offset * Math.abs(value) : limit.offset;
    const compared = compareQuantity(quantity, reference, { bench, allowed });
    references[limit.reference] = compared.evidence;
    pValues.push(...badTail(bound, compared));
  }
  measure ??= measureQuantity(quantity, bench).measure;
  const judgement = judgeThreshold(
    threshold,
    { measure, references },
    { plainBounds: judging.plainBounds },
  );
  return { judgement, p: pValues.length === 0 ? null : Math.min(...pValues) };
}

/** The p of being on the wrong side of a bound. */
function badTail(
  { operator }: Bound,
  { pBelow, pAbove }: { readonly pBelow: number | null; readonly pAbove: number | null },
): readonly number[] {
  const p = operator.startsWith(">") ? pBelow : operator.startsWith("<") ? pAbove : null;
  return p === null ? [] : [Math.min(1, Math.max(0, p))];
}

function judgeOneSlice(
  threshold: Threshold,
  { column, value }: { readonly column: string; readonly value: string },
  judging: Judging,
): Judgement {
  const slices = judging.slicesOf(column);
  const slice = slices.find((candidate) => candidate.value === value);
  if (slice === undefined) {
    const known = slices
      .slice(0, 10)
      .map((candidate) => candidate.value)
      .join(", ");
    return failFor(
      threshold,
      `no row has ${column} = ${value}; it has ${known}${slices.length > 10 ? ", …" : ""}`,
    );
  }
  if (slice.rows.length < judging.minSliceRows) {
    return failFor(
      threshold,
      `${rowCount(slice.rows.length)} with ${column} = ${value}, at least ${judging.minSliceRows} are needed`,
    );
  }
  return judgeRows(threshold, slice.rows, judging).judgement;
}

function judgeEachSlice(
  threshold: Threshold,
  column: string,
  judging: Judging,
): readonly Judgement[] {
  const slices = judging
    .slicesOf(column)
    .filter(({ rows, value }) => rows.length >= judging.minSliceRows && value !== MISSING_VALUE);
  if (slices.length === 0) {
    return [failFor(threshold, `no value of ${column} has at least ${judging.minSliceRows} rows`)];
  }
  const judged = slices.map((slice) =>
    judgeRows(nameSlice(threshold, column, slice.value), slice.rows, judging),
  );
  return correct(judged, judging).map((judgement) => ({
    ...judgement,
    each_of: threshold.text,
  }));
}

/** The threshold of one value, written out; of long names their beginning. */
function nameSlice(threshold: Threshold, column: string, value: string): Threshold {
  return {
    ...threshold,
    text: threshold.text.replace(
      /\[(?:"[^"]*"|[^\]"])*\]/,
      () => `[${showablePart(column, 60)}=${showablePart(value, 60)}]`,
    ),
    slice: { column, value },
  };
}

/**
 * Passing all slices needs no correction; calling one of several bad does: it fails only when its
 * p, adjusted for all of them (Benjamini–Hochberg or Holm), is at most the tail that the interval of a
 * single one leaves on that side: half of 1 - confidence.
 */
function correct(
  judged: readonly JudgedRows[],
  { bench, correction }: Judging,
): readonly Judgement[] {
  const level = (1 - bench.options.confidence) / 2;
  const adjust = correction === "holm" ? holm : benjaminiHochberg;
  const tested = judged.filter(({ p }) => p !== null);
  if (judged.length < 2 || tested.length < 2) return judged.map(({ judgement }) => judgement);
  const adjusted = adjust(tested.map(({ p }) => p ?? 1));
  return judged.map((one) => {
    const at = tested.indexOf(one);
    if (at < 0) return one.judgement;
    const shown: Judgement = {
      ...one.judgement,
      p: one.p,
      p_kind: "one-sided, uncorrected",
      adjusted_p: adjusted[at] ?? null,
      correction: { method: CORRECTIONS[correction], tests: tested.length, level },
    };
    const isChance = one.judgement.verdict === "fail" && (adjusted[at] ?? 0) > level;
    return isChance
      ? {
          ...shown,
          verdict: "inconclusive" as const,
          reason: chanceReason(judged.length, adjusted[at] ?? 1),
        }
      : shown;
  });
}

const CORRECTIONS = { bh: "benjamini-hochberg", holm: "holm" } as const;

function chanceReason(slices: number, p: number): string {
  return `misses its bound, but among ${slices} slices chance alone can do that (adjusted p = ${Number(p.toPrecision(2))})`;
}

function failFor(threshold: Threshold, reason: string): Judgement {
  return judgeThreshold(
    threshold,
    { measure: { value: null, reason }, references: {} },
    { plainBounds: "point" },
  );
}

function rowCount(rows: number): string {
  return rows === 1 ? "there is 1 row" : `there are ${rows} rows`;
}

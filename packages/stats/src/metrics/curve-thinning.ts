import {
  type GroupsDown,
  type PrecisionRecallCurve,
  type RankingInput,
  type RocCurve,
  averagePrecision,
  precisionRecallCurve,
  rankRows,
  rocAuc,
  rocCurve,
  sumTie,
  tie,
  walkDown,
} from "./ranking.ts";

/** A point of a curve that is drawn. */
export interface CurvePoint {
  readonly x: number;
  readonly y: number;
}

/**
 * The ROC curve in at most `limit` points (4 or more) with the same area under its straight lines.
 *
 * Every second point is one of the curve's own; the one between replaces the stretch that was left
 * out and stands where the two triangles hold exactly the area of that stretch.
 */
export function thinRocCurve(curve: RocCurve, limit = 200): readonly CurvePoint[] {
  const { falsePositiveRate: x, truePositiveRate: y } = curve;
  if (x.length <= limit) return Array.from(x, (value, k) => ({ x: value, y: y[k]! }));
  const anchors = anchorsAlong(x, y, Math.floor(limit / 2));
  const points: CurvePoint[] = [{ x: x[0]!, y: y[0]! }];
  for (let k = 1; k < anchors.length; k++) {
    const bridge = areaKeepingPoint(x, y, [anchors[k - 1]!, anchors[k]!]);
    if (bridge !== null) points.push(bridge);
    points.push({ x: x[anchors[k]!]!, y: y[anchors[k]!]! });
  }
  return points;
}

/** Indices that cut a rising curve into stretches of equal length along both axes together. */
function anchorsAlong(x: Float64Array, y: Float64Array, count: number): number[] {
  const anchors = [0];
  const last = x.length - 1;
  const whole = x[last]! + y[last]! - x[0]! - y[0]!;
  for (let k = 1; k < last; k++) {
    const share = (x[k]! + y[k]! - x[0]! - y[0]!) / whole;
    if (share * (count - 1) >= anchors.length) anchors.push(k);
  }
  anchors.splice(count - 1);
  anchors.push(last);
  return anchors;
}

function areaKeepingPoint(
  x: Float64Array,
  y: Float64Array,
  [from, to]: readonly [number, number],
): CurvePoint | null {
  let area = 0;
  for (let k = from; k < to; k++) area += ((x[k + 1]! - x[k]!) * (y[k]! + y[k + 1]!)) / 2;
  const width = x[to]! - x[from]!;
  const height = y[to]! - y[from]!;
  const box = width * height;
  if (!(box > 0)) return null;
  const excess = area - (width * (y[from]! + y[to]!)) / 2;
  // 1 is the upper left corner of the box around the stretch, -1 the lower right one.
  const towardsCorner = Math.max(-1, Math.min(1, (2 * excess) / box));
  return {
    x: (x[from]! + x[to]! - towardsCorner * width) / 2,
    y: (y[from]! + y[to]! + towardsCorner * height) / 2,
  };
}

/**
 * The precision-recall curve in at most `limit` steps with the same average precision.
 *
 * Points are (recall, precision) by rising recall; a point's precision holds from the recall
 * before it, which is how average precision sums. The curve starts at recall 0.
 */
export function thinPrecisionRecallCurve(
  curve: PrecisionRecallCurve,
  limit = 200,
): readonly CurvePoint[] {
  const { precision, recall } = curve;
  const last = recall.length - 1;
  const points: CurvePoint[] = [{ x: recall[last]!, y: precision[last]! }];
  const keepAll = recall.length <= limit;
  let area = 0;
  let start = 0;
  for (let k = last - 1; k >= 0; k--) {
    area += (recall[k]! - recall[k + 1]!) * precision[k]!;
    const reached = recall[k]!;
    const isDue = keepAll || k === 0 || reached * (limit - 2) >= points.length;
    if (!isDue) continue;
    points.push({ x: reached, y: reached > start ? area / (reached - start) : precision[k]! });
    area = 0;
    start = reached;
  }
  return points;
}

/** Rankings of fewer rows are thinned from their whole curves. */
const fewestToSketch = 10_000;

/**
 * {@link thinRocCurve} of a ranking, without the curve of a million points in between; `null` where
 * only one class is present or a score is NaN.
 */
export function sketchRocCurve(input: RankingInput, limit = 200): readonly CurvePoint[] | null {
  if (input.truth.length < fewestToSketch) {
    const curve = rocCurve(input);
    return curve === null ? null : thinRocCurve(curve, limit);
  }
  if (rocAuc(input).value === null) return null;
  const steps = cutCurve(input, Math.floor(limit / 2) - 1, "both rates");
  const points: CurvePoint[] = [{ x: 0, y: 0 }];
  let [fromX, fromY] = [0, 0];
  for (const { x, y, trapezoids } of steps) {
    const [width, height] = [x - fromX, y - fromY];
    const box = width * height;
    if (box > 0) {
      const excess = trapezoids - (width * (fromY + y)) / 2;
      const towardsCorner = Math.max(-1, Math.min(1, (2 * excess) / box));
      points.push({
        x: (fromX + x - towardsCorner * width) / 2,
        y: (fromY + y + towardsCorner * height) / 2,
      });
    }
    points.push({ x, y });
    [fromX, fromY] = [x, y];
  }
  return points;
}

/** {@link thinPrecisionRecallCurve} of a ranking; `null` where no row is positive or a score is NaN. */
export function sketchPrecisionRecallCurve(
  input: RankingInput,
  limit = 200,
): readonly CurvePoint[] | null {
  if (input.truth.length < fewestToSketch) {
    const curve = precisionRecallCurve(input);
    return curve === null ? null : thinPrecisionRecallCurve(curve, limit);
  }
  if (averagePrecision(input).value === null) return null;
  const steps = cutCurve(input, limit - 2, "recall");
  let reached = 0;
  const points = steps.map(({ y: recall, steps: area, precision }): CurvePoint => {
    const from = reached;
    reached = recall;
    return { x: recall, y: recall > from ? area / (recall - from) : precision };
  });
  return [{ x: 0, y: 1 }, ...points];
}

/** A stretch of a curve, from the end of the one before. */
interface Stretch {
  /** False positive rate and true positive rate (recall) at its end. */
  readonly x: number;
  readonly y: number;
  /** Area under its ROC curve's straight lines. */
  readonly trapezoids: number;
  /** Precision summed over its steps of recall. */
  readonly steps: number;
  readonly precision: number;
}

/** Cuts a ranking, from the highest score down, into about `count` stretches of equal progress in 0..1. */
function cutCurve(
  input: RankingInput,
  count: number,
  progress: CurveWalk["progress"],
): readonly Stretch[] {
  const ranked = rankRows(input);
  sumTie(ranked, 0, ranked.order.length);
  const [positives, negatives] = [tie[0]!, tie[1]!];
  const sums = { tp: 0, fp: 0, trapezoids: 0, steps: 0 };
  const walk: CurveWalk = { ...sums, positives, negatives, count, progress, stretches: [] };
  walkDown(ranked, walk, cutGroups);
  return walk.stretches;
}

interface CurveWalk {
  readonly positives: number;
  readonly negatives: number;
  readonly count: number;
  /** What rises from 0 to 1 along the curve: recall, or the mean of both rates. */
  readonly progress: "recall" | "both rates";
  readonly stretches: Stretch[];
  tp: number;
  fp: number;
  /** Of the stretch that is not yet at its end. */
  trapezoids: number;
  steps: number;
}

function cutGroups({ ranked, from, to }: GroupsDown, walk: CurveWalk): void {
  const { ends } = ranked;
  const { positives, negatives, count, stretches } = walk;
  const isByRecall = walk.progress === "recall";
  let { tp, fp, trapezoids, steps } = walk;
  for (let group = ends.length - 1 - from; group >= ends.length - to; group--) {
    sumTie(ranked, group === 0 ? 0 : ends[group - 1]!, ends[group]!);
    const before = tp / positives;
    tp += tie[0]!;
    fp += tie[1]!;
    const y = tp / positives;
    // Without negatives there is no false positive rate, and no area over it.
    if (negatives > 0) trapezoids += ((tie[1]! / negatives) * (before + y)) / 2;
    const precision = tp / (tp + fp);
    steps += (y - before) * precision;
    const x = negatives > 0 ? fp / negatives : 0;
    const reached = isByRecall ? y : (x + y) / 2;
    if (group > 0 && reached * count < stretches.length + 1) continue;
    stretches.push({ x, y, trapezoids, steps, precision });
    trapezoids = 0;
    steps = 0;
  }
  walk.tp = tp;
  walk.fp = fp;
  walk.trapezoids = trapezoids;
  walk.steps = steps;
}

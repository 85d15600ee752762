import type { PrecisionRecallCurve, RocCurve } from "./ranking.ts";

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

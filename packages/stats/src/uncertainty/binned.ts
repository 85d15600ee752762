import type { BinSums, BinnedRows } from "../metrics/calibration.ts";
import type { Random } from "../random/generator.ts";
import { drawMultinomial } from "../random/multinomial.ts";

/** A metric of sums in bins of confidence, over the same rows as its peers. */
export interface BinnedKernel {
  readonly binned: BinnedRows;
  readonly combine: (sums: BinSums) => number;
}

/** Joint cells beyond these are not worth a table. */
export const mostJointCells = 1 << 16;

/** Rows that agree in bin and outcome under each model: counts, and moments of their confidences. */
interface JointCells {
  readonly counts: Float64Array;
  /** Cell of each kernel, kernel after kernel. */
  readonly cellOf: readonly Int32Array[];
  /** Mean confidence of each kernel. */
  readonly means: readonly Float64Array[];
  /** Lower triangle of the root of the covariance: [0,0], [1,0], [1,1]. */
  readonly roots: readonly Float64Array[];
}

/**
 * Draws metrics of bins as a bootstrap of rows does: the counts of rows in each cell of bins and
 * outcomes by the multinomial, exactly; the sum of confidences in a cell, which spread by less than
 * a bin's width, from the normal law that it tends to.
 *
 * @returns each draw's values, one a kernel; a new array each time.
 */
export function drawBins(kernels: readonly BinnedKernel[], random: Random): () => number[] {
  const joint = jointCells(kernels.map(({ binned }) => binned));
  const rows = kernels[0]!.binned.cells.length;
  const drawn = new Float64Array(joint.counts.length);
  const sums = kernels.map(({ binned: { binCount } }): BinSums => ({
    gaps: new Float64Array(binCount),
    rows: new Float64Array(binCount),
  }));
  return () => {
    drawMultinomial(rows, joint.counts, { random, into: drawn });
    for (const one of sums) {
      one.gaps.fill(0);
      one.rows.fill(0);
    }
    for (let cell = 0; cell < drawn.length; cell++) {
      const count = drawn[cell]!;
      if (count === 0) continue;
      const reach = Math.sqrt(count);
      const first = random.normal() * reach;
      const second = kernels.length > 1 ? random.normal() * reach : 0;
      for (let k = 0; k < sums.length; k++) {
        const own = joint.cellOf[k]![cell]!;
        const shift =
          k === 0
            ? joint.roots[0]![cell]! * first
            : joint.roots[1]![cell]! * first + joint.roots[2]![cell]! * second;
        const { gaps, rows: held } = sums[k]!;
        gaps[own >> 1]! += count * (joint.means[k]![cell]! - (own & 1)) + shift;
        held[own >> 1]! += count;
      }
    }
    return kernels.map(({ combine }, k) => combine(sums[k]!));
  };
}

function jointCells(binned: readonly BinnedRows[]): JointCells {
  const [first, second] = binned as [BinnedRows, BinnedRows?];
  const width = second === undefined ? 1 : 2 * second.binCount;
  const size = 2 * first.binCount * width;
  const counts = new Float64Array(size);
  const sums = Array.from({ length: 5 }, () => new Float64Array(size));
  const [a, aa, b, ab, bb] = sums as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let i = 0; i < first.cells.length; i++) {
    const cell = first.cells[i]! * width + (second === undefined ? 0 : second.cells[i]!);
    // Around the bin's middle, so that squares keep their digits.
    const p = first.confidences[i]! - middleOf(first, i);
    counts[cell]!++;
    a[cell]! += p;
    aa[cell]! += p * p;
    if (second === undefined) continue;
    const q = second.confidences[i]! - middleOf(second, i);
    b[cell]! += q;
    ab[cell]! += p * q;
    bb[cell]! += q * q;
  }
  return momentsOf({ counts, sums: { a, aa, b, ab, bb }, first, second, width });
}

function middleOf({ cells, binCount }: BinnedRows, row: number): number {
  return ((cells[row]! >> 1) + 0.5) / binCount;
}

function momentsOf(joint: {
  readonly counts: Float64Array;
  readonly sums: Readonly<Record<"a" | "aa" | "b" | "ab" | "bb", Float64Array>>;
  readonly first: BinnedRows;
  readonly second: BinnedRows | undefined;
  readonly width: number;
}): JointCells {
  const { counts, sums, first, second, width } = joint;
  const used: number[] = [];
  counts.forEach((count, cell) => {
    if (count > 0) used.push(cell);
  });
  const meanOf = (values: Float64Array, cell: number): number => values[cell]! / counts[cell]!;
  const covariance = (square: Float64Array, [x, y]: readonly Float64Array[], cell: number) =>
    meanOf(square, cell) - meanOf(x!, cell) * meanOf(y!, cell);
  const roots = [0, 1, 2].map(() => new Float64Array(used.length));
  used.forEach((cell, at) => {
    const own = Math.sqrt(Math.max(0, covariance(sums.aa, [sums.a, sums.a], cell)));
    const shared = own > 0 ? covariance(sums.ab, [sums.a, sums.b], cell) / own : 0;
    const rest = covariance(sums.bb, [sums.b, sums.b], cell) - shared * shared;
    roots[0]![at] = own;
    roots[1]![at] = shared;
    roots[2]![at] = Math.sqrt(Math.max(0, rest));
  });
  const cellOf = [
    Int32Array.from(used, (cell) => Math.floor(cell / width)),
    Int32Array.from(used, (cell) => cell % width),
  ];
  const binMiddle = (cell: number, bins: number): number => ((cell >> 1) + 0.5) / bins;
  return {
    counts: Float64Array.from(used, (cell) => counts[cell]!),
    cellOf,
    means: [
      Float64Array.from(
        used,
        (cell, at) => meanOf(sums.a, cell) + binMiddle(cellOf[0]![at]!, first.binCount),
      ),
      Float64Array.from(used, (cell, at) =>
        second === undefined
          ? 0
          : meanOf(sums.b, cell) + binMiddle(cellOf[1]![at]!, second.binCount),
      ),
    ],
    roots,
  };
}

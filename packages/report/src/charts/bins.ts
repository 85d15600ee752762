/** Counts values in equally wide bins; what lies outside counts in the outermost ones. */
export function countInBins(values: ArrayLike<number>, edges: readonly number[]): number[] {
  const bins = edges.length - 1;
  const [low = 0, high = 1] = [edges[0], edges.at(-1)];
  const counts = Array.from({ length: bins }, () => 0);
  for (let row = 0; row < values.length; row++) {
    const place = Math.floor((((values[row] ?? 0) - low) / (high - low)) * bins);
    const bin = Math.min(bins - 1, Math.max(0, place));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

/** The edges of equally wide bins. */
export function equalEdges(low: number, high: number, bins: number): readonly number[] {
  return Array.from({ length: bins + 1 }, (_, k) => low + ((high - low) * k) / bins);
}

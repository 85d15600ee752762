/** Maps numbers to pixels. */
export type Scale = (value: number) => number;

/** A straight scale; a domain of one number maps to the middle. */
export function linearScale(
  [from, to]: readonly [number, number],
  [start, end]: readonly [number, number],
): Scale {
  if (from === to) return () => (start + end) / 2;
  return (value) => start + ((value - from) / (to - from)) * (end - start);
}

/** Round numbers between two ends, some `count` of them, both ends covered where `widen` is set. */
export function niceTicks(low: number, high: number, count = 5): readonly number[] {
  if (!(high > low)) return [low];
  const step = niceStep((high - low) / count);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
}

/** A domain around numbers that begins and ends at round ones. */
export function niceDomain(low: number, high: number): readonly [number, number] {
  if (!(high > low)) return [low - 0.5, high + 0.5];
  const step = niceStep((high - low) / 5);
  return [
    Number((Math.floor(low / step + 1e-9) * step).toPrecision(12)),
    Number((Math.ceil(high / step - 1e-9) * step).toPrecision(12)),
  ];
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const share = rough / power;
  return (
    power * (share <= 1.0000001 ? 1 : share <= 2 ? 2 : share <= 2.5 ? 2.5 : share <= 5 ? 5 : 10)
  );
}

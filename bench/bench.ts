import { availableParallelism, cpus, loadavg, totalmem } from "node:os";

/** What a bench may be told on the command line. */
export interface BenchOptions {
  /** The built folder to measure. */
  readonly dist: string;
}

/** Something that is measured side by side in one run. */
export interface Bench {
  /** As in `npm run bench -- startup`. */
  readonly name: string;
  readonly title: string;
  /** Measures, and gives its section of RESULTS.md as markdown. */
  readonly measure: (options: BenchOptions) => Promise<string>;
}

/** The machine that a section was measured on. */
export function describeMachine(now: Date): string {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  const memory = Math.round(totalmem() / 2 ** 30);
  const load = (loadavg()[0] ?? 0).toFixed(1);
  return `${now.toISOString().slice(0, 10)}, ${availableParallelism()} cores (${model}), ${memory} GiB, Node ${process.version}, ${process.platform}-${process.arch}; load of the last minute before: ${load}`;
}

/** The middle of the values; the mean of the two middle ones of an even number. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

/** A markdown table, padded as the formatter pads it; the first column is text, the others numbers. */
export function table(
  header: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const lines = [header, ...rows].map((cells) => cells.map(String));
  const widths = header.map((_, index) =>
    Math.max(3, ...lines.map((cells) => cells[index]?.length ?? 0)),
  );
  const rule = widths.map((width, index) =>
    index === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  const [head = [], ...body] = lines.map((cells) =>
    cells.map((cell, index) => {
      const width = widths[index] ?? 0;
      return index === 0 ? cell.padEnd(width) : cell.padStart(width);
    }),
  );
  return [head, rule, ...body].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

import colors from "picocolors";
import type { TrafficSecond } from "./traffic.ts";

const paints = [colors.blue, colors.yellow, colors.green, colors.magenta, colors.cyan];
const letters = ["█", "▓", "▒", "░", "■"];
const errorMark = "!";

interface Slice {
  readonly from: number;
  readonly to: number;
  readonly byVersion: Readonly<Record<string, number>>;
}

function sliceSeconds(seconds: readonly TrafficSecond[], slices: number): readonly Slice[] {
  const last = Math.max(...seconds.map(({ second }) => second)) + 1;
  const width = Math.max(1, Math.ceil(last / slices));
  return Array.from({ length: Math.ceil(last / width) }, (_, index) => {
    const [from, to] = [index * width, Math.min((index + 1) * width, last)];
    const byVersion: Record<string, number> = {};
    for (const second of seconds.filter(({ second: at }) => at >= from && at < to)) {
      for (const [version, count] of Object.entries(second.byVersion))
        byVersion[version] = (byVersion[version] ?? 0) + count;
    }
    return { from, to, byVersion };
  });
}

/** Lines of a chart: who answered, over time; errors stand out. */
export function drawTraffic(
  seconds: readonly TrafficSecond[],
  { slices = 20, columns = 40 } = {},
): readonly string[] {
  if (seconds.length === 0) return ["no requests"];
  const versions = [...new Set(seconds.flatMap(({ byVersion }) => Object.keys(byVersion)))]
    .filter((version) => version !== "error")
    .sort();
  const paint = (version: string, length: number): string => {
    const index = versions.indexOf(version);
    const mark = letters[index % letters.length] ?? "█";
    return (paints[index % paints.length] ?? String)(mark.repeat(length));
  };
  const rows = sliceSeconds(seconds, slices).map(({ from, to, byVersion }) => {
    const all = Object.values(byVersion).reduce((sum, count) => sum + count, 0);
    const bars = versions.map((version) => {
      const share = all === 0 ? 0 : (byVersion[version] ?? 0) / all;
      return paint(version, Math.round(share * columns));
    });
    const errors = byVersion["error"] ?? 0;
    const failed =
      errors === 0
        ? ""
        : colors.red(errorMark.repeat(Math.max(1, Math.round((errors / all) * columns))));
    const range = `${from}–${to} s`.padStart(11);
    return `${range}  ${bars.join("")}${failed}  ${all} requests${errors === 0 ? "" : colors.red(`, ${errors} errors`)}`;
  });
  const legend = versions.map((version) => `${paint(version, 2)} ${version}`).join("   ");
  return [...rows, `${" ".repeat(13)}${legend}   ${colors.red("!")} error`];
}

/** A reference's name or version, as thresholds write it. */
const REFERENCE = String.raw`[A-Za-z][\w.]*(?:-[0-9A-Za-z][\w.]*)*`;
const NUMBER = String.raw`(?:\d+\.?\d*|\.\d+)`;
const OPERATOR = String.raw`>=|<=|==|!=|>|<`;

const TIMES = new RegExp(String.raw`(${REFERENCE})\s*([*×/])\s*(${NUMBER})(\s*%)?`);
const FACTOR_FIRST = new RegExp(String.raw`(${NUMBER})(\s*%)?\s*(?:[*×]|of\b)\s*(${REFERENCE})`);
const REFERENCE_FIRST = new RegExp(
  String.raw`^\s*(${REFERENCE}(?:\s*[-+]\s*${NUMBER}\s*%?)?)\s*(${OPERATOR})\s*([A-Za-z_][^<>=!]*?)\s*$`,
);
const OTHER_SIGN = /≥|≤|≠|=>|=<|(?<![<>=!])=(?!=)/;
const SIGNS: Readonly<Record<string, string>> = {
  "≥": ">=",
  "≤": "<=",
  "≠": "!=",
  "=>": ">=",
  "=<": "<=",
  "=": "==",
};
const MIRRORED: Readonly<Record<string, string>> = { ">=": "<=", ">": "<", "<=": ">=", "<": ">" };

/** Longer lines are no slip of a hand. */
const LONGEST_LINE = 400;

/**
 * Lines of the grammar that say what a refused one seems to mean: a share of a reference, a reference
 * on the left, a sign of another language, a number or a word written otherwise, two thresholds on one
 * line.
 *
 * @param isReference whether a word is a reference, such as `production`
 * @returns one line, or one for each threshold; none where nothing is plain
 */
export function findMeantLines(
  line: string,
  isReference: (word: string) => boolean,
): readonly string[] {
  if (line.length > LONGEST_LINE) return [];
  const number = writeNumber(line);
  if (number !== undefined) return [number];
  const several = splitThresholds(line);
  if (several.length > 1) return several;
  const meant =
    writeShare(line, isReference) ??
    writeMetricFirst(line, isReference) ??
    writeSign(line) ??
    writeWords(line);
  return meant === undefined ? [] : [meant.trim().replaceAll(/\s+/g, " ")];
}

/** `40,000` and `40_000` are 40000, `0,8` is 0.8. */
function writeNumber(line: string): string | undefined {
  const bound = /([<>=]=?\s*)(\d{1,3}(?:[,_']\d{3})+(?![\d,_'])|\d+,\d+(?![\d,]))/;
  const [found, sign = "", number = ""] = bound.exec(line) ?? [];
  if (found === undefined) return undefined;
  const isGrouped = /^[1-9]\d{0,2}(?:[,_']\d{3})+$/.test(number);
  const plain = isGrouped ? number.replaceAll(/[,_']/g, "") : number.replace(",", ".");
  return line.replace(found, () => `${sign}${plain}`).trim();
}

/** `roc-auc` is `roc_auc`, and `warning` at the end is `warn`. */
function writeWords(line: string): string | undefined {
  const [name = ""] = /^\s*[A-Za-z]\w*(?:-[A-Za-z]\w*)+/.exec(line) ?? [];
  const written = `${name.replaceAll("-", "_")}${line.slice(name.length)}`;
  const meant = written.replace(/\swarn(?:ing|s)\s*$/, " warn");
  return meant === line ? undefined : meant;
}

function splitThresholds(line: string): readonly string[] {
  return line
    .split(/\s(?:and|AND|&&)\s|[;,]/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** `production * 0.99` is `production - 1%`. */
function writeShare(line: string, isReference: (word: string) => boolean): string | undefined {
  const times = TIMES.exec(line);
  if (times !== null && isReference(times[1] ?? "")) {
    const [found, reference = "", sign, number, percent] = times;
    const written = Number(number) / (percent === undefined ? 1 : 100);
    return writeOffset(line, found, { reference, factor: sign === "/" ? 1 / written : written });
  }
  const first = FACTOR_FIRST.exec(line);
  if (first === null || !isReference(first[3] ?? "")) return undefined;
  const [found, number, percent, reference = ""] = first;
  const factor = Number(number) / (percent === undefined ? 1 : 100);
  return writeOffset(line, found, { reference, factor });
}

function writeOffset(
  line: string,
  found: string,
  { reference, factor }: { readonly reference: string; readonly factor: number },
): string | undefined {
  if (!Number.isFinite(factor)) return undefined;
  const percent = Number(((factor - 1) * 100).toPrecision(6));
  const sign = percent < 0 ? "-" : "+";
  const offset = percent === 0 ? reference : `${reference} ${sign} ${Math.abs(percent)}%`;
  return line.replace(found, () => offset);
}

function writeMetricFirst(
  line: string,
  isReference: (word: string) => boolean,
): string | undefined {
  const [, left = "", operator = "", right = ""] = REFERENCE_FIRST.exec(line) ?? [];
  const [word = ""] = new RegExp(REFERENCE).exec(left) ?? [];
  if (!isReference(word)) return undefined;
  const isWarning = right.endsWith(" warn");
  const metric = isWarning ? right.slice(0, -" warn".length) : right;
  return `${metric} ${MIRRORED[operator] ?? operator} ${left}${isWarning ? " warn" : ""}`;
}

function writeSign(line: string): string | undefined {
  const found = OTHER_SIGN.exec(
    line.replaceAll(/\[[^\]]*\]/g, (slice) => "x".repeat(slice.length)),
  );
  if (found === null) return undefined;
  const [sign] = found;
  return `${line.slice(0, found.index)} ${SIGNS[sign] ?? sign} ${line.slice(found.index + sign.length)}`;
}

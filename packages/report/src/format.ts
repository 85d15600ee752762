/** A number for people: four significant digits, whole numbers whole, an em dash where there is none. */
export function formatNumber(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined) return "—";
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  if (Number.isInteger(value) && Math.abs(value) < 1e15)
    return withMinus(value.toLocaleString("en-US"));
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e9))
    return withMinus(value.toExponential(digits - 1));
  const decimals =
    magnitude >= 1 ? Math.max(0, digits - Math.ceil(Math.log10(magnitude + 1e-12))) : digits;
  return withMinus(magnitude >= 1000 ? grouped(value, decimals) : value.toFixed(decimals));
}

/** No more digits than these are shown to tell two numbers apart: what differs later is rounding. */
const MOST_DIGITS = 12;

/**
 * The digits from which on a number is shown as another one than each of the others that it differs
 * from: a bound that is missed shall not look met.
 */
export function digitsApart(
  value: number | null | undefined,
  others: readonly (number | null | undefined)[],
  digits = 4,
): number {
  if (typeof value !== "number") return digits;
  const apart = others.filter((other) => typeof other === "number" && other !== value);
  for (let shown = digits; shown < MOST_DIGITS; shown++) {
    const text = plainText(value, shown);
    if (apart.every((other) => plainText(other, shown) !== text)) return shown;
  }
  return digits;
}

/** What a reader takes a number for: 1.0000 is 1. */
function plainText(value: number | null | undefined, digits: number): number {
  return Number(formatNumber(value, digits).replaceAll(",", "").replaceAll("−", "-"));
}

/** Like {@link formatNumber} with its sign always shown. */
export function formatSigned(value: number | null | undefined, digits = 4): string {
  const text = formatNumber(value, digits);
  return typeof value === "number" && value > 0 ? `+${text}` : text;
}

/** `[0.71, 0.78]`, or an em dash without both ends. */
export function formatInterval(
  low: number | null | undefined,
  high: number | null | undefined,
  digits = 4,
): string {
  if (typeof low !== "number" || typeof high !== "number") return "—";
  return `[${formatNumber(low, digits)}, ${formatNumber(high, digits)}]`;
}

/** Bytes for people: `4.2 MB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** Thousands as whole numbers have them, which may stand in the same row. */
function grouped(value: number, decimals: number): string {
  return value.toLocaleString("en-US", {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
}

function withMinus(text: string): string {
  return text.replaceAll("-", "−");
}

import { DataError } from "#core";
import type { TensorData } from "./engine.ts";

/** Turns the labels that a model gives into places in its class list. */
export interface LabelReader {
  readonly append: (
    labels: TensorData,
    window: { readonly start: number; readonly count: number },
  ) => void;
  readonly finish: () => { readonly classes: readonly string[]; readonly codes: Int32Array };
}

/** What is known of the classes before the first label is read. */
export interface KnownClasses {
  /** The names to show. */
  readonly classes: readonly string[];
  /** What the model itself calls them in its labels. */
  readonly keys: readonly string[];
}

/**
 * Settles the class names: the model's own; the caller's where the model only counts
 * 0, 1, 2, …; else the numbers. `count` is how many scores a row has, `null` where none tell.
 * Throws a {@link DataError} when the lists disagree.
 *
 * @returns `null` when nothing is known, so that the labels themselves have to tell
 */
export function settleClasses(
  facts: {
    readonly own: readonly string[] | null;
    readonly given: readonly string[] | undefined;
    readonly count: number | null;
  },
  fileName: string,
): KnownClasses | null {
  const { own, given, count } = facts;
  const numbered = Array.from({ length: own?.length ?? count ?? given?.length ?? 0 }, (_, at) =>
    String(at),
  );
  const keys = own ?? numbered;
  const counts = keys.every((key, at) => key === numbered[at]);
  const classes = given === undefined || (own !== null && sameSet(own, given)) ? keys : given;
  const isRenamed = classes !== keys;
  if (
    (isRenamed && (!counts || classes.length !== keys.length)) ||
    (count !== null && count !== keys.length)
  ) {
    throw new DataError({
      code: "CLASSES_DISAGREE",
      message: `${fileName} has the classes ${(own ?? numbered).join(", ")}${count === null ? "" : ` and ${count} scores a row`}${given === undefined ? "" : `; the classes given are ${given.join(", ")}`}.`,
      hint: "Give the classes that the model was trained on, in the order of its scores.",
    });
  }
  return keys.length === 0 ? null : { classes, keys };
}

function sameSet(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((one) => right.includes(one));
}

type Label = string | number | bigint;

/** Reads labels of `rows` rows; without known classes it lists those that it meets, sorted. */
export function createLabelReader(
  rows: number,
  known: KnownClasses | null,
  fileName: string,
): LabelReader {
  const codes = new Int32Array(rows);
  const found: string[] = [];
  const codeOf = indexKeys(known?.keys ?? []);
  const learn = (label: Label): number => {
    if (known !== null) return placeOf(label, known, fileName);
    const code = found.push(String(label)) - 1;
    codeOf.set(label, code);
    return code;
  };
  return {
    append: (labels, { start, count }) => {
      for (let row = 0; row < count; row += 1) {
        const label = labels[row] ?? "";
        codes[start + row] = codeOf.get(label) ?? learn(label);
      }
    },
    finish: () => (known === null ? sortFound(found, codes) : { classes: known.classes, codes }),
  };
}

/** Whole-number keys are found as text, number and bigint: label outputs come as any of them. */
function indexKeys(keys: readonly string[]): Map<Label, number> {
  const codeOf = new Map<Label, number>();
  keys.forEach((key, code) => {
    codeOf.set(key, code);
    if (!isWhole(key)) return;
    codeOf.set(Number(key), code);
    codeOf.set(BigInt(key), code);
  });
  return codeOf;
}

function isWhole(key: string): boolean {
  return /^-?\d{1,15}$/.test(key);
}

/** Some exporters give the class's place as the label although they name the classes. */
function placeOf(label: Label, known: KnownClasses, fileName: string): number {
  const isPlace = typeof label !== "string" && !known.keys.every(isWhole);
  const place = isPlace ? Number(label) : -1;
  if (place >= 0 && place < known.keys.length) return place;
  throw unknownLabel(label, known, fileName);
}

function sortFound(
  found: readonly string[],
  codes: Int32Array,
): { readonly classes: readonly string[]; readonly codes: Int32Array } {
  const areNumbers = found.every((one) => Number.isFinite(Number(one)));
  const classes = found.toSorted((left, right) =>
    areNumbers ? Number(left) - Number(right) : left < right ? -1 : 1,
  );
  const newCodes = found.map((one) => classes.indexOf(one));
  return { classes, codes: codes.map((code) => newCodes[code] ?? 0) };
}

function unknownLabel(label: Label, known: KnownClasses, fileName: string): DataError {
  return new DataError({
    code: "LABEL_UNKNOWN",
    message: `${fileName} answered with the label ${String(label)}, which is not among its classes ${known.keys.join(", ")}.`,
    hint: "Give the classes that the model was trained on, in the order of its scores.",
  });
}

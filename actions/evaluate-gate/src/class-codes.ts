import { DataError, type Column, type TextColumn } from "#core";
import { findMissingCode, findNamingDifference, toText, type NamingDifference } from "#data";

/** @throws DataError `UNKNOWN_CLASS` naming the first row of the truth, its value and the model's classes */
export function codesIn(column: Column, classes: readonly string[], file: string): Int32Array {
  return encode(column, classes, { file, hintOf: hintOfTruth });
}

/** As {@link codesIn}, of what a model answered. */
export function codesOfAnswers(
  column: Column,
  classes: readonly string[],
  file: string,
): Int32Array {
  return encode(column, classes, { file, hintOf: hintOfAnswers });
}

/** What to do about values that no class is called. */
type Hint = (column: string, found: readonly string[], classes: readonly string[]) => string;

interface Reading {
  readonly file: string;
  readonly hintOf: Hint;
}

function encode(column: Column, classes: readonly string[], reading: Reading): Int32Array {
  const text = toText(column);
  const known = latestCodes.get(text);
  if (known !== undefined && JSON.stringify(known.classes) === JSON.stringify(classes))
    return known.codes;
  const codes = findCodes(text, classes, reading);
  latestCodes.set(text, { classes, codes });
  return codes;
}

/** The latest codes of a column: the truth is checked first and measured against later. */
const latestCodes = new WeakMap<
  TextColumn,
  { readonly classes: readonly string[]; readonly codes: Int32Array }
>();

function findCodes(text: TextColumn, classes: readonly string[], reading: Reading): Int32Array {
  const byLevel = Int32Array.from(text.levels, (level) => classes.indexOf(level));
  if (byLevel.every((place, level) => place === level)) {
    const row = findMissingCode(text.codes);
    if (row < 0) return text.codes;
    throw unknownClass(text, row, { ...reading, classes });
  }
  const codes = new Int32Array(text.codes.length);
  for (let row = 0; row < codes.length; row++) {
    const place = byLevel[text.codes[row] ?? -1] ?? -1;
    if (place < 0) throw unknownClass(text, row, { ...reading, classes });
    codes[row] = place;
  }
  return codes;
}

function unknownClass(
  column: TextColumn,
  row: number,
  { classes, file, hintOf }: Reading & { readonly classes: readonly string[] },
): DataError {
  const { name, codes, levels } = column;
  const code = codes[row] ?? -1;
  const found = code < 0 ? "nothing" : JSON.stringify(levels[code]);
  return new DataError({
    code: "UNKNOWN_CLASS",
    message: `${file}, row ${row + 1}: ${name} holds ${found}, which the model does not know: its classes are ${nameSome(classes)}.`,
    hint: hintOf(name, valuesOf(column), classes),
    place: { file, row: row + 1, column: name },
  });
}

/** The values that a row holds; none for missing cells. */
function valuesOf({ codes, levels }: TextColumn): readonly string[] {
  const used = new Set(codes);
  return levels.filter((_, code) => used.has(code));
}

function hintOfTruth(column: string, found: readonly string[], classes: readonly string[]): string {
  const difference = findNamingDifference(found, classes);
  switch (difference?.kind) {
    case undefined:
      return areCodes(classes)
        ? "Name the classes in the model's order with classes:, where the model answers with codes."
        : "Train on every class that the data holds, or correct the value.";
    case "names-for-codes":
      return found.length === classes.length
        ? `The model answers with codes: name the classes in its order with classes:, e.g. classes: ${sort(found).join(", ")} where ${classes[0]} stands for ${sort(found)[0]}.`
        : "Name the classes in the model's order with classes:, where the model answers with codes.";
    case "number-format":
    case "spelling":
      return `${describeTwins(difference)} ${
        areCodes(classes)
          ? "Give the data's writing with classes:, in the model's order"
          : `Write ${column} in the data as the model does, or name the classes alike with classes:`
      }.`;
    case "codes-for-names":
      return `${column} holds codes, the model answers with names: write the names into ${column} (which code is which, whoever coded it knows), e.g. in pandas data["${column}"].map({${pairs(found, classes)}}).`;
    case "other-names":
      return `No value of ${column} is a class of the model (it holds ${nameSome(found)}): write them as the model does, or check that model and data belong together.`;
  }
}

function hintOfAnswers(
  column: string,
  found: readonly string[],
  classes: readonly string[],
): string {
  const difference = findNamingDifference(found, classes);
  const names = `the target's names (${nameSome(classes)})`;
  switch (difference?.kind) {
    case undefined:
      return `Answer with ${names} only, or name all classes with classes:.`;
    case "number-format":
    case "spelling":
      return `${describeTwins(difference)} Write ${names} into ${column}.`;
    case "codes-for-names":
      return `${column} holds codes where the target holds names: write ${names} into it, e.g. with the inverse_transform of the LabelEncoder that made the codes.`;
    case "names-for-codes":
    case "other-names":
      return `No value of ${column} is one of ${names}; it holds ${nameSome(found)}. Write the classes alike in both.`;
  }
}

function describeTwins({
  kind,
  found,
  known,
}: Extract<NamingDifference, { readonly found: string }>): string {
  return kind === "number-format"
    ? `${JSON.stringify(found)} and ${JSON.stringify(known)} are one number, written in two ways.`
    : `${JSON.stringify(found)} and ${JSON.stringify(known)} differ in capitals or spaces only.`;
}

/** How many names a message shows. */
const MOST_NAMED = 30;

function nameSome(names: readonly string[]): string {
  return names.length > MOST_NAMED
    ? `${names.slice(0, MOST_NAMED).join(", ")}, … (${names.length})`
    : names.join(", ");
}

/** `0: "no", 1: "yes"`, in the order in which most encoders count: of names by their letters. */
function pairs(found: readonly string[], classes: readonly string[]): string {
  const codes = found.toSorted((left, right) => Number(left) - Number(right)).slice(0, 3);
  const named = codes.map((code, at) => `${code}: ${JSON.stringify(sort(classes)[at] ?? "")}`);
  return [...named, ...(found.length > 3 ? ["…"] : [])].join(", ");
}

function sort(names: readonly string[]): readonly string[] {
  return names.toSorted((left, right) => (left < right ? -1 : 1));
}

function areCodes(classes: readonly string[]): boolean {
  return classes.every((name, place) => name === String(place));
}

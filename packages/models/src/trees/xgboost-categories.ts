import type { DocumentPart } from "./document-reader.ts";
import { listIn, numbersIn, partFault, partOf, textsIn } from "./document-reader.ts";
import { shorten } from "../shorten.ts";
import { treeNotSupported } from "./tree-faults.ts";

/**
 * The categories by code that XGBoost 3.1 and newer keep of the training data frame, by feature;
 * none in older files, whose features hold the codes themselves.
 */
export function readXgboostCategories(
  part: DocumentPart,
  { features, version }: { readonly features: number; readonly version: readonly number[] },
): ReadonlyMap<number, readonly (string | number)[]> {
  const categories = new Map<number, readonly (string | number)[]>();
  if (part.value === undefined) return categories;
  const encodings = listIn(partOf(part, "enc"));
  if (encodings.length > 0 && encodings.length !== features) {
    throw partFault(partOf(part, "enc"), `a list of ${features}`);
  }
  encodings.forEach((encoding, feature) => {
    const own = readEncoding(encoding, cutsLetters(version));
    if (own.length > 0) categories.set(feature, own);
  });
  return categories;
}

/**
 * What a reader must know of a data frame's categorical columns, whose categories files before 3.1
 * do not keep: numbers in them are taken for codes.
 */
export function noteOnCodes(
  learner: DocumentPart,
  facts: { readonly names: readonly string[] | null; readonly version: readonly number[] },
): readonly string[] {
  const { names, version } = facts;
  const [major = 0, minor = 0] = version;
  const types = partOf(learner, "feature_types");
  if (names === null || types.value === undefined || major > 3 || (major === 3 && minor > 0))
    return [];
  const kinds = textsIn(types);
  const categorical = names.filter((_, feature) => kinds[feature] === "c");
  if (categorical.length === 0) return [];
  return [
    `XGBoost ${version.join(".")} keeps no categories in its files: ${shorten(categorical.join(", "))} must hold the codes that the training data frame had for them (0, 1, …), not the categories; numbers are taken for codes.`,
  ];
}

/** Before 3.4, XGBoost's Python package counted characters where it wrote bytes. */
function cutsLetters([major = 0, minor = 0]: readonly number[]): boolean {
  return major < 3 || (major === 3 && minor < 4);
}

function readEncoding(encoding: DocumentPart, isCut: boolean): readonly (string | number)[] {
  const values = numbersIn(partOf(encoding, "values"));
  const offsets = partOf(encoding, "offsets");
  if (offsets.value === undefined) return Array.from(values);
  // Signed bytes of UTF-8, one text after the other.
  if (isCut && Array.from(values).some((value) => (value & 0x80) !== 0)) {
    throw treeNotSupported(
      encoding.fileName,
      "a category with letters beyond ASCII, which XGBoost before 3.4 saves cut off,",
    );
  }
  const bytes = Buffer.from(Uint8Array.from(values, (value) => value & 0xff));
  const ends = Array.from(numbersIn(offsets));
  return ends.slice(1).map((end, at) => {
    const start = ends[at] ?? 0;
    if (!(start >= 0 && end >= start && end <= bytes.length)) {
      throw partFault(offsets, `rising places in ${bytes.length} bytes`);
    }
    return bytes.toString("utf8", start, end);
  });
}

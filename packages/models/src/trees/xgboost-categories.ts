import type { DocumentPart } from "./document-reader.ts";
import { listIn, numbersIn, partFault, partOf } from "./document-reader.ts";
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

import { createHash } from "node:crypto";
import { compareNames, type LocatedFile } from "./file-source.ts";

/** One file's digest. */
export interface FileDigest {
  readonly uri: string;
  readonly sizeBytes: number;
  /** `sha256:<hex>` */
  readonly digest: string;
}

/** Digests of files, and one over them all. */
export interface FileSetDigest {
  readonly files: readonly FileDigest[];
  readonly sizeBytes: number;
  /**
   * The one file's own digest; of several, `sha256:` over a line `<digest> <uri>` each, sorted by
   * uri, every line ended by a line feed.
   */
  readonly digest: string;
}

/** SHA-256 of each file, read as a stream, and of all of them together. */
export async function digestFiles(files: readonly LocatedFile[]): Promise<FileSetDigest> {
  const digests: FileDigest[] = [];
  for (const file of files.toSorted((left, right) => compareNames(left.uri, right.uri))) {
    digests.push({ uri: file.uri, sizeBytes: file.sizeBytes, digest: await digestFile(file) });
  }
  const [only] = digests;
  return {
    files: digests,
    sizeBytes: digests.reduce((sum, file) => sum + file.sizeBytes, 0),
    digest: digests.length === 1 && only !== undefined ? only.digest : digestNames(digests),
  };
}

async function digestFile(file: LocatedFile): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of file.source.open(file.uri)) hash.update(chunk);
  return `sha256:${hash.digest("hex")}`;
}

function digestNames(files: readonly FileDigest[]): string {
  const hash = createHash("sha256");
  for (const { digest, uri } of files) hash.update(`${digest} ${uri}\n`);
  return `sha256:${hash.digest("hex")}`;
}

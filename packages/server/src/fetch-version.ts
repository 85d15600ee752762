import { createHash } from "node:crypto";
import { DataError, InputError, manifestSchema, parseDocument } from "#core";
import type { FileEntry, Manifest } from "#core";
import { checkObjectName, parseObjectUri, type ObjectStore } from "#google";

/** Which version is to be served. */
export interface VersionRequest {
  /** The manifest's URI: `gs://`, `https://` or `file://`. */
  readonly uri: string;
  /** `v1.4.0`; not checked when left out. */
  readonly version?: string | undefined;
  /** `sha256:<hex>` of the manifest's bytes; not checked when left out. */
  readonly digest?: string | undefined;
}

/** A manifest that is the one that was asked for. */
export interface FetchedManifest {
  readonly manifest: Manifest;
  /** `sha256:<hex>` of its bytes. */
  readonly digest: string;
}

const LARGEST_MANIFEST_BYTES = 64 * 1024 * 1024;

/** Reads a manifest and refuses any other than the one that was asked for. */
export async function fetchManifest(
  store: ObjectStore,
  { uri, version, digest: expected }: VersionRequest,
): Promise<FetchedManifest> {
  const bytes = await readWhole(store, uri, LARGEST_MANIFEST_BYTES);
  const digest = digestOf(bytes);
  if (expected !== undefined && digest !== expected) {
    throw new DataError({
      code: "MANIFEST_DIGEST_DIFFERS",
      message: `The manifest ${withoutQuery(uri)} has the digest ${digest}, expected ${expected} (MODEL_DIGEST).`,
      hint: "It is not the manifest that was deployed: deploy the version again, and find out who replaced the file.",
    });
  }
  const text = Buffer.from(bytes).toString("utf8");
  const manifest = parseDocument(manifestSchema, text, withoutQuery(uri));
  if (version !== undefined && manifest.version !== version) {
    throw new InputError({
      code: "VERSION_DIFFERS",
      message: `The manifest ${withoutQuery(uri)} is ${manifest.model} ${manifest.version}, expected ${version} (MODEL_VERSION).`,
      hint: "Let MODEL_URI and MODEL_VERSION name the same version.",
    });
  }
  return { manifest, digest };
}

/** Reads one of a version's files, which lies beside its manifest, and checks size and digest. */
export async function fetchFile(
  store: ObjectStore,
  manifestUri: string,
  file: Pick<FileEntry, "path" | "bytes" | "digest">,
): Promise<Uint8Array> {
  checkObjectName(file.path);
  const bytes = await readBeside(store, manifestUri, file);
  const digest = digestOf(bytes);
  if (digest === file.digest) return bytes;
  throw new DataError({
    code: "FILE_DIGEST_DIFFERS",
    message: `${file.path} beside the manifest has ${bytes.length} bytes and the digest ${digest}; the manifest says ${file.bytes} bytes and ${file.digest}.`,
    hint: "The file was replaced or cut off after the version was registered: push the version again to a place of its own.",
    place: { file: file.path },
  });
}

async function readBeside(
  store: ObjectStore,
  manifestUri: string,
  { path, bytes }: Pick<FileEntry, "path" | "bytes">,
): Promise<Uint8Array> {
  try {
    return await readWhole(store, besideUri(manifestUri, path), bytes);
  } catch (error) {
    const isMissing = error instanceof InputError && error.code === "OBJECT_NOT_FOUND";
    if (!isMissing || !path.includes("/")) throw error;
    // A release's assets have no folders: a/b.onnx is called a--b.onnx there.
    const asset = besideUri(manifestUri, path.replaceAll("/", "--"));
    return await readWhole(store, asset, bytes).catch(() => {
      throw error;
    });
  }
}

/** The URI of a file in the folder of another one. */
export function besideUri(uri: string, path: string): string {
  const { kind } = parseObjectUri(uri);
  const folder = withoutQuery(uri).replace(/[^/]*$/, "");
  // Names in gs:// are taken letter by letter; the other two are URLs.
  return folder + (kind === "gs" ? path : path.split("/").map(encodeURIComponent).join("/"));
}

/** Reads an object up to one byte more than it may have, so that a wrong size is seen and memory is bounded. */
async function readWhole(
  store: ObjectStore,
  uri: string,
  largestBytes: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of store.read(uri)) {
    chunks.push(chunk);
    total += chunk.length;
    if (total > largestBytes) break;
  }
  return Buffer.concat(chunks);
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** A signed address's query is a credential: it stays out of messages. */
function withoutQuery(uri: string): string {
  return uri.startsWith("gs://") ? uri : uri.replace(/[?#].*$/s, "");
}

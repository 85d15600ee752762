import {
  formatDocument,
  InputError,
  parseDocument,
  pushRecordSchema,
  selectVersion,
  suggestNearest,
  DataError,
  type Clock,
  type FileEntry,
  type Log,
  type Manifest,
  type PushRecord,
  type VersionEntry,
  type VersionHistory,
} from "#core";
import { checkObjectName, type Created, type ObjectStore, type UploadProgress } from "#google";
import pLimit from "p-limit";
import type { Inputs } from "./inputs.ts";

/** Where a version's files lie before they are pushed. */
export interface VersionFiles {
  /** Path of a local copy with that very digest, taken from the run directory or the release. */
  locate(entry: VersionEntry, file: FileEntry): Promise<string>;
}

/** What push-artifact needs of the world. */
export interface Ports {
  readonly history: VersionHistory;
  readonly files: VersionFiles;
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  maskSecret(value: string): void;
}

/** One pushed file. */
export interface PushedObject extends Created {
  readonly path: string;
}

export interface Outcome {
  readonly model: string;
  readonly version: string;
  readonly home: string;
  readonly objects: readonly PushedObject[];
  readonly manifestUri: string;
  readonly durationMs: number;
}

/**
 * Puts a version's files where serving reads them, once, verified. `push.json` is written last:
 * a version is in the bucket when it is there.
 */
export async function pushArtifact(inputs: Inputs, ports: Ports): Promise<Outcome> {
  const started = ports.clock.now().getTime();
  const entry = selectVersion(await ports.history.read(inputs.model), inputs.version);
  const manifest = await ports.history.manifest(entry);
  const home = homeOf(inputs, manifest, entry);
  const files = chooseFiles(inputs, manifest);
  for (const file of files)
    checkObjectName(`${home.replace(/^\w+:\/\/[^/]*\/?/, "")}/${file.path}`);

  const objects = await pushFiles(inputs, { entry, files, home, ports });
  const written = await pushManifest(inputs, { manifest, home, ports });
  const all = [...objects, written];
  await writePushRecord({ manifest, home, objects: all, ports });
  const durationMs = ports.clock.now().getTime() - started;
  return {
    model: entry.model,
    version: entry.version,
    home,
    objects: all,
    manifestUri: written.uri,
    durationMs,
  };
}

/** The version's recorded home, unless the workflow says where. */
function homeOf(inputs: Inputs, manifest: Manifest, entry: VersionEntry): string {
  const place = inputs.pathTemplate
    .replaceAll("{model}", entry.model)
    .replaceAll("{version}", entry.version);
  if (inputs.destination !== null) return `${inputs.destination}/${place}`;
  if (manifest.home !== null) return manifest.home;
  throw new InputError({
    code: "NO_DESTINATION",
    message: `${entry.tag} was registered without a destination, and the step gives none.`,
    hint: "Set destination: gs://bucket/prefix in slipway.yml or in with:.",
  });
}

function chooseFiles(inputs: Inputs, manifest: Manifest): readonly FileEntry[] {
  if (inputs.files === null) return manifest.files;
  return inputs.files.map((path) => {
    const file = manifest.files.find((candidate) => candidate.path === path);
    if (file !== undefined) return file;
    const known = manifest.files.map((candidate) => candidate.path);
    throw new InputError({
      code: "FILE_NOT_IN_VERSION",
      message: `files: ${manifest.model} ${manifest.version} has no ${path}.`,
      hint: suggestNearest(path, known),
    });
  });
}

interface Push {
  readonly entry: VersionEntry;
  readonly home: string;
  readonly ports: Ports;
}

/**
 * Several at once; after one has failed no other is begun, and those under way come to their end
 * before the failure is told, so that nothing is written behind its back.
 */
async function pushFiles(
  inputs: Inputs,
  { files, ...push }: Push & { readonly files: readonly FileEntry[] },
): Promise<PushedObject[]> {
  const limit = pLimit({ concurrency: inputs.concurrency, rejectOnClear: true });
  const pushes = files.map((file) => limit(() => pushFile(inputs, { ...push, file })));
  try {
    return await Promise.all(pushes);
  } catch (error) {
    limit.clearQueue();
    await Promise.allSettled(pushes);
    throw error;
  }
}

async function pushFile(
  inputs: Inputs,
  { entry, file, home, ports }: Push & { readonly file: FileEntry },
): Promise<PushedObject> {
  const uri = `${home}/${file.path}`;
  const path = await ports.files.locate(entry, file);
  const created = await ports.store.createOnly(
    uri,
    { path },
    {
      sha256: file.digest,
      attributes: { cacheControl: inputs.cacheControl, contentType: contentTypeOf(file.path) },
      onProgress: progressLines(ports, file.path),
      onSecret: (secret) => ports.maskSecret(secret),
      signal: ports.signal,
    },
  );
  ports.log.info(`${created.kind === "created" ? "Stored" : "Already there, equal"}: ${uri}`);
  return { ...created, path: file.path };
}

async function pushManifest(
  inputs: Inputs,
  {
    manifest,
    home,
    ports,
  }: { readonly manifest: Manifest; readonly home: string; readonly ports: Ports },
): Promise<PushedObject> {
  const bytes = Buffer.from(formatDocument(manifest));
  const created = await ports.store.createOnly(
    `${home}/manifest.json`,
    { bytes },
    {
      attributes: { cacheControl: inputs.cacheControl, contentType: "application/json" },
      signal: ports.signal,
    },
  );
  return { ...created, path: "manifest.json" };
}

/** Written last; an earlier run's record of the same files is success. */
async function writePushRecord(parts: {
  readonly manifest: Manifest;
  readonly home: string;
  readonly objects: readonly PushedObject[];
  readonly ports: Ports;
}): Promise<void> {
  const { manifest, home, objects, ports } = parts;
  const uri = `${home}/push.json`;
  const record: PushRecord = {
    schema: "slipway/push@1",
    model: manifest.model,
    version: manifest.version,
    created: ports.clock.now().toISOString(),
    home,
    objects: objects.map((object) => ({
      path: object.path,
      uri: object.uri,
      bytes: object.bytes,
      digest: object.sha256,
      crc32c: object.crc32c,
      generation: object.generation,
    })),
  };
  const swapped = await ports.store.compareAndSwap(uri, Buffer.from(formatDocument(record)), {
    expectedGeneration: "0",
    attributes: { contentType: "application/json" },
    signal: ports.signal,
  });
  if (swapped.kind === "swapped") return;
  const present = parseDocument<PushRecord>(pushRecordSchema, await ports.store.readText(uri), uri);
  const other = objects.find((object) =>
    present.objects.some((known) => known.path === object.path && known.digest !== object.sha256),
  );
  if (other === undefined) return;
  throw new DataError({
    code: "PUSH_DIFFERS",
    message: `${uri} records another ${other.path}: ${present.objects.find(({ path }) => path === other.path)?.digest} there, ${other.sha256} here.`,
    hint: "Nothing was overwritten. Another version's files lie under this prefix: look at destination and path-template.",
  });
}

const LINE_EVERY_MS = 5000;

/** A line every few seconds while a large file is on its way: how far, how fast, how long still. */
function progressLines(ports: Ports, name: string): (progress: UploadProgress) => void {
  const started = ports.clock.now().getTime();
  let last = started;
  return ({ confirmedBytes, totalBytes }) => {
    const now = ports.clock.now().getTime();
    if (now - last < LINE_EVERY_MS || confirmedBytes === 0) return;
    last = now;
    const bytesPerSecond = confirmedBytes / ((now - started) / 1000);
    const left = Math.round((totalBytes - confirmedBytes) / bytesPerSecond);
    const percent = Math.floor((100 * confirmedBytes) / totalBytes);
    ports.log.info(
      `${name}: ${percent} %, ${(bytesPerSecond / 1e6).toFixed(1)} MB/s, ${left} s left`,
    );
  };
}

function contentTypeOf(path: string): string {
  if (path.endsWith(".json")) return "application/json";
  if (path.endsWith(".jsonl")) return "application/x-ndjson";
  if (path.endsWith(".md")) return "text/markdown; charset=utf-8";
  if (path.endsWith(".html")) return "text/html; charset=utf-8";
  return "application/octet-stream";
}

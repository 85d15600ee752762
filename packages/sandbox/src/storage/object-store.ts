import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readJsonFile, writeJsonFile } from "../google-identity/json-file.ts";
import type { BucketRecord, ObjectRecord } from "./records.ts";

/**
 * Buckets and objects on disk: `buckets/<bucket>/bucket.json`, one JSON file an object under
 * `objects/`, the bytes of each generation under `contents/`. All of it is in memory as well, and
 * each change is one synchronous step, so that of two writers at once exactly one comes first.
 */
export interface ObjectStore {
  bucket(name: string): BucketRecord | undefined;
  buckets(): readonly BucketRecord[];
  saveBucket(bucket: BucketRecord): void;
  removeBucket(name: string): void;
  object(bucket: string, name: string): ObjectRecord | undefined;
  objects(bucket: string): readonly ObjectRecord[];
  /** Keeps an object; of a replaced generation the bytes go. */
  saveObject(object: ObjectRecord): void;
  removeObject(object: ObjectRecord): void;
  /** File with the bytes of one generation. */
  contentPath(object: Pick<ObjectRecord, "bucket" | "generation">): string;
  /** A new file path for bytes that are on their way in. */
  incomingPath(): string;
  /** A generation number above all before. */
  nextGeneration(): string;
}

/** Opens the store in `stateDirectory`; half-finished incoming files of an earlier life go. */
export function openObjectStore(stateDirectory: string): ObjectStore {
  const root = join(stateDirectory, "buckets");
  const incoming = join(stateDirectory, "incoming");
  rmSync(incoming, { recursive: true, force: true });
  mkdirSync(incoming, { recursive: true });
  mkdirSync(root, { recursive: true });
  const buckets = new Map<string, BucketRecord>();
  const objects = new Map<string, Map<string, ObjectRecord>>();
  for (const name of readdirSync(root)) load(name);
  let lastGeneration = 0;

  function load(directory: string): void {
    const bucket = readJsonFile(join(root, directory, "bucket.json")) as BucketRecord | undefined;
    if (bucket === undefined) return;
    buckets.set(bucket.name, bucket);
    const records = join(root, directory, "objects");
    const names = existsSync(records) ? readdirSync(records) : [];
    const loaded = names
      .filter((file) => file.endsWith(".json"))
      .map((file) => readJsonFile(join(records, file)) as ObjectRecord);
    objects.set(bucket.name, new Map(loaded.map((object) => [object.name, object])));
  }

  // Object names hold slashes and more than a file name may.
  const recordPath = ({ bucket, name }: ObjectRecord): string =>
    join(root, bucket, "objects", `${createHash("sha256").update(name).digest("hex")}.json`);
  const contentPath: ObjectStore["contentPath"] = ({ bucket, generation }) =>
    join(root, bucket, "contents", generation);

  return {
    bucket: (name) => buckets.get(name),
    buckets: () => [...buckets.values()],
    saveBucket: (bucket) => {
      mkdirSync(join(root, bucket.name, "contents"), { recursive: true });
      writeJsonFile(join(root, bucket.name, "bucket.json"), bucket);
      buckets.set(bucket.name, bucket);
      if (!objects.has(bucket.name)) objects.set(bucket.name, new Map());
    },
    removeBucket: (name) => {
      rmSync(join(root, name), { recursive: true, force: true });
      buckets.delete(name);
      objects.delete(name);
    },
    object: (bucket, name) => objects.get(bucket)?.get(name),
    objects: (bucket) => [...(objects.get(bucket)?.values() ?? [])],
    saveObject: (object) => {
      const before = objects.get(object.bucket)?.get(object.name);
      writeJsonFile(recordPath(object), object);
      objects.get(object.bucket)?.set(object.name, object);
      if (before !== undefined && before.generation !== object.generation) {
        rmSync(contentPath(before), { force: true });
      }
    },
    removeObject: (object) => {
      rmSync(recordPath(object), { force: true });
      objects.get(object.bucket)?.delete(object.name);
      rmSync(contentPath(object), { force: true });
    },
    contentPath,
    incomingPath: () => join(incoming, randomUUID()),
    nextGeneration: () => {
      lastGeneration = Math.max(Date.now() * 1000, lastGeneration + 1);
      return String(lastGeneration);
    },
  };
}

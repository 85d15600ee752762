import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Records of one kind, in memory and one JSON file each on disk. */
export interface Collection<T> {
  get(key: string | number): T | undefined;
  /** Writes the record to disk before it returns. */
  put(key: string | number, record: T): T;
  delete(key: string | number): boolean;
  /** Every record, in the order of creation. */
  all(): readonly T[];
}

/** The state of one service in one folder. */
export interface Store {
  readonly directory: string;
  collection<T>(name: string): Collection<T>;
  /** The next whole number of a sequence; never given out twice, also across restarts. */
  nextId(sequence: string): number;
}

/** Writes a file so that a reader, or a crash, sees the old content or the new, never a part. */
export function writeFileAtomically(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, content);
  renameSync(temporary, path);
}

/** Opens the state that a folder holds, empty when it is new. */
export function openStore(directory: string): Store {
  mkdirSync(directory, { recursive: true });
  const countersPath = join(directory, "counters.json");
  const counters = readJson<Record<string, number>>(countersPath) ?? {};
  return {
    directory,
    collection: <T>(name: string) => openCollection<T>(join(directory, name)),
    nextId: (sequence) => {
      const next = (counters[sequence] ?? 0) + 1;
      counters[sequence] = next;
      writeFileAtomically(countersPath, JSON.stringify(counters));
      return next;
    },
  };
}

interface StoredRecord<T> {
  readonly key: string;
  readonly order: number;
  readonly record: T;
}

function openCollection<T>(directory: string): Collection<T> {
  const stored = readDirectory<T>(directory);
  const records = new Map(stored.map((entry) => [entry.key, entry]));
  let lastOrder = stored.at(-1)?.order ?? 0;
  const pathOf = (key: string) => join(directory, `${encodeURIComponent(key)}.json`);
  return {
    get: (key) => records.get(String(key))?.record,
    put: (key, record) => {
      const name = String(key);
      const order = records.get(name)?.order ?? (lastOrder += 1);
      const entry = { key: name, order, record };
      writeFileAtomically(pathOf(name), `${JSON.stringify(entry)}\n`);
      records.set(name, entry);
      return record;
    },
    delete: (key) => {
      rmSync(pathOf(String(key)), { force: true });
      return records.delete(String(key));
    },
    all: () => [...records.values()].map((entry) => entry.record),
  };
}

function readDirectory<T>(directory: string): readonly StoredRecord<T>[] {
  mkdirSync(directory, { recursive: true });
  return readdirSync(directory)
    .filter((name) => name.endsWith(".json"))
    .flatMap((name) => readJson<StoredRecord<T>>(join(directory, name)) ?? [])
    .toSorted((left, right) => left.order - right.order);
}

function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as T;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new Error(`The sandbox's state in ${path} cannot be read. Delete the state folder.`, {
      cause: error,
    });
  }
}

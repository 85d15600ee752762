import { createHash } from "node:crypto";

/** Everything that decides what comes out of a run. */
export interface RunIdentity {
  readonly model: string;
  readonly code: string | null;
  readonly data: readonly string[];
  readonly testData: readonly string[];
  /** How the data was read: types and missing values. */
  readonly reading: unknown;
  readonly target: string | null;
  readonly features: readonly string[];
  readonly task: string | null;
  readonly params: unknown;
  readonly seed: number;
  readonly split: unknown;
  readonly trainer: string;
  readonly command: string | null;
  readonly predictCommand: string | null;
  /** Digests of the lock files by name. */
  readonly locks: Readonly<Record<string, string>>;
}

/** The first 16 hexadecimal digits of the SHA-256 over the identity's canonical JSON: the same inputs, the same id. */
export function computeRunId(identity: RunIdentity): string {
  return createHash("sha256").update(canonicalJson(identity)).digest("hex").slice(0, 16);
}

/** JSON with the keys of every map in UTF-16 order and without blanks. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value)
    .filter(([, entry]) => entry !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, entry]) => `${JSON.stringify(key)}:${canonicalJson(entry)}`);
  return `{${entries.join(",")}}`;
}

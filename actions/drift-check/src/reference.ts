import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import {
  DataError,
  InputError,
  parseDocument,
  profileSchema,
  selectVersion,
  type ColumnProfile,
  type Manifest,
  type Profile,
  type RunRecord,
  type Table,
  type VersionHistory,
} from "#core";
import { profileTable, readTable, type RemoteSources } from "#data";
import { inTemporaryFolder } from "#toolkit";
import type { Inputs } from "./inputs.ts";

/** Where a reference is looked for. */
export interface ReferenceSources {
  readonly history: VersionHistory;
  readonly workspace: string;
  readonly temporaryDirectory: string;
  readonly remote: RemoteSources;
}

/** What the current data is compared with. */
export interface Reference {
  /** As the report names it, e.g. `weather v1.0.0` or the file. */
  readonly name: string;
  /** `null` for a file. */
  readonly version: string | null;
  readonly profile: Profile;
  readonly run: RunRecord | null;
  readonly evaluation: Manifest["evaluation"];
  /** The rows themselves, where the reference is a file of rows. */
  readonly table: Table | null;
}

/**
 * Finds the reference: a version's profile in its release, a profile, or rows that are summarised.
 *
 * @throws InputError `VERSION_NOT_FOUND`, `REFERENCE_WITHOUT_PROFILE`; DataError `FUTURE_PROFILE`
 */
export async function findReference(inputs: Inputs, sources: ReferenceSources): Promise<Reference> {
  const { reference } = inputs;
  if (reference.kind === "version") return fromVersion(inputs, reference.selector, sources);
  return /\.json$/i.test(reference.path)
    ? fromProfile(reference.path, sources)
    : fromRows(inputs, reference.path, sources);
}

async function fromVersion(
  { model }: Inputs,
  selector: string,
  { history, temporaryDirectory }: ReferenceSources,
): Promise<Reference> {
  const entry = selectVersion(await history.read(model), selector);
  const manifest = await history.manifest(entry);
  const file = manifest.files.find(
    ({ role, path }) => role === "profile" || path === "profile.json",
  );
  if (file === undefined) {
    throw new InputError({
      code: "REFERENCE_WITHOUT_PROFILE",
      message: `${entry.tag} has no profile.json: there is nothing to compare the current data with.`,
      hint: "Train with train-model or judge with evaluate-gate before register-version, or give reference: a profile.json or a file of rows.",
    });
  }
  const text = await inTemporaryFolder(temporaryDirectory, "slipway-drift-", async (folder) => {
    const path = join(folder, "profile.json");
    await history.download(entry, file.path, path);
    return readFile(path, "utf8");
  });
  const profile = parseProfile(text, `${file.path} of ${entry.tag}`);
  return {
    name: `${model} ${entry.version}`,
    version: entry.version,
    profile,
    run: manifest.run,
    evaluation: manifest.evaluation,
    table: null,
  };
}

async function fromProfile(path: string, sources: ReferenceSources): Promise<Reference> {
  const text = await readText(path, sources);
  return { ...ofFile(path), profile: parseProfile(text, path), table: null };
}

async function fromRows(
  inputs: Inputs,
  path: string,
  { workspace, remote }: ReferenceSources,
): Promise<Reference> {
  const table = await readTable(path, { directory: workspace, remote });
  const roles: Record<string, ColumnProfile["role"]> = { prediction: "prediction" };
  if (inputs.target !== null) roles[inputs.target] = "label";
  for (const { name } of table.columns) if (name.startsWith("score_")) roles[name] = "score";
  return { ...ofFile(path), profile: profileTable(table, { roles }), table };
}

function ofFile(path: string): Pick<Reference, "name" | "version" | "run" | "evaluation"> {
  return { name: path, version: null, run: null, evaluation: null };
}

async function readText(path: string, { workspace, remote }: ReferenceSources): Promise<string> {
  const scheme = /^([a-z]+):\/\//i.exec(path)?.[1]?.toLowerCase();
  try {
    const source = scheme === undefined ? undefined : remote[scheme];
    if (source === undefined) return await readFile(resolve(workspace, path), "utf8");
    const chunks: Uint8Array[] = [];
    for await (const chunk of source.open(path)) chunks.push(chunk);
    return Buffer.concat(chunks).toString("utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code !== "ENOENT") throw cause;
    throw new InputError({
      code: "REFERENCE_NOT_FOUND",
      message: `reference: ${path} cannot be read.`,
      hint: "Check the path, relative to the repository's root, or name a version or a stage.",
      cause,
    });
  }
}

/**
 * Reads a profile.
 *
 * @throws DataError `FUTURE_PROFILE` where a later release of Slipway wrote it
 */
export function parseProfile(text: string, file: string): Profile {
  const found = /"schema"\s*:\s*"slipway\/profile@(\d+)"/.exec(text)?.[1];
  if (found !== undefined && Number(found) > 1) {
    throw new DataError({
      code: "FUTURE_PROFILE",
      message: `${file} is slipway/profile@${found}; this release of Slipway reads slipway/profile@1.`,
      hint: "Use a newer release of drift-check, or make the profile again with this one.",
      place: { file },
    });
  }
  return parseDocument<Profile>(profileSchema, text, file);
}

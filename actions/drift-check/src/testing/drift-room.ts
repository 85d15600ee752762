import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { formatDocument, type Manifest, type Profile } from "#core";
import { memoryHistory, rememberingLog, someManifest, someRun, steppingClock } from "#core/testing";
import { profileTable, readTable } from "#data";
import { rawInputs } from "#toolkit";
import { parseInputs, type Inputs } from "../inputs.ts";
import type { Ports } from "../ports.ts";
import {
  memoryDesk,
  memoryRetraining,
  type MemoryDesk,
  type MemoryRetraining,
} from "./memory-desk.ts";

const DATA = join(import.meta.dirname, "../../../../test/fixtures/data");

/** Path of a file among the repository's real data. */
export function dataFile(name: string): string {
  return join(DATA, name);
}

/** The rows of the Seattle weather whose date begins with one of the years, as CSV. */
export async function seattle(...years: readonly string[]): Promise<string> {
  return cut(await readFile(dataFile("drift/weather_seattle.csv"), "utf8"), years);
}

/** The same of New York. */
export async function newYork(...years: readonly string[]): Promise<string> {
  return cut(await readFile(dataFile("drift/weather_new_york.csv"), "utf8"), years);
}

function cut(text: string, years: readonly string[]): string {
  const [header = "", ...rows] = text.trimEnd().split("\n");
  const wanted = rows.filter((row) => years.some((year) => row.startsWith(year)));
  return `${[header, ...wanted].join("\n")}\n`;
}

/** A room to check drift in: files, a clock, and fakes at every port. */
export interface Room {
  readonly folder: string;
  readonly desk: MemoryDesk;
  readonly retraining: MemoryRetraining;
  readonly log: ReturnType<typeof rememberingLog>;
  readonly uploads: string[];
  readonly ports: Ports;
  /** Another check: its own key, later by so many hours. */
  next(key: string, hours?: number): Promise<Ports>;
  write(name: string, content: string | Uint8Array): Promise<string>;
}

/** Opens a room whose history has these versions; the last one is in production. */
export async function openRoom(
  versions: readonly {
    readonly manifest: Manifest;
    readonly profile: Profile | string | null;
  }[] = [],
): Promise<Room> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-drift-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const clock = steppingClock("2026-01-08T06:00:00Z");
  const desk = memoryDesk();
  const retraining = memoryRetraining(clock);
  const log = rememberingLog();
  const uploads: string[] = [];
  const write = async (name: string, content: string | Uint8Array): Promise<string> => {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    return path;
  };
  const newest = versions.at(-1)?.manifest.version;
  const ports: Ports = {
    history: memoryHistory({
      versions: versions.map(({ manifest, profile }) => ({
        manifest,
        files:
          profile === null
            ? {}
            : { "profile.json": typeof profile === "string" ? profile : formatDocument(profile) },
      })),
      stages: newest === undefined ? [] : [["production", newest]],
      write: async (path, content) => {
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, content);
      },
    }),
    issues: desk,
    retraining,
    artifacts: {
      upload: (name) => {
        uploads.push(name);
        return Promise.resolve(1);
      },
      list: () => Promise.resolve([]),
      download: () => Promise.resolve(),
    },
    remote: {},
    workspace: folder,
    temporaryDirectory: join(folder, "temporary"),
    canUpload: true,
    attempt: 1,
    checkKey: "1-drift",
    runUrl: "https://github.test/actions/runs/1",
    clock,
    log,
    signal: new AbortController().signal,
  };
  return {
    folder,
    desk,
    retraining,
    log,
    uploads,
    ports,
    write,
    next: async (key, hours = 24) => {
      await clock.wait(hours * 3_600_000);
      return { ...ports, checkKey: key };
    },
  };
}

/** A version of the weather model whose profile is that of a CSV text. */
export async function weatherVersion(
  version: `v${string}`,
  csv: string,
  extra: Partial<Manifest> = {},
): Promise<{ readonly manifest: Manifest; readonly profile: Profile }> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-drift-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "reference.csv");
  await writeFile(path, csv);
  const digest = `sha256:${"1".repeat(64)}`;
  const run = someRun({
    time_column: "date",
    id_columns: [],
    classes: ["drizzle", "fog", "rain", "snow", "sun"],
    files: [{ path: "profile.json", role: "profile", bytes: 1, digest }],
  });
  return {
    manifest: someManifest({ run, version, files: run.files, ...extra }),
    profile: profileTable(await readTable(path), { roles: { weather: "label" } }),
  };
}

/** Inputs as a step would give them. */
export function someInputs(values: Readonly<Record<string, string>>): Inputs {
  return parseInputs(rawInputs({ model: "weather", ...values }));
}

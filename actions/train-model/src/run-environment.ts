import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { RunRecord } from "#core";
import { measureFile } from "#toolkit";

const execute = promisify(execFile);

/** Files that pin what a trainer runs on. */
const LOCK_FILES = [
  "uv.lock",
  "poetry.lock",
  "Pipfile.lock",
  "pdm.lock",
  "conda-lock.yml",
  "environment.yml",
  "requirements.txt",
  "renv.lock",
  "Cargo.lock",
  "go.sum",
  "Manifest.toml",
  "package-lock.json",
  "pnpm-lock.yaml",
  "yarn.lock",
];

/** What the run's machine and installation are. */
export interface RunEnvironment {
  readonly record: RunRecord["environment"];
  /** Digests of lock files by name, where the command runs. */
  readonly locks: Readonly<Record<string, string>>;
}

/** Describes the machine and, for a command, what is installed where it runs. */
export async function describeEnvironment(
  options: Place & { readonly command: string | null },
): Promise<RunEnvironment> {
  const { command, directory, environment } = options;
  const image = environment["ImageOS"];
  const version = environment["ImageVersion"];
  const python =
    command !== null && /\b(?:python[\d.]*|pip3?|uv|poetry|conda|pdm|pipenv)\b/.test(command);
  const node = command !== null && /\b(?:node|npm|npx|pnpm|yarn|bun|tsx)\b/.test(command);
  return {
    record: {
      os: process.platform,
      architecture: process.arch,
      image: image ? `${image}${version ? ` ${version}` : ""}` : null,
      node: process.version,
      python: python ? await readPythonVersion(options) : null,
      packages: {
        ...(node && (await readPackageLock(directory))),
        ...(python && (await readInstalledPackages(options))),
      },
    },
    locks: command === null ? {} : await digestLocks(directory),
  };
}

async function digestLocks(directory: string): Promise<Readonly<Record<string, string>>> {
  const locks: Record<string, string> = {};
  for (const name of LOCK_FILES) {
    const measured = await measureFile(join(directory, name)).catch(() => null);
    if (measured !== null) locks[name] = measured.digest;
  }
  return locks;
}

/** Where a command runs, and with what. */
interface Place {
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** `python3` where there is no `python`; what is missing is left out, never an error. */
async function askPython(
  { directory, environment }: Place,
  args: readonly string[],
): Promise<string | null> {
  for (const name of ["python", "python3"]) {
    const answer = await execute(name, [...args], {
      cwd: directory,
      env: environment,
      timeout: 20_000,
      maxBuffer: 16 * 1024 * 1024,
    }).catch(() => null);
    if (answer !== null) return answer.stdout;
  }
  return null;
}

async function readPythonVersion(place: Place): Promise<string | null> {
  const answer = await askPython(place, ["--version"]);
  return answer?.trim().replace(/^Python\s+/, "") ?? null;
}

async function readInstalledPackages(place: Place): Promise<Readonly<Record<string, string>>> {
  const listed = await askPython(place, [
    "-m",
    "pip",
    "list",
    "--format=freeze",
    "--disable-pip-version-check",
  ]);
  const pairs = (listed ?? "").split(/\r?\n/).flatMap((line) => {
    const match = /^([\w.-]+)==(\S+)$/.exec(line.trim());
    return match === null ? [] : [[match[1] ?? "", match[2] ?? ""] as const];
  });
  return Object.fromEntries(pairs);
}

async function readPackageLock(directory: string): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(join(directory, "package-lock.json"), "utf8").catch(() => null);
  if (text === null) return {};
  try {
    const lock = JSON.parse(text) as {
      readonly packages?: Readonly<Record<string, { readonly version?: unknown }>>;
    };
    const pairs = Object.entries(lock.packages ?? {}).flatMap(([path, { version }]) =>
      path.startsWith("node_modules/") && typeof version === "string"
        ? [[path.slice("node_modules/".length), version] as const]
        : [],
    );
    return Object.fromEntries(pairs);
  } catch {
    return {};
  }
}

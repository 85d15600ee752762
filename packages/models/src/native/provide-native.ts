import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { InputError } from "#core";
import type { Machine, PinnedPackage } from "./native-packages.ts";
import { hasNativeRuntime, isKept, nativePackages, neededFiles } from "./native-packages.ts";
import { installedNative, type NativeSource } from "./native-source.ts";
import { downloadTarball, registryUrl, type Environment } from "./npm-registry.ts";
import { unpackPackage } from "./unpack-package.ts";

/** What bringing the native runtime needs of the world. */
export interface ProvisionFacts {
  /** `RUNNER_TOOL_CACHE`, `RUNNER_TEMP`, npm's settings, the home folder. */
  readonly environment: Environment;
  readonly signal?: AbortSignal;
  /** Told once, before a download starts. */
  readonly onDownload?: (message: string) => void;
  readonly machine?: Machine;
  readonly packages?: readonly PinnedPackage[];
  readonly retryDelayMs?: number;
  /** Looked in before the tool cache; by default where this code is installed. */
  readonly installed?: NativeSource;
}

const thisMachine: Machine = { platform: process.platform, arch: process.arch };

/**
 * The native runtime where it is installed, else in the runner's tool cache, into which it is
 * brought once from npm's registry. Later runs find it there and need no network.
 */
export function provisionedNative(facts: ProvisionFacts): NativeSource {
  const { environment, machine = thisMachine, packages = nativePackages } = facts;
  const { installed = installedNative } = facts;
  const folder = cacheFolder(environment, machine, packages);
  const find = async (): Promise<string | null> =>
    (await installed.find()) ?? findIn(folder, machine, packages);
  return {
    find,
    fetch: async () => {
      refuseWithoutRuntime(machine);
      await provision({ ...facts, machine, packages }, folder);
      return entryOf(folder, packages);
    },
  };
}

/** `<tool cache>/slipway-onnxruntime/<version>/<platform>-<arch>`. */
function cacheFolder(
  environment: Environment,
  { platform, arch }: Machine,
  packages: readonly PinnedPackage[],
): string {
  const home = environment["HOME"] ?? environment["USERPROFILE"] ?? homedir();
  const root =
    environment["RUNNER_TOOL_CACHE"] ||
    environment["XDG_CACHE_HOME"] ||
    environment["LOCALAPPDATA"] ||
    join(home, ".cache");
  const version = packages[0]?.version ?? "none";
  return join(root, "slipway-onnxruntime", version, `${platform}-${arch}`);
}

function entryOf(folder: string, packages: readonly PinnedPackage[]): string {
  return join(folder, "node_modules", packages[0]?.name ?? "", "dist/index.js");
}

/** The folder appears whole by a rename; files are looked for again because caches get cleaned. */
function findIn(
  folder: string,
  machine: Machine,
  packages: readonly PinnedPackage[],
): string | null {
  const whole = packages.every((pinned) =>
    neededFiles(pinned, machine).every((path) =>
      existsSync(join(folder, "node_modules", pinned.name, path)),
    ),
  );
  return whole ? entryOf(folder, packages) : null;
}

interface Provision extends ProvisionFacts {
  readonly machine: Machine;
  readonly packages: readonly PinnedPackage[];
}

async function provision(facts: Provision, folder: string): Promise<void> {
  const { environment, packages, onDownload } = facts;
  const registry = registryUrl(environment);
  const parent = dirname(folder);
  await mkdir(parent, { recursive: true });
  await removeAbandoned(parent);
  const megabytes = packages.reduce((sum, { tarballBytes }) => sum + tarballBytes, 0) / 1e6;
  const [first] = packages;
  onDownload?.(
    `Bringing ${first?.name} ${first?.version} (${megabytes.toFixed(0)} MB) from ${registry.host} into ${folder}.`,
  );
  const downloads = await mkdtemp(join(environment["RUNNER_TEMP"] || tmpdir(), "slipway-native-"));
  try {
    await downloadAll(facts, registry, downloads);
    await unpackAll(facts, downloads, folder);
  } finally {
    await rm(downloads, { recursive: true, force: true });
  }
}

async function downloadAll(facts: Provision, registry: URL, downloads: string): Promise<void> {
  const { packages, signal, retryDelayMs } = facts;
  for (const pinned of packages) {
    await downloadTarball(pinned, {
      registry,
      path: join(downloads, tarballName(pinned)),
      signal,
      ...(retryDelayMs !== undefined && { retryDelayMs }),
    });
  }
}

async function unpackAll(facts: Provision, downloads: string, folder: string): Promise<void> {
  const { packages, machine, signal } = facts;
  // Beside its place, because only within one file system is a rename whole.
  const fresh = await mkdtemp(join(dirname(folder), abandonedPrefix));
  try {
    for (const pinned of packages) {
      await unpackPackage({
        tarball: join(downloads, tarballName(pinned)),
        fileName: tarballName(pinned),
        folder: join(fresh, "node_modules", pinned.name),
        isKept: (path) => isKept(pinned, machine, path),
        needed: neededFiles(pinned, machine),
        signal,
      });
    }
    await putInPlace(fresh, folder, () => findIn(folder, machine, packages) !== null);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

function tarballName({ name, version }: PinnedPackage): string {
  return `${name}-${version}.tgz`;
}

/** Of two that bring it at once the first one's stands; a folder that was cleaned halfway makes room. */
async function putInPlace(fresh: string, folder: string, isThere: () => boolean): Promise<void> {
  for (const isLast of [false, true]) {
    try {
      await rename(fresh, folder);
      return;
    } catch (cause) {
      if (isThere()) return;
      if (isLast) throw cause;
      await rm(folder, { recursive: true, force: true });
    }
  }
}

const abandonedPrefix = ".unfinished-";
const ABANDONED_AFTER_MS = 60 * 60_000;

/** What a killed process left; what another one is writing now is younger. */
async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(abandonedPrefix)) continue;
    const path = join(parent, name);
    const changed = await stat(path).catch(() => null);
    if (changed !== null && Date.now() - changed.mtimeMs > ABANDONED_AFTER_MS) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

function refuseWithoutRuntime(machine: Machine): void {
  const isMusl = machine === thisMachine && machine.platform === "linux" && !hasGlibc();
  if (hasNativeRuntime(machine) && !isMusl) return;
  const name = `${machine.platform}-${machine.arch}${isMusl ? " with musl" : ""}`;
  throw new InputError({
    code: "NATIVE_RUNTIME_MISSING",
    message: `onnxruntime-node has no library for ${name}.`,
    hint: "Use engine: wasm, which runs everywhere.",
  });
}

function hasGlibc(): boolean {
  const report = process.report.getReport() as { readonly header?: object };
  return report.header !== undefined && "glibcVersionRuntime" in report.header;
}

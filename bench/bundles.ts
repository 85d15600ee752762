import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { build, type Metafile } from "esbuild";

const root = resolve(import.meta.dirname, "..");

/** A built bundle: `register-version.mjs` with the chunks that load before its own first line. */
export interface Bundle {
  readonly name: string;
  readonly bytes: number;
  /** Chunks that static imports load, directly or through another chunk. */
  readonly startChunks: readonly { readonly path: string; readonly bytes: number }[];
}

/** What `dist/` holds. */
export interface Distribution {
  readonly bundles: readonly Bundle[];
  /** Everything in the folder but the WebAssembly. */
  readonly bytesBesideWasm: number;
}

/** Reads a built folder: its entries and what each loads at start. */
export async function readDistribution(directory: string): Promise<Distribution> {
  const files = await listFiles(directory);
  const entries = files.map(({ path }) => path).filter((path) => /^[^/]+\.mjs$/.test(path));
  const { inputs } = await readImports(directory, { entryPoints: entries, packages: "external" });
  const bundles = entries.map((name): Bundle => {
    const [own, ...chunks] = listStaticImports(inputs, name);
    if (own === undefined) throw new Error(`${name} is not in its own graph`);
    const startChunks = chunks.map((path) => ({ path, bytes: inputs[path]?.bytes ?? 0 }));
    return { name, bytes: inputs[own]?.bytes ?? 0, startChunks };
  });
  const counted = files.filter(({ path }) => !path.endsWith(".wasm"));
  return { bundles, bytesBesideWasm: counted.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** Bytes that Node reads before a bundle's own first line. */
export function startBytes({ bytes, startChunks }: Bundle): number {
  return startChunks.reduce((sum, chunk) => sum + chunk.bytes, bytes);
}

/** The npm packages that the sources of an entry import statically, however deep. */
export async function listStartPackages(entryPoint: string): Promise<readonly string[]> {
  const { inputs } = await readImports(root, { entryPoints: [entryPoint], packages: "bundle" });
  const packages = listStaticImports(inputs, entryPoint).flatMap((path) => {
    const match = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(path);
    return match?.[1] === undefined ? [] : [match[1]];
  });
  return [...new Set(packages)].toSorted();
}

async function readImports(
  directory: string,
  options: {
    readonly entryPoints: readonly string[];
    readonly packages: "bundle" | "external";
  },
): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: directory,
    entryPoints: [...options.entryPoints],
    packages: options.packages,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    outdir: join(directory, "never-written"),
    write: false,
    metafile: true,
    logLevel: "error",
    external: ["onnxruntime-node", "@tensorflow/tfjs-node", "fsevents"],
  });
  return metafile;
}

/** The entry and all that it reaches by static imports. */
function listStaticImports(inputs: Metafile["inputs"], entry: string): readonly string[] {
  const seen = new Set<string>([entry]);
  for (const path of seen) {
    for (const { kind, external, path: next } of inputs[path]?.imports ?? []) {
      if (kind !== "dynamic-import" && external !== true && next in inputs) seen.add(next);
    }
  }
  return [...seen];
}

async function listFiles(
  directory: string,
): Promise<readonly { readonly path: string; readonly bytes: number }[]> {
  const names = await readdir(directory, { recursive: true });
  const files = await Promise.all(
    names.toSorted().map(async (path) => {
      const facts = await stat(join(directory, path));
      return facts.isFile() ? [{ path: path.replaceAll("\\", "/"), bytes: facts.size }] : [];
    }),
  );
  return files.flat();
}

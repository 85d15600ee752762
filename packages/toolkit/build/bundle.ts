/**
 * Builds every action into `dist/`: one ESM bundle an action over shared, hashed chunks.
 * `node packages/toolkit/build/bundle.ts [--out DIR]`
 */
import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";
import { buildPageScript, type PageScript } from "../../report/build/page-script.ts";

const root = resolve(import.meta.dirname, "../../..");
const outIndex = process.argv.indexOf("--out");
const outDirectory = resolve(
  outIndex > 0 ? (process.argv[outIndex + 1] ?? "dist") : join(root, "dist"),
);

/** `{ "train-model": "actions/train-model/src/main.ts", "deploy-cloud-run-post": "…/post.ts", "server": … }` */
async function findEntries(): Promise<Record<string, string>> {
  const entries: Record<string, string> = {};
  for (const name of await readdir(join(root, "actions"))) {
    for (const [file, suffix] of [
      ["main.ts", ""],
      ["post.ts", "-post"],
    ] as const) {
      const path = join(root, "actions", name, "src", file);
      if ((await stat(path).catch(() => null)) !== null) entries[name + suffix] = path;
    }
  }
  const server = join(root, "packages/server/src/main.ts");
  if ((await stat(server).catch(() => null)) !== null) entries["server"] = server;
  return entries;
}

/** @actions/core needs an HTTP client for one function that Slipway does not call: 455 kB that load at start. */
const leaveOutHttpClient: Plugin = {
  name: "leave-out-http-client",
  setup(plugin) {
    plugin.onResolve({ filter: /^@actions\/http-client/ }, (args) =>
      /[\\/]@actions[\\/]core[\\/]/.test(args.importer)
        ? { path: args.path, namespace: "left-out", sideEffects: false }
        : undefined,
    );
    plugin.onLoad({ filter: /.*/, namespace: "left-out" }, () => ({
      contents: "export class HttpClient {}; export class BearerCredentialHandler {};",
    }));
  },
};

/** The script of report pages becomes text in a chunk of its own, read only when a page is written. */
function inlinePageScript({ text }: PageScript): Plugin {
  return {
    name: "inline-page-script",
    setup(plugin) {
      plugin.onLoad({ filter: /packages[\\/]report[\\/]src[\\/]page-script\.ts$/ }, () => ({
        contents: `export const readPageScript = async () => (await import("page-script")).text;`,
      }));
      plugin.onResolve({ filter: /^page-script$/ }, ({ path }) => ({ path, namespace: "made" }));
      plugin.onLoad({ filter: /^page-script$/, namespace: "made" }, () => ({
        contents: `export const text = ${JSON.stringify(text)};`,
      }));
    },
  };
}

async function bundle(pageScript: PageScript): Promise<Metafile> {
  await rm(outDirectory, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: await findEntries(),
    outdir: outDirectory,
    outExtension: { ".js": ".mjs" },
    chunkNames: "chunks/[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    minify: true,
    keepNames: false,
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
    // Found at run time where a user or the tool cache has them.
    external: ["onnxruntime-node", "@tensorflow/tfjs-node", "fsevents"],
    banner: {
      js: `import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);`,
    },
    plugins: [leaveOutHttpClient, inlinePageScript(pageScript)],
  });
  return metafile;
}

/** The engine's WebAssembly lies beside the bundles. */
async function copyWasm(): Promise<void> {
  const require = createRequire(import.meta.url);
  const folder = dirname(require.resolve("onnxruntime-web"));
  const name = "ort-wasm-simd-threaded.wasm";
  await copyFile(join(folder, name), join(outDirectory, name));
}

/** Licences of everything that was bundled, by package. */
async function writeLicences(...metafiles: readonly Metafile[]): Promise<void> {
  const packages = new Set<string>();
  for (const input of metafiles.flatMap(({ inputs }) => Object.keys(inputs))) {
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (match?.[1] !== undefined) packages.add(match[1]);
  }
  // Many packages carry the same text: it is printed once, under all their names.
  const namesOfText = new Map<string, string[]>();
  for (const folder of [...packages].sort()) {
    const { name, text } = await readLicence(folder);
    namesOfText.set(text, [...(namesOfText.get(text) ?? []), name]);
  }
  const parts = [...namesOfText].map(([text, names]) => `${names.join("\n")}\n\n${text}`);
  const header = "What is bundled in dist/ and under which licence.";
  await writeFile(
    join(outDirectory, "LICENCES.txt"),
    `${[header, ...parts].join(`\n\n${"-".repeat(78)}\n\n`)}\n`,
  );
}

async function readLicence(
  folder: string,
): Promise<{ readonly name: string; readonly text: string }> {
  const about = JSON.parse(await readFile(join(root, folder, "package.json"), "utf8")) as {
    readonly name: string;
    readonly version: string;
    readonly license?: unknown;
  };
  const files = (await readdir(join(root, folder)))
    .filter((name) => /^(?:licen[cs]e|notice|copying)/i.test(name))
    .sort();
  const texts = await Promise.all(files.map((name) => readFile(join(root, folder, name), "utf8")));
  const licence = typeof about.license === "string" ? about.license : "see its text";
  return { name: `${about.name} ${about.version} (${licence})`, text: texts.join("\n\n").trim() };
}

await mkdir(outDirectory, { recursive: true });
const pageScript = await buildPageScript();
const metafile = await bundle(pageScript);
await copyWasm();
await writeLicences(metafile, pageScript.metafile);

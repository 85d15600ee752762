import { join } from "node:path";
import { build, type Metafile } from "esbuild";

const root = join(import.meta.dirname, "../../..");

/** The bundled script of report pages, and what went into it. */
export interface PageScript {
  readonly text: string;
  readonly metafile: Metafile;
}

/** Bundles what `packages/report/browser` holds into one classic script. */
export async function buildPageScript(): Promise<PageScript> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: ["packages/report/browser/main.ts"],
    outfile: "page-script.js",
    bundle: true,
    write: false,
    format: "iife",
    platform: "browser",
    target: ["chrome115", "firefox115", "safari16"],
    minify: true,
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });
  return { text: outputFiles[0]?.text ?? "", metafile };
}

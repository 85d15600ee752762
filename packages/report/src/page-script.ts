let built: Promise<string> | null = null;

/**
 * The script of report pages, minified. From the sources it is bundled when asked for; in `dist/`
 * the build has put the text in this module's place, in a chunk that is read only when a page is
 * written.
 */
export function readPageScript(): Promise<string> {
  built ??= bundlePageScript();
  return built;
}

async function bundlePageScript(): Promise<string> {
  const { buildPageScript } = await import("../build/page-script.ts");
  return (await buildPageScript()).text;
}

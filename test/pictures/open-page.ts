import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Browser, Page } from "playwright-core";

/** How a reader looks at a page. */
export interface View {
  readonly colorScheme: "light" | "dark";
  readonly width: number;
}

/** Opens the page and notes what it says to the console and asks of the network. */
export async function openPage(
  browser: Browser,
  html: string,
  { colorScheme, width }: View,
): Promise<{ readonly tab: Page; readonly noises: readonly string[] }> {
  const noises: string[] = [];
  const tab = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  tab.on("console", (message) => noises.push(`console: ${message.text()}`));
  tab.on("pageerror", (error) => noises.push(`error: ${error.message}`));
  tab.on("request", (request) => noises.push(`request: ${request.url()}`));
  tab.on("dialog", (dialog) => {
    noises.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await tab.setContent(html, { waitUntil: "load" });
  await tab.waitForSelector(".plot-area svg");
  return { tab, noises };
}

/** What axe-core calls serious or critical. */
export async function findViolations(tab: Page): Promise<readonly string[]> {
  const require = createRequire(import.meta.url);
  // Evaluated from outside, which the page's policy does not concern.
  await tab.evaluate(await readFile(require.resolve("axe-core/axe.min.js"), "utf8"));
  const found = await tab.evaluate<{ violations: AxeViolation[] }>("axe.run(document)");
  return found.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(
      ({ id, help, nodes }) => `${id}: ${help} in ${nodes.length}: ${nodes[0]?.html.slice(0, 200)}`,
    );
}

interface AxeViolation {
  readonly id: string;
  readonly help: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

import { deepEqual } from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Browser, Page } from "playwright-core";
import type { Check, PeerSuite } from "../peers/check.ts";
import { findChromium, howToInstall, startBrowser } from "./browser.ts";
import { scenarios } from "./scenarios.ts";

/** Holds report.html to what a browser and axe-core say of it. */
export const pageSuite: PeerSuite = {
  peer: "Chromium and axe-core",
  run: async (check) => {
    const executable = await findChromium();
    if (executable === null) {
      console.log(`  SKIPPED  Chromium and axe-core: THERE IS NO CHROMIUM. ${howToInstall}`);
      return;
    }
    const browser = await startBrowser(executable);
    try {
      for (const { name, report } of scenarios) {
        const { page } = await report();
        await checkPage(check, { browser, name, html: page });
      }
    } finally {
      await browser.close();
    }
  },
};

interface Subject {
  readonly browser: Browser;
  readonly name: string;
  readonly html: string;
}

async function checkPage(check: Check, subject: Subject): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    const { tab, noises } = await openPage(subject, { colorScheme, width: 1280 });
    await check(`${subject.name}, ${colorScheme}: axe finds nothing serious`, async () => {
      deepEqual(await findViolations(tab), []);
    });
    await check(`${subject.name}, ${colorScheme}: no error, no request`, () => {
      deepEqual(noises, []);
    });
    await tab.close();
  }
}

/** Opens the page and notes what it says to the console and asks of the network. */
async function openPage(
  { browser, html }: Subject,
  { colorScheme, width }: { readonly colorScheme: "light" | "dark"; readonly width: number },
): Promise<{ readonly tab: Page; readonly noises: readonly string[] }> {
  const noises: string[] = [];
  // The policy forbids every script but the page's own; axe comes in from outside.
  const tab = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  tab.on("console", (message) => noises.push(`console: ${message.text()}`));
  tab.on("pageerror", (error) => noises.push(`error: ${error.message}`));
  tab.on("request", (request) => noises.push(`request: ${request.url()}`));
  await tab.setContent(html, { waitUntil: "load" });
  await tab.waitForSelector(".plot-area svg");
  return { tab, noises };
}

async function findViolations(tab: Page): Promise<readonly string[]> {
  const require = createRequire(import.meta.url);
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

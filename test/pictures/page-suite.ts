import { deepEqual, ok } from "node:assert/strict";
import type { Browser } from "playwright-core";
import type { Check, PeerSuite } from "../peers/check.ts";
import { findChromium, howToInstall, startBrowser } from "./browser.ts";
import { checkKeyboard } from "./keyboard-checks.ts";
import { findViolations, openPage } from "./open-page.ts";
import { scenarios } from "./scenarios.ts";

/** The page of a usual evaluation must be small enough to send around. */
const LARGEST_PAGE = 600_000;

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
        const { comment, page } = await report();
        await check(`${name}: the comment fits into what GitHub takes`, () => {
          ok(comment.length <= 65_000, `${comment.length} characters`);
        });
        await check(`${name}: the page is smaller than ${LARGEST_PAGE / 1000} kB`, () => {
          ok(page.length < LARGEST_PAGE, `${page.length} bytes`);
        });
        await checkPage(check, { browser, name, html: page });
        if (name === "good-model") await checkKeyboard(check, { browser, html: page });
        if (name === "hostile-text") await checkHostile(check, { browser, html: page });
        await checkWithoutScript(check, { browser, name, html: page });
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

const VIEWS = [
  { colorScheme: "light", width: 1280 },
  { colorScheme: "dark", width: 1280 },
  { colorScheme: "light", width: 390 },
] as const;

async function checkPage(check: Check, { browser, name, html }: Subject): Promise<void> {
  for (const view of VIEWS) {
    const { tab, noises } = await openPage(browser, html, view);
    const what = `${name}, ${view.colorScheme}, ${view.width} pixels`;
    await check(`${what}: axe finds nothing serious`, async () => {
      deepEqual(await findViolations(tab), []);
    });
    await check(`${what}: no error, no request, nothing wider than the page`, async () => {
      deepEqual(noises, []);
      const wider = await tab.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
      ok(wider <= 0, `${wider} pixels stick out`);
    });
    await tab.close();
  }
}

async function checkHostile(
  check: Check,
  { browser, html }: Pick<Subject, "browser" | "html">,
): Promise<void> {
  const { tab } = await openPage(browser, html, VIEWS[0]);
  await check("hostile text stays text", async () => {
    const found = await tab.evaluate<Record<string, number>>(`({
      images: document.images.length,
      links: document.querySelectorAll('a[href^="javascript"]').length,
      scripts: document.querySelectorAll('script:not([type])').length,
      headings: document.querySelectorAll('h1').length,
    })`);
    deepEqual(found, { images: 0, links: 0, scripts: 1, headings: 1 });
    ok((await tab.locator("body").innerText()).includes("<img src=x onerror=alert(1)>"));
  });
  await tab.close();
}

async function checkWithoutScript(check: Check, { browser, name, html }: Subject): Promise<void> {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const tab = await context.newPage();
  await tab.setContent(html);
  await check(`${name}: without JavaScript every chart's figures stand in a table`, async () => {
    const figures = await tab.locator("figure").count();
    ok(figures > 0);
    deepEqual(await tab.locator("figure:has(details[open] td:visible)").count(), figures);
  });
  await context.close();
}

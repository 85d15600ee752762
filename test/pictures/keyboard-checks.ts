import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import type { Browser, Locator, Page } from "playwright-core";
import type { Check } from "../peers/check.ts";
import { openPage } from "./open-page.ts";

/** Walks through a binary model's page by keyboard, and once by pointer. */
export async function checkKeyboard(
  check: Check,
  { browser, html }: { readonly browser: Browser; readonly html: string },
): Promise<void> {
  const steps: readonly (readonly [string, (tab: Page) => Promise<void>])[] = [
    ["Tab reaches every chart and control", reachEverything],
    ["arrow keys read a curve's values with intervals, Escape stops", readCurve],
    ["the slider moves the threshold of all charts, Escape takes it back", moveThreshold],
    ["a legend's button puts a series away and back", toggleSeries],
    ["a picker changes the metric of slices and of the history", pickMetric],
    ["a table's header orders it by numbers, down, up and as it was", sortTable],
    ["the pointer shows the nearest value", hover],
    ["paper shows charts without controls", print],
  ];
  for (const [sentence, walk] of steps) {
    const { tab } = await openPage(browser, html, { colorScheme: "light", width: 1280 });
    await check(sentence, () => walk(tab));
    await tab.close();
  }
}

const CONTROLS =
  ".plot-area, select, input, .legend button, th button, summary, .threshold button:not(:disabled)";

async function reachEverything(tab: Page): Promise<void> {
  const all = await tab.evaluate<number>(`(() => {
    const seen = [...document.querySelectorAll(${JSON.stringify(CONTROLS)})]
      .filter((element) => element.checkVisibility());
    seen.forEach((element, at) => element.setAttribute("data-walk", String(at)));
    return seen.length;
  })()`);
  ok(all > 30, `${all} controls`);
  const reached = new Set<string>();
  for (let press = 0; press < all + 60 && reached.size < all; press++) {
    await tab.keyboard.press("Tab");
    const at = await tab.evaluate<string | null>(
      'document.activeElement?.getAttribute("data-walk") ?? null',
    );
    if (at !== null) reached.add(at);
  }
  equal(reached.size, all);
}

const chart = (tab: Page, title: string): Locator =>
  tab.locator("figure").filter({ has: tab.locator("figcaption", { hasText: title }) });

const spoken = (tab: Page): Promise<string> => tab.locator("[role=status]").innerText();

async function readCurve(tab: Page): Promise<void> {
  const area = chart(tab, "ROC curve").locator(".plot-area");
  await area.focus();
  await tab.keyboard.press("End");
  const last = await spoken(tab);
  match(last, /^this model from .*true positive rate \S+ \[\S+, \S+\]$/);
  ok(await area.locator(".tip").isVisible());
  await tab.keyboard.press("ArrowLeft");
  notEqual(await spoken(tab), last);
  await tab.keyboard.press("ArrowDown");
  match(await spoken(tab), /^production/);
  await tab.keyboard.press("Escape");
  ok(!(await area.locator(".tip").isVisible()));
}

async function moveThreshold(tab: Page): Promise<void> {
  const cells = async (): Promise<string> =>
    chart(tab, "Confusion matrix").locator(".plot-area svg").innerHTML();
  const dots = (title: string): Promise<number> => chart(tab, title).locator("svg circle").count();
  const before = await cells();
  equal(await dots("ROC curve"), 0);
  await tab.locator(".threshold input").focus();
  for (let press = 0; press < 8; press++) await tab.keyboard.press("ArrowRight");
  notEqual(await cells(), before);
  deepEqual([await dots("ROC curve"), await dots("Precision and recall")], [2, 2]);
  match(
    await tab.locator(".rates").innerText(),
    /this model: precision \S+ \[\S+, \S+\] · recall .*\n.*production/,
  );
  await tab.keyboard.press("Escape");
  equal(await cells(), before);
  equal(await dots("ROC curve"), 0);
}

async function toggleSeries(tab: Page): Promise<void> {
  const curves = chart(tab, "ROC curve");
  const lines = (): Promise<number> =>
    curves.locator('svg path[stroke], svg g[stroke^="var(--c"]').count();
  const before = await lines();
  const button = curves.locator(".legend button").nth(1);
  await button.focus();
  await tab.keyboard.press("Space");
  equal(await button.getAttribute("aria-pressed"), "false");
  ok((await lines()) < before);
  await tab.keyboard.press("Space");
  equal(await lines(), before);
}

async function pickMetric(tab: Page): Promise<void> {
  for (const title of ["By region", "Metrics over versions"]) {
    const figure = chart(tab, title);
    const label = (): Promise<string | null> => figure.locator("svg").getAttribute("aria-label");
    const before = await label();
    await figure.locator("select").focus();
    await tab.keyboard.press("ArrowDown");
    notEqual(await label(), before);
  }
}

async function sortTable(tab: Page): Promise<void> {
  const table = tab.locator("table").filter({ hasText: "before → now" }).first();
  const column = async (): Promise<readonly number[]> => {
    const texts = await table.locator("tbody td:nth-child(2)").allInnerTexts();
    return texts.map((text) => Number.parseFloat(text.replace("−", "-")));
  };
  const first = await column();
  const down = first.toSorted((left, right) => right - left);
  const header = table.locator("th").nth(1);
  await header.locator("button").focus();
  await tab.keyboard.press("Enter");
  deepEqual(await column(), down);
  equal(await header.getAttribute("aria-sort"), "descending");
  await tab.keyboard.press("Enter");
  deepEqual(await column(), down.toReversed());
  await tab.keyboard.press("Enter");
  deepEqual(await column(), first);
}

async function hover(tab: Page): Promise<void> {
  const area = chart(tab, "Confusion matrix").locator(".plot-area");
  await area.evaluate((element) => element.scrollIntoView({ block: "center" }));
  const cell = await area.locator("svg rect").first().boundingBox();
  await tab.mouse.move((cell?.x ?? 0) + 20, (cell?.y ?? 0) + 20);
  match(
    await area.locator(".tip").innerText(),
    /true left, predicted left\s+\d+ rows\s+[\d.]+ % \[/,
  );
}

async function print(tab: Page): Promise<void> {
  await tab.emulateMedia({ media: "print", colorScheme: "dark" });
  ok(!(await tab.locator(".threshold").isVisible()));
  ok(await chart(tab, "ROC curve").locator(".plot-area svg").isVisible());
  equal(
    await tab.evaluate<string>("getComputedStyle(document.body).backgroundColor"),
    "rgb(255, 255, 255)",
  );
  const pdf = await tab.pdf({ format: "A4" });
  ok(pdf.length > 20_000);
}

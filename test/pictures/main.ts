/**
 * Takes pictures of the gate's comment and page in every situation: `npm run test:pictures -- [DIR]
 * [SITUATION …]`. To be looked at by people; what a program can hold them to is in `page-suite.ts`.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { findChromium, howToInstall, startBrowser } from "./browser.ts";
import { commentPage } from "./github-comment.ts";
import { scenarios, type Scenario } from "./scenarios.ts";

const [folder = "reports/pictures", ...wanted] = process.argv.slice(2);
const directory = resolve(folder);

const VIEWS = [
  { width: 1280, colorScheme: "light" },
  { width: 1280, colorScheme: "dark" },
  { width: 390, colorScheme: "light" },
  { width: 390, colorScheme: "dark" },
] as const;

async function takePictures(browser: Browser, { name, report }: Scenario): Promise<void> {
  const { comment, page } = await report();
  const files = { comment: await commentPage(comment), report: page };
  await writeFile(join(directory, `${name}.md`), comment);
  for (const [kind, html] of Object.entries(files)) {
    const path = join(directory, `${name}-${kind}.html`);
    await writeFile(path, html);
    for (const { width, colorScheme } of VIEWS) {
      const tab = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
      await tab.goto(pathToFileURL(path).href);
      if (kind === "report") await tab.waitForSelector(".plot-area svg");
      await tab.screenshot({
        path: join(directory, `${name}-${kind}-${width}-${colorScheme}.png`),
        fullPage: true,
      });
      if (kind === "report" && width === 1280 && colorScheme === "light")
        await tab.pdf({ path: join(directory, `${name}.pdf`), format: "A4" });
      await tab.close();
    }
  }
  console.log(`${name}: comment ${comment.length} characters, page ${page.length}`);
}

const executable = await findChromium();
if (executable === null) {
  console.error(`There is no Chromium to take pictures with. ${howToInstall}`);
  process.exitCode = 1;
} else {
  await mkdir(directory, { recursive: true });
  const browser = await startBrowser(executable);
  try {
    for (const scenario of scenarios)
      if (wanted.length === 0 || wanted.includes(scenario.name))
        await takePictures(browser, scenario);
    console.log(`Look at ${directory}`);
  } finally {
    await browser.close();
  }
}

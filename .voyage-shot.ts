import { chromium } from "playwright-core";
export async function shoot(url: string, out: string) {
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
  for (const [name, width, scheme] of [["wide", 1280, "light"], ["dark", 1280, "dark"], ["phone", 390, "dark"]] as const) {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme });
    const page = await context.newPage();
    page.on("console", (m) => console.log("console:", m.text()));
    page.on("pageerror", (e) => console.log("pageerror:", e.message));
    await page.goto(url);
    await page.waitForTimeout(2500);
    const overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    console.log(name, "overflow", overflow);
    await page.screenshot({ path: `${out}-${name}.png`, fullPage: true });
    await context.close();
  }
  await browser.close();
}
if (process.argv[2]) await shoot(process.argv[2], process.argv[3]!);

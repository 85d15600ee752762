import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright-core";
import { runProgram } from "../peers/tools.ts";

const CANDIDATES = [
  process.env["CHROMIUM_PATH"] ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** What to do where there is no browser. */
export const howToInstall =
  "Install Chromium (Debian, as root: apt-get install chromium fonts-noto-color-emoji), or name one in CHROMIUM_PATH.";

/** Chromium's path; on a Debian machine root installs it when it is missing. `null` where there is none. */
export async function findChromium(): Promise<string | null> {
  const found = CANDIDATES.find((path) => path !== "" && existsSync(path));
  if (found !== undefined) return found;
  if (!existsSync("/usr/bin/apt-get") || process.getuid?.() !== 0) return null;
  console.log("Installing Debian's chromium (once, some minutes) …");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const packages = ["chromium", "fonts-noto-color-emoji"];
  const install = ["install", "--yes", "--no-install-recommends", ...packages];
  for (const parameters of [["update"], install]) {
    const { code, stderr } = await runProgram("apt-get", parameters, { env });
    if (code === 0) continue;
    console.log(`apt-get ${parameters[0]} ended with ${code}: ${stderr.trim().slice(-400)}`);
    return null;
  }
  return CANDIDATES.find((path) => path !== "" && existsSync(path)) ?? null;
}

/** Starts Chromium without a window. */
export function startBrowser(executablePath: string): Promise<Browser> {
  // Root has no sandbox in a container, and the pages are Slipway's own.
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { FACTS, parseSettings, resolveSettings } from "#core";
import { INPUT_NAMES } from "../../packages/toolkit/src/generated/input-names.ts";

const root = join(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const pages = globSync(["*.md", "actions/*/README.md"], { cwd: root }).toSorted();

/** Code blocks of a language. */
function blocksOf(text: string, language: string): readonly string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm");
  return [...text.matchAll(fence)].map((match) => match[1] ?? "");
}

describe("what the documentation says", () => {
  it.each(pages)("%s links only to files that exist", (page) => {
    const targets = [...read(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
      .map((match) => match[1] ?? "")
      .filter((target) => !/^[a-z]+:/.test(target));
    const missing = targets.filter((target) => !existsSync(join(root, dirname(page), target)));
    expect(missing).toEqual([]);
  });

  it("README.md's slipway.yml is read, for every action", () => {
    const [text = ""] = blocksOf(read("README.md"), "yaml");
    const settings = parseSettings(text, "README.md", INPUT_NAMES);
    const actions = Object.keys(INPUT_NAMES);
    expect(actions).toHaveLength(7);
    const inputs = actions.map((action) => {
      const query = { model: null, environment: "production", action };
      return [action, Object.keys(resolveSettings(settings, query).inputs)];
    });
    expect(Object.fromEntries(inputs)).toMatchObject({
      "train-model": ["data"],
      "evaluate-gate": ["thresholds"],
      "drift-check": ["current", "window", "on-drift", "retrain-workflow"],
    });
  });

  it("README.md's table names the seven actions", () => {
    for (const action of Object.keys(INPUT_NAMES))
      expect(read("README.md")).toContain(`[${action}](actions/${action}/README.md)`);
  });

  it("CONTRIBUTING.md names every package, and facts that exist", () => {
    const text = read("CONTRIBUTING.md");
    const packages = globSync("packages/*/src", { cwd: root }).map(
      (path) => path.split(/[\\/]/)[1],
    );
    for (const name of packages) expect(text).toContain(`${name}/`);
    for (const fact of ["target", "id", "destination"]) expect(FACTS).toContain(fact);
  });

  it("every npm script that the documentation names exists", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const named = ["README.md", "CONTRIBUTING.md"].flatMap((page) =>
      [...read(page).matchAll(/npm run ([\w:]+)/g)].map((match) => match[1] ?? ""),
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

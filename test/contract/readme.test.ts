import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { FACTS, parseSettings, resolveSettings } from "#core";
import { rawInputs, type RawInputs } from "#toolkit";
import { INPUT_NAMES } from "../../packages/toolkit/src/generated/input-names.ts";

const root = join(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const pages = globSync(["*.md", "actions/*/README.md"], { cwd: root }).toSorted();

/** Code blocks of a language. */
function blocksOf(text: string, language: string): readonly string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm");
  return [...text.matchAll(fence)].map((match) => match[1] ?? "");
}

/** Inputs that examples leave to slipway.yml. */
const SETTLED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "train-model": { model: "weather", data: "data.csv" },
  "evaluate-gate": { model: "weather", thresholds: "accuracy >= 0.7" },
  "register-version": { model: "weather" },
  "push-artifact": { model: "weather", destination: "gs://acme-models" },
  "deploy-cloud-run": {
    model: "weather",
    service: "weather-api",
    project: "acme",
    region: "europe-west1",
  },
  "smoke-test": { model: "weather", url: "https://weather.example" },
  "drift-check": { model: "weather", current: "rows.csv", reference: "old.csv" },
};

/** What an expression comes to, by input; else a version. */
const EXPRESSIONS: Readonly<Record<string, string>> = {
  "report-run": "1",
  url: "https://weather.example",
};

interface Step {
  readonly action: string;
  readonly given: Readonly<Record<string, string>>;
}

/** The steps of Slipway's actions anywhere in a workflow or a part of one. */
function stepsIn(node: unknown): readonly Step[] {
  if (Array.isArray(node)) return node.flatMap(stepsIn);
  if (typeof node !== "object" || node === null) return [];
  const { uses, with: inputs } = node as { readonly uses?: unknown; readonly with?: object };
  const [, action] = /^slipway-ml\/slipway\/actions\/([\w-]+)@/.exec(String(uses)) ?? [];
  const inner = Object.values(node).flatMap(stepsIn);
  if (action === undefined) return inner;
  const given = Object.entries(inputs ?? {}).map(([name, value]) => [
    name,
    // An expression is what it comes to at run time.
    String(value)
      .replaceAll(/\$\{\{.*?\}\}/g, EXPRESSIONS[name] ?? "v1.2.3")
      .replace("@sha256:…", `@sha256:${"0".repeat(64)}`),
  ]);
  return [{ action, given: Object.fromEntries(given) as Step["given"] }, ...inner];
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

  it.each(pages)(
    "%s: the steps of its examples have inputs that their actions take",
    async (page) => {
      const faults: string[] = [];
      for (const block of blocksOf(read(page), "yaml")) {
        for (const { action, given } of stepsIn(parse(block, { uniqueKeys: false }) as unknown)) {
          const module = (await import(`../../actions/${action}/src/inputs.ts`)) as {
            readonly parseInputs: (raw: RawInputs) => unknown;
          };
          try {
            // What slipway.yml and the step's token would give.
            module.parseInputs(rawInputs({ ...SETTLED[action], ...given }));
          } catch (error) {
            faults.push(`${action}: ${String(error)}`);
          }
        }
      }
      expect(faults).toEqual([]);
    },
  );

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

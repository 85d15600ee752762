import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "vitest";
import { startSandbox, type RunOutcome, type Sandbox } from "#sandbox";
import { githubCalls, type GithubCalls } from "../../packages/sandbox/src/local-calls.ts";
import { runGit } from "../../packages/sandbox/src/demo/author-git.ts";
import { readable, readRecipe } from "./readme-recipes.ts";
import { repositoryRoot } from "./some-demo.ts";

/** The recipe with node in the place of its Python line, and nothing else changed. */
export function recipeForNode(name: string): string {
  const python = "predict-command: python predict.py\n";
  const recipe = readRecipe(name);
  expect(recipe.split(python)).toHaveLength(2);
  return recipe.replace(python, `predict-command: '"${process.execPath}" predict.mjs'\n`);
}

/** Puts a `pip` that installs nothing on the PATH: `npm test` needs no Python. */
const setupPython = `name: Setup Python (for a test that has none)
description: Puts a pip that installs nothing on the PATH
runs:
  using: composite
  steps:
    - shell: bash
      run: |
        mkdir -p "$RUNNER_TEMP/python"
        printf '#!/bin/sh\\nexit 0\\n' > "$RUNNER_TEMP/python/pip"
        chmod +x "$RUNNER_TEMP/python/pip"
        echo "$RUNNER_TEMP/python" >> "$GITHUB_PATH"
`;

/** Rows of the recipe's columns: who churned is told by the months, but for every ninth. */
export function holdout(count: number): string {
  const lines = Array.from({ length: count }, (_, row) => {
    const months = monthsOf(row);
    return `c${row},${months},${row % 3},${truthOf(row)}`;
  });
  return `${["customer,months,plan,churned", ...lines].join("\n")}\n`;
}

const monthsOf = (row: number): number => (row * 7919) % 24;
const truthOf = (row: number): number => Number(monthsOf(row) < 10 !== (row % 9 === 0));

/** The accuracy of a model that says `1` below a cut, worked out here. */
export function accuracyOf(cut: number, count: number): number {
  const rows = Array.from({ length: count }, (_, row) => row);
  return rows.filter((row) => Number(monthsOf(row) < cut) === truthOf(row)).length / count;
}

/** The recipe's program in JavaScript; the model is a number in a file. */
export const program = `import { readFileSync, writeFileSync } from "node:fs";
const [header, ...lines] = readFileSync(process.env.SLIPWAY_ROWS, "utf8").trim().split("\\n");
const names = header.split(",");
if (names.includes("churned")) throw new Error("the target was handed over");
const cut = Number(readFileSync(process.env.SLIPWAY_MODEL_FILE, "utf8"));
const answers = lines.map((line) => {
  const cells = line.split(",");
  return cells[names.indexOf("row_key")] + "," + Number(Number(cells[names.indexOf("months")]) < cut);
});
writeFileSync(process.env.SLIPWAY_PREDICTIONS, ["row_key,prediction", ...answers].join("\\n") + "\\n");
`;

/** Files of a commit; \`null\` takes one away. */
export type Files = Readonly<Record<string, string | null>>;

/** A repository at the local GitHub, as its people see it. */
export interface Project {
  /** Commits to a branch, made from main where it is new, and pushes it; the run that this starts, if one is waited for. */
  push(branch: string, files: Files): Promise<void>;
  /** Opens a pull request to main. */
  open(branch: string): Promise<number>;
  /** How the next run of the workflow ended. */
  nextRun(): Promise<RunOutcome>;
  comments(pull: number): Promise<readonly string[]>;
  artifacts(runId: number): Promise<readonly { readonly name: string; readonly id: number }[]>;
  readonly github: GithubCalls;
  readonly name: string;
}

/** The local GitHub with its runner, on the built actions. */
export interface GateSandbox {
  readonly sandbox: Sandbox;
  project(name: string, isPrivate?: boolean): Promise<Project>;
  close(): Promise<void>;
}

/** Starts it; `SLIPWAY_ACTIONS_DIRECTORY` names other actions than the repository's own. */
export async function openGateSandbox(): Promise<GateSandbox> {
  const directory = mkdtempSync(path.join(tmpdir(), "slipway-alone-"));
  const python = path.join(directory, "setup-python");
  mkdirSync(python);
  writeFileSync(path.join(python, "action.yml"), setupPython);
  const ended: RunOutcome[] = [];
  const sandbox = await startSandbox({
    stateDirectory: path.join(directory, "sandbox"),
    login: "octocat",
    actionSources: {
      "slipway-ml/slipway": {
        kind: "folder",
        directory: process.env["SLIPWAY_ACTIONS_DIRECTORY"] ?? repositoryRoot,
      },
      "actions/setup-python": { kind: "folder", directory: python },
    },
    onRun: (run) => ended.push(run),
  });
  const github = githubCalls(sandbox.github);
  let taken = 0;
  const nextRun = async (): Promise<RunOutcome> => {
    await expect
      .poll(() => ended.length, { timeout: 120_000, interval: 50 })
      .toBeGreaterThan(taken);
    const run = ended[taken];
    taken += 1;
    if (run === undefined) throw new Error("No run ended.");
    return run;
  };
  return {
    sandbox,
    project: (name, isPrivate = false) =>
      createProject({ name, isPrivate, directory, sandbox, github, nextRun }),
    close: async () => {
      await sandbox.close();
      rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

async function createProject({
  name,
  isPrivate,
  directory,
  sandbox,
  github,
  nextRun,
}: {
  readonly name: string;
  readonly isPrivate: boolean;
  readonly directory: string;
  readonly sandbox: Sandbox;
  readonly github: GithubCalls;
  readonly nextRun: Project["nextRun"];
}): Promise<Project> {
  const route = `/repos/octocat/${name}`;
  await github.json("/user/repos", { body: { name, private: isPrivate } });
  const work = path.join(directory, name);
  mkdirSync(work);
  const git = (...args: readonly string[]) => runGit(work, args);
  const { serverUrl, adminToken } = sandbox.github;
  const remote = `${serverUrl.replace("://", `://octocat:${adminToken}@`)}/octocat/${name}.git`;
  await git("init", "--quiet", "--initial-branch=main");
  const branches = new Set<string>();
  return {
    name,
    github,
    nextRun,
    push: async (branch, files) => {
      if (branches.has(branch)) await git("checkout", "--quiet", branch);
      else if (branches.size > 0) await git("checkout", "--quiet", "-b", branch, "main");
      branches.add(branch);
      for (const [file, content] of Object.entries(files)) {
        const full = path.join(work, file);
        mkdirSync(path.dirname(full), { recursive: true });
        if (content === null) rmSync(full);
        else writeFileSync(full, content);
      }
      await git("add", "--all");
      await git("commit", "--quiet", "--allow-empty", "--message", `Change ${branch}`);
      await git("push", "--quiet", remote, branch);
    },
    open: async (branch) => {
      const body = { title: branch, head: branch, base: "main" };
      return (await github.json<{ readonly number: number }>(`${route}/pulls`, { body })).number;
    },
    comments: async (pull) => {
      const found = await github.json<readonly { readonly body: string }[]>(
        `${route}/issues/${pull}/comments`,
      );
      return found.map(({ body }) => readable(body));
    },
    artifacts: async (runId) => {
      const { artifacts } = await github.json<{
        readonly artifacts: readonly { readonly name: string; readonly id: number }[];
      }>(`${route}/actions/runs/${runId}/artifacts`);
      return artifacts;
    },
  };
}

/**
 * Mutation testing of packages/stats, part by part:
 * `npm run test:mutation -- [--share=0.25] [--seed=1] [part ...]`. Each part is killed by the tests
 * that know it; the golden values are among them. A share runs that much of the mutants, a seeded
 * random sample. Ends with a table of scores and fails below the score that the project promises.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { wilsonInterval } from "#stats";
import { isSampled, SEED_VARIABLE, SHARE_VARIABLE } from "./sample.ts";

interface Part {
  readonly mutate: string;
  /** Globs of test files. */
  readonly tests: readonly string[];
}

const source = "packages/stats/src";

/** Golden values of some parts of the statistics. */
function golden(...names: readonly string[]): readonly string[] {
  return names.map((name) => `test/golden/stats-${name}.test.ts`);
}

/** A folder of the sources with the tests in it. */
function folder(name: string, ...more: readonly string[]): Part {
  return {
    mutate: `${source}/${name}/**/*.ts`,
    tests: [`${source}/${name}/**/*.test.ts`, ...more],
  };
}

const PARTS: Readonly<Record<string, Part>> = {
  hypothesis: folder("hypothesis", ...golden("tests")),
  special: folder("special", ...golden("special")),
  metrics: folder(
    "metrics",
    `${source}/properties.test.ts`,
    ...["", "-delong", "-draws", "-tests"].map(
      (part) => `${source}/uncertainty/definition${part}.test.ts`,
    ),
    ...golden("classification", "regression", "fairness"),
  ),
  drift: folder("drift", ...golden("drift", "evidently")),
  checks: folder("checks", ...golden("checks")),
  top: {
    mutate: `${source}/*.ts`,
    tests: [
      `${source}/quantiles.test.ts`,
      `${source}/sorting.test.ts`,
      `${source}/row-blocks.test.ts`,
      ...golden("regression"),
    ],
  },
  random: folder("random"),
  uncertainty: folder("uncertainty", ...golden("tests")),
};

/** The score that the project promises for the whole, in percent. */
const LEAST_SCORE = 80;

interface Mutant {
  readonly id: string;
  readonly status: string;
}

interface Mutants {
  readonly files: Readonly<Record<string, { readonly mutants: readonly Mutant[] }>>;
}

interface Score {
  readonly part: string;
  readonly killed: number;
  readonly survived: number;
  readonly ignored: number;
}

function runPart(name: string, part: Part): Score {
  const root = join(import.meta.dirname, "../..");
  const stryker = fileURLToPath(import.meta.resolve("@stryker-mutator/core/package.json"));
  const done = spawnSync(
    process.execPath,
    [
      join(dirname(stryker), "bin/stryker.js"),
      "run",
      "test/mutation/stryker.config.json",
      "--mutate",
      [part.mutate, "!**/*.test.ts", "!**/index.ts", "!**/testing/**"].join(","),
    ],
    {
      cwd: root,
      stdio: "inherit",
      env: { ...process.env, SLIPWAY_MUTATION_TESTS: part.tests.join(",") },
    },
  );
  if (done.status !== 0) throw new Error(`Stryker ended with ${done.status} on ${name}`);
  const report = JSON.parse(readFileSync(join(root, "reports/mutation.json"), "utf8")) as Mutants;
  const statuses = Object.values(report.files).flatMap(({ mutants }) =>
    mutants.filter(({ id }) => isSampled(id)).map(({ status }) => status),
  );
  const count = (...wanted: readonly string[]): number =>
    statuses.filter((status) => wanted.includes(status)).length;
  return {
    part: name,
    killed: count("Killed", "Timeout"),
    survived: count("Survived", "NoCoverage"),
    ignored: count("Ignored"),
  };
}

function percent({ killed, survived }: Pick<Score, "killed" | "survived">): number {
  return (100 * killed) / (killed + survived);
}

function tableOf(scores: readonly Score[]): string {
  const sum = (key: "killed" | "survived" | "ignored"): number =>
    scores.reduce((total, score) => total + score[key], 0);
  const whole: Score = {
    part: "whole",
    killed: sum("killed"),
    survived: sum("survived"),
    ignored: sum("ignored"),
  };
  const lines = [...scores, whole].map((score) => {
    const { part, killed, survived } = score;
    const run = killed + survived;
    const { low, high } = wilsonInterval(killed, run);
    const interval = `${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)} %`;
    return `| ${part} | ${run} | ${killed} | ${survived} | ${percent(score).toFixed(1)} % | ${share < 1 ? interval : ""} |`;
  });
  const head = "| part | mutants run | killed | survived | score | 95 % interval of a sample |";
  return [head, "|---|---|---|---|---|---|", ...lines].join("\n");
}

const { values, positionals: chosen } = parseArgs({
  allowPositionals: true,
  options: {
    share: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
  },
});
const share = Number(values.share);
if (!(share > 0 && share <= 1)) {
  console.error(`The share is ${values.share}; give a number above 0, up to 1.`);
  process.exit(2);
}
process.env[SHARE_VARIABLE] = String(share);
process.env[SEED_VARIABLE] = String(Math.trunc(Number(values.seed)));
const unknown = chosen.filter((name) => !(name in PARTS));
if (unknown.length > 0) {
  console.error(
    `No part is called ${unknown.join(", ")}; the parts are ${Object.keys(PARTS).join(", ")}.`,
  );
  process.exit(2);
}
const scores = Object.entries(PARTS)
  .filter(([name]) => chosen.length === 0 || chosen.includes(name))
  .map(([name, part]) => runPart(name, part));
console.log(tableOf(scores));
const killed = scores.reduce((sum, score) => sum + score.killed, 0);
const survived = scores.reduce((sum, score) => sum + score.survived, 0);
if (percent({ killed, survived }) < LEAST_SCORE) process.exit(1);

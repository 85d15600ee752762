import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Measure, VersionHistory } from "#core";
import { memoryHistory, someManifest, someRun } from "#core/testing";
import {
  openWorkspace,
  writeWeatherRun,
  type Workspace,
} from "../../actions/evaluate-gate/src/testing/some-gate.ts";
import {
  binaryRows,
  classRows,
  csvOf,
  hostileRows,
  valueRows,
  type Quality,
  type Rows,
} from "./made-rows.ts";

/** A report as a pull request and a browser get it. */
export interface Reported {
  readonly comment: string;
  readonly page: string;
}

/** A situation that a reviewer meets. */
export interface Scenario {
  readonly name: string;
  readonly report: () => Promise<Reported>;
}

const good: Quality = { signal: 2.6, noise: 0.55, bias: 0, seed: 11 };
const production: Quality = { signal: 2.2, noise: 0.9, bias: 0, seed: 12 };
const bad: Quality = { signal: 1.4, noise: 1.6, bias: 0.6, seed: 13 };
const same: Quality = { ...production, noise: 0.97, seed: 14 };

const binaryThresholds = [
  "accuracy >= 0.72",
  "roc_auc >= production - 0.01",
  "recall >= production - 0.03",
  "log_loss <= production + 2%",
  "accuracy[region] >= 0.6 warn",
].join("\n");

/** The situations of which pictures are taken. */
export const scenarios: readonly Scenario[] = [
  {
    name: "good-model",
    report: () =>
      runGate({
        rows: (quality) => binaryRows(1500, quality),
        candidate: good,
        baseline: production,
        versions: 6,
        inputs: { thresholds: binaryThresholds, slices: "region,plan" },
      }),
  },
  {
    name: "bad-model",
    report: () =>
      runGate({
        rows: (quality) => binaryRows(1500, quality),
        candidate: bad,
        baseline: production,
        versions: 20,
        inputs: { thresholds: binaryThresholds, slices: "region" },
      }),
  },
  {
    name: "first-version",
    report: () =>
      runGate({
        rows: (quality) => binaryRows(412, quality),
        candidate: production,
        baseline: null,
        versions: 0,
        inputs: { thresholds: binaryThresholds },
      }),
  },
  {
    name: "regression",
    report: () =>
      runGate({
        rows: (quality) => valueRows(900, quality),
        candidate: good,
        baseline: production,
        versions: 3,
        inputs: {
          thresholds: "rmse <= 6\nmae <= production + 1%\nr2 >= 0.6\nrmse[district] <= 9 warn",
          slices: "district",
        },
      }),
  },
  {
    name: "twelve-classes",
    report: () =>
      runGate({
        rows: (quality) => classRows(2400, quality),
        candidate: good,
        baseline: production,
        versions: 4,
        inputs: { thresholds: "accuracy >= 0.6\nf1_macro >= production - 0.01", slices: "camera" },
      }),
  },
  {
    name: "forty-slices",
    report: () =>
      runGate({
        rows: (quality) => binaryRows(4000, quality, 40),
        candidate: same,
        baseline: production,
        versions: 2,
        inputs: {
          thresholds: "accuracy >= 0.7\naccuracy[region] >= 0.68\nroc_auc >= production - 0.02",
          slices: "region",
        },
      }),
  },
  {
    name: "inconclusive",
    report: () =>
      runGate({
        rows: (quality) => binaryRows(160, quality),
        candidate: same,
        baseline: production,
        versions: 1,
        inputs: { thresholds: "accuracy >= 0.6\nroc_auc >= production - 0.005" },
      }),
  },
  { name: "explained-model", report: judgeWeather },
  {
    name: "hostile-text",
    report: () =>
      runGate({
        rows: hostileRows,
        candidate: good,
        baseline: null,
        versions: 0,
        inputs: {
          thresholds: 'accuracy["|<img src=x>`@octocat`"] >= 0.6\naccuracy >= 0.99',
          slices: "|<img src=x>`@octocat`",
        },
      }),
  },
];

/** A model that is scored in the gate's own process, so that it can be asked why. */
async function judgeWeather(): Promise<Reported> {
  const workspace = openWorkspace();
  try {
    await writeWeatherRun(workspace);
    await workspace.gate(
      {
        model: "weather",
        slices: "location, auto",
        thresholds: "accuracy >= 0.7",
        resamples: "500",
      },
      { pullRequest },
    );
    return await readReport(workspace);
  } finally {
    await workspace.remove();
  }
}

async function readReport(workspace: Workspace): Promise<Reported> {
  const comment = workspace.comments[0]?.body;
  if (comment === undefined) throw new Error("the gate wrote no comment");
  return { comment, page: await workspace.read("slipway-run/report.html") };
}

const pullRequest = {
  number: 7,
  baseCommit: "b".repeat(40),
  headCommit: "c".repeat(40),
  fromFork: false,
};

interface GateSituation {
  readonly rows: (quality: Quality) => Rows;
  readonly candidate: Quality;
  readonly baseline: Quality | null;
  readonly versions: number;
  readonly inputs: Readonly<Record<string, string>>;
}

async function runGate(situation: GateSituation): Promise<Reported> {
  const { rows, candidate, baseline, versions, inputs } = situation;
  const workspace = openWorkspace();
  try {
    const made = rows(candidate);
    await workspace.write("predictions.csv", csvOf(made));
    const history =
      baseline === null
        ? memoryHistory({ versions: [] })
        : pastVersions(versions, { made, predictions: csvOf(rows(baseline)) });
    await workspace.gate(
      {
        model: "churn",
        predictions: "predictions.csv",
        target: made.target,
        id: "id",
        resamples: "500",
        ...(made.positive !== null && {
          "positive-class": made.positive,
          scores: made.columns.at(-1) ?? "",
        }),
        ...inputs,
      },
      {
        history,
        pullRequest,
        runUrl: "https://github.example/acme/models/actions/runs/12345",
      },
    );
    return await readReport(workspace);
  } finally {
    await workspace.remove();
  }
}

/** Versions of which the newest is in production and keeps its predictions. */
function pastVersions(
  count: number,
  { made, predictions }: { readonly made: Rows; readonly predictions: string },
): VersionHistory {
  const digest = `sha256:${"e".repeat(64)}`;
  const bytes = predictions.length;
  const files = [{ path: "predictions.csv", role: "predictions" as const, bytes, digest }];
  const names = Array.from({ length: count }, (_, at) => `v1.${at}.0` as const);
  const manifests = names.map((version, at) =>
    someManifest({
      model: "churn",
      version,
      created: new Date(Date.UTC(2026, 0, 5 + 9 * at)).toISOString(),
      run: someRun({ model: "churn", files, classes: [], task: null, split: null }),
      files,
      evaluation: {
        verdict: "pass",
        reason: "All thresholds passed.",
        rows: made.lines.length,
        baseline: null,
        metrics: pastMetrics(made.metrics, at),
      },
    }),
  );
  return memoryHistory({
    versions: manifests.map((manifest) => ({
      manifest,
      files: { "predictions.csv": predictions },
    })),
    stages: [["production", names.at(-1) ?? "v1.0.0"]],
    write: async (path, content) => {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
    },
  });
}

function pastMetrics(names: Readonly<Record<string, number>>, at: number): Record<string, Measure> {
  return Object.fromEntries(
    Object.entries(names).map(([name, value]) => {
      const moved = value * (1 + 0.05 * Math.sin(at * 1.7) - 0.06 / (at + 1));
      return [name, { value: moved, low: moved * 0.965, high: moved * 1.035, n: 1400 }];
    }),
  );
}

import { marked } from "marked";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { memoryHistory, someManifest } from "#core/testing";
import type { RunArtifact, RunFacts } from "#github";
import { rawInputs } from "#toolkit";
import { parseInputs } from "./inputs.ts";
import { postReport, type ReportSource } from "./post-report.ts";
import { renderOutcome } from "./report.ts";
import { openWorkspace, type Workspace } from "./testing/some-gate.ts";

let workspace: Workspace;
beforeEach(() => {
  workspace = openWorkspace();
});
afterEach(() => workspace.remove());

const run: RunFacts = {
  id: 5,
  url: "https://github.test/acme/models/actions/runs/5",
  event: "pull_request",
  headSha: "d".repeat(40),
  headBranch: "better",
  headOwner: "mallory",
};
const artifact = (id: number, name: string, expired = false): RunArtifact => ({
  id,
  name,
  sizeBytes: 1000,
  expired,
});

/** An evaluation as the gate writes it, with the column's name as given. */
async function someEvaluation(column = "group"): Promise<string> {
  const lines = Array.from(
    { length: 100 },
    (_, row) => `${row},${row % 2},${row < 70 ? row % 2 : 1},x`,
  );
  await workspace.write("p.csv", `id,label,prediction,"${column}"\n${lines.join("\n")}\n`);
  await workspace.gate({
    predictions: "p.csv",
    target: "label",
    id: "id",
    resamples: "100",
    thresholds: `accuracy >= 0.9\naccuracy["${column}"] >= 0.9`,
  });
  return workspace.read("slipway-run/evaluation.json");
}

function source(text: string | null, changes: Partial<ReportSource> = {}): ReportSource {
  return {
    run: async () => run,
    pullRequestOf: async () => 12,
    artifactsOf: async () => [
      artifact(1, "slipway-weather-evaluate-gate-1"),
      artifact(3, "slipway-weather-evaluate-gate-10"),
      artifact(2, "slipway-weather-evaluate-gate-2"),
      artifact(9, "slipway-weather-train-model-11"),
      artifact(8, "slipway-weather-evaluate-gate-11", true),
    ],
    fileOf: async () => text,
    ...changes,
  };
}

const post = (reports: ReportSource) =>
  postReport({ model: "weather", runId: 5 }, { ...workspace.ports, reports });

describe("posting the report of another run", () => {
  it("writes the same comment that the gate itself would update, and says whose claim it is", async () => {
    const outcome = await post(source(await someEvaluation()));
    expect(outcome.kind).toBe("posted");
    expect(workspace.comments).toMatchObject([{ number: 12, key: "evaluate-gate weather" }]);
    const body = workspace.comments[0]?.body ?? "";
    expect(body).toContain("## ❌ weather: fail");
    expect(body).toContain(`[its run](${run.url})`);
    expect(body).toContain("read it as the pull request's claim");
    const { outputs, failure } = renderOutcome(outcome);
    expect(outputs).toMatchObject({ verdict: "fail" });
    expect(failure).toBeUndefined();
  });

  it("reads the newest attempt's artifact that has not expired", async () => {
    const asked: string[] = [];
    const text = await someEvaluation();
    await post(
      source(text, {
        fileOf: async ({ name }, file) => {
          asked.push(`${name} ${file}`);
          return text;
        },
      }),
    );
    expect(asked).toEqual(["slipway-weather-evaluate-gate-10 evaluation.json"]);
  });

  it("shows hostile text of the fork's as text", async () => {
    const hostile = "@everyone <img src=x onerror=alert(1)> | `x` [a](https://evil.test)";
    await post(source(await someEvaluation(hostile)));
    const body = workspace.comments[0]?.body ?? "";
    expect(body).not.toMatch(/@everyone|<img|\]\(https:\/\/evil/);
    const html = await marked.parse(body);
    expect(html).not.toContain("<img");
    expect(html.match(/href="([^"]*)"/g)).toEqual([`href="${run.url}"`]);
  });

  it.each<[string, Partial<ReportSource>, string]>([
    ["no such run", { run: async () => null }, "this repository has no workflow run 5"],
    [
      "a newer push",
      { pullRequestOf: async () => null },
      `no open pull request has ${"d".repeat(12)} as its newest commit`,
    ],
    [
      "no artifact",
      { artifactsOf: async () => [artifact(9, "slipway-weather-train-model-11")] },
      `the run ${run.url} left no evaluation of weather: did its gate run?`,
    ],
    [
      "an artifact without an evaluation",
      { fileOf: async () => null },
      "the artifact slipway-weather-evaluate-gate-10 holds no evaluation.json",
    ],
  ])("posts nothing for %s, with a notice", async (_, changes, why) => {
    const outcome = await post(source(await someEvaluation(), changes));
    expect(outcome).toEqual({ kind: "not-posted", why });
    expect(workspace.comments).toEqual([]);
    expect(renderOutcome(outcome).annotations).toEqual([
      { level: "notice", title: "evaluate-gate", message: `No report was posted: ${why}.` },
    ]);
  });

  it("names the checks that failed", async () => {
    const document = JSON.parse(await someEvaluation()) as Record<string, unknown>;
    document["checks"] = [
      {
        name: "duplicates",
        part: "share",
        verdict: "fail",
        level: "warn",
        value: 0.4,
        bound: 0.05,
        operator: "<=",
        message: "40 % of the rows are @training rows.",
      },
    ];
    await post(source(JSON.stringify(document)));
    const html = await marked.parse(workspace.comments[0]?.body ?? "");
    expect(html).toMatch(/duplicates<\/code>: 40 % of the rows are/);
  });

  it("holds what the gate's own report folds away, but for what the document does not hold", async () => {
    const lines = Array.from({ length: 400 }, (_, row) => {
      const place = ["north", "south", "east"][row % 3] ?? "";
      const isWrong = place === "south" ? row % 2 === 0 : row % 10 === 0;
      const label = row % 4 < 2 ? "yes" : "no";
      return `${row},${label},${isWrong ? (label === "yes" ? "no" : "yes") : label},${place},secret-${row}`;
    });
    await workspace.write("p.csv", `id,label,prediction,place,note\n${lines.join("\n")}\n`);
    const manifest = someManifest({
      version: "v1.0.0",
      evaluation: {
        verdict: "pass",
        rows: 300,
        metrics: { accuracy: { value: 0.75, low: 0.7, high: 0.8 } },
      } as never,
    });
    const history = memoryHistory({ versions: [{ manifest, files: {} }], stages: [] });
    await workspace.gate(
      {
        predictions: "p.csv",
        target: "label",
        id: "id",
        resamples: "100",
        slices: "auto, place",
        "show-values": "note",
        baseline: "none",
        thresholds: "accuracy >= 0.5",
      },
      { history },
    );
    const titlesOf = (markdown: string): readonly string[] =>
      [...markdown.matchAll(/<summary>(.*?)<\/summary>/g)].map((match) => match[1] ?? "");
    const own = await workspace.read("slipway-run/report.md");
    await postReport(
      { model: "weather", runId: 5 },
      {
        ...workspace.ports,
        history,
        reports: source(await workspace.read("slipway-run/evaluation.json")),
      },
    );
    const body = workspace.comments[0]?.body ?? "";
    const missing = titlesOf(own).filter((title) => !titlesOf(body).includes(title));
    expect(missing).toEqual([
      "Confusion matrix",
      "Data and model",
      "How it was compared and judged",
    ]);
    expect(titlesOf(body)).toEqual([
      "History: 1 version",
      "Checks: 2 passed, 11 skipped",
      "Slices: place",
      "Weak segments: 1",
      expect.stringMatching(/^Worst errors: \d+ of \d+$/),
      "Confusions: the most frequent of 2",
      "What the model relies on",
      "All 25 metrics",
    ]);
    expect(body).toContain("over versions: 0.7500 <small>v1&#46;0&#46;0</small>");
    expect(own).toContain("secret");
    expect(body).not.toContain("secret");
  });

  it("posts nothing of another model's", async () => {
    const text = (await someEvaluation()).replace('"weather"', '"churn"');
    expect(await post(source(text))).toMatchObject({ kind: "not-posted" });
  });

  it("refuses what is no evaluation, naming the artifact and the field", async () => {
    await expect(post(source('{"schema":"slipway/evaluation@1"}'))).rejects.toThrow(
      /slipway-weather-evaluate-gate-10\/evaluation\.json/,
    );
  });
});

describe("parseInputs", () => {
  it("takes report-run without thresholds, and neither without the other's help", () => {
    expect(parseInputs(rawInputs({ model: "weather", "report-run": "77" }))).toMatchObject({
      reportRun: 77,
      thresholds: [],
    });
    expect(() => parseInputs(rawInputs({ model: "weather", seed: "x" }))).toThrow(
      /thresholds is required[\s\S]*seed/,
    );
  });
});

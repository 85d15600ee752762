import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RemoteError } from "#core";
import { CHECK_SUMMARY_LIMIT_BYTES } from "#github";
import type { Ports } from "./ports.ts";
import { renderOutcome } from "./report.ts";
import { openWorkspace, type Workspace } from "./testing/some-gate.ts";

let workspace: Workspace;
beforeEach(() => {
  workspace = openWorkspace();
});
afterEach(() => workspace.remove());

const pullRequest = {
  number: 7,
  baseCommit: "b".repeat(40),
  headCommit: "a".repeat(40),
  fromFork: false,
};
const settings = "thresholds: |\n  accuracy >= 0.8\n  accuracy[group] >= 0.8 warn\n";
const thresholdFiles = async () => [{ path: "slipway.yml", text: settings }];

async function gate(
  right: number,
  inputs: Readonly<Record<string, string>> = {},
  ports: Partial<Ports> = {},
) {
  const lines = Array.from(
    { length: 100 },
    (_, row) => `${row},${row % 2},${row < right ? row % 2 : 1 - (row % 2)},g${row % 2}`,
  );
  await workspace.write("p.csv", `id,label,prediction,group\n${lines.join("\n")}\n`);
  return workspace.gate(
    {
      predictions: "p.csv",
      target: "label",
      id: "id",
      resamples: "100",
      thresholds: "accuracy >= 0.8\naccuracy[group] >= 0.8 warn",
      ...inputs,
    },
    { pullRequest, thresholdFiles, runUrl: "https://github.test/runs/9", ...ports },
  );
}

describe("the check run", () => {
  it("stands on the pull request's own commit with remarks beside the thresholds", async () => {
    const outcome = await gate(60);
    expect(outcome.check).toEqual({ kind: "written", url: "https://github.test/runs/1" });
    const [check] = workspace.checks;
    expect(check).toMatchObject({
      name: "evaluate-gate weather",
      headSha: "a".repeat(40),
      conclusion: "failure",
      detailsUrl: "https://github.test/runs/9",
    });
    expect(check?.title).toMatch(/^fail: /);
    expect(check?.summary).toContain("## ❌ weather: fail");
    expect(check?.annotations[0]).toMatchObject({
      path: "slipway.yml",
      line: 2,
      level: "failure",
      message: "accuracy >= 0.8: 0.6000",
    });
    expect(check?.annotations.slice(1)).toMatchObject([
      { line: 3, level: "warning", message: "accuracy[group=g0] >= 0.8: 0.6000" },
      { line: 3, level: "warning", message: "accuracy[group=g1] >= 0.8: 0.6000" },
    ]);
  });

  it("leaves the places to the check run, and gives them to the job's annotations without one", async () => {
    const withCheck = renderOutcome(await gate(60));
    expect(withCheck.annotations?.[0]?.file).toBeUndefined();
    const without = renderOutcome(await gate(60, { "check-run": "false" }));
    expect(without.annotations?.[0]).toMatchObject({ file: "slipway.yml", line: 2 });
  });

  it("is neutral when nothing is decided, or when a failed verdict fails no step", async () => {
    await gate(81, { "plain-bounds": "interval" });
    await gate(60, { "fail-on-verdict": "false" });
    await gate(99);
    expect(workspace.checks.map(({ conclusion }) => conclusion)).toEqual([
      "neutral",
      "neutral",
      "success",
    ]);
  });

  it("is added elsewhere only when asked for, on the job's commit", async () => {
    await gate(90, {}, { pullRequest: null });
    expect(workspace.checks).toEqual([]);
    await gate(90, { "check-run": "true" }, { pullRequest: null });
    expect(workspace.checks[0]?.headSha).toBe("c".repeat(40));
  });

  it("that the token may not write is no fault, and a warning when it was asked for", async () => {
    const createCheckRun = () =>
      Promise.reject(
        new RemoteError({
          code: "GITHUB_403",
          message: "GitHub refused POST check-runs with status 403.",
          call: "POST check-runs",
          status: 403,
          retryable: false,
        }),
      );
    expect(renderOutcome(await gate(90, {}, { createCheckRun })).annotations).toEqual([]);
    const asked = renderOutcome(await gate(90, { "check-run": "true" }, { createCheckRun }));
    expect(asked.annotations).toMatchObject([
      { level: "warning", message: expect.stringContaining("checks: write") as string },
    ]);
    expect(asked.outputs["verdict"]).toBe("pass");
  });

  it("fails the step when GitHub breaks down, but not before the comment stands", async () => {
    let written = false;
    const failing = gate(
      90,
      {},
      {
        createCheckRun: () => Promise.reject(new Error("GitHub is down.")),
        writeComment: async () => {
          await sleep(50);
          written = true;
          return "https://github.test/pull/7#issuecomment-1";
        },
      },
    );
    await expect(failing).rejects.toThrow("GitHub is down.");
    expect(written).toBe(true);
  });

  it("fits into the bytes that GitHub takes", async () => {
    const lines = Array.from(
      { length: 6000 },
      (_, row) => `${row},${"😀".repeat(30)}${row % 150},${row % 2},${row % 2}`,
    );
    await workspace.write("p.csv", `id,group,label,prediction\n${lines.join("\n")}\n`);
    await workspace.gate(
      {
        predictions: "p.csv",
        target: "label",
        id: "id",
        resamples: "100",
        slices: "group",
        thresholds: Array.from({ length: 200 }, (_, at) => `accuracy >= 0.${at + 100}`).join("\n"),
      },
      { pullRequest },
    );
    const bytes = Buffer.byteLength(workspace.checks[0]?.summary ?? "");
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThanOrEqual(CHECK_SUMMARY_LIMIT_BYTES);
  });
});

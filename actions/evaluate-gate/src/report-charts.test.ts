import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openWorkspace, type Workspace } from "./testing/some-gate.ts";

let workspace: Workspace;
beforeEach(() => {
  workspace = openWorkspace();
});
afterEach(() => workspace.remove());

/** The page on `classes` classes of twelve rows each, of which every third is predicted wrong. */
async function pageOf(classes: number): Promise<string> {
  const names = Array.from({ length: classes }, (_, code) => `c${code}`);
  const lines = Array.from({ length: 12 * classes }, (_, row) => {
    const truth = row % classes;
    const predicted = row % 3 === 0 ? (truth + 1) % classes : truth;
    const scores = names.map((_name, code) => (code === predicted ? 0.5 : 0.5 / (classes - 1)));
    return `${row},c${truth},c${predicted},${scores.join(",")}`;
  });
  const columns = names.map((name) => `p_${name}`);
  await workspace.write("p.csv", `id,label,prediction,${columns.join(",")}\n${lines.join("\n")}\n`);
  await workspace.gate({
    predictions: "p.csv",
    target: "label",
    id: "id",
    scores: names.map((name) => `${name}=p_${name}`).join("\n"),
    baseline: "none",
    thresholds: "accuracy >= 0.1",
    resamples: "100",
    checks: "off",
    "error-analysis": "off",
  });
  return workspace.read("slipway-run/report.html");
}

describe("the curves of many classes", () => {
  it("say which classes they leave out", async () => {
    const page = await pageOf(9);
    expect(page.match(/Of 9 classes, the 8 that most rows belong to\./g)).toHaveLength(2);
  });

  it("say nothing of it where every class is drawn", async () => {
    expect(await pageOf(8)).not.toContain("that most rows belong to");
  });
});

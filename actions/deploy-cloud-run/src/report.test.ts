import { describe, expect, it } from "vitest";
import { deploymentSchema, formatDocument, parseDocument } from "#core";
import { composeDeployment } from "./deployment-document.ts";
import { renderOutcome } from "./report.ts";
import { someInputs } from "./testing/fake-ports.ts";
import { rollOut, serving } from "./testing/stories.ts";
import { trafficChart } from "./traffic-chart.ts";

describe("the report of a rollout", () => {
  it("shows the verdict, the steps with both sides' figures, and the traffic over time", async () => {
    const world = await serving();
    const outcome = await rollOut(world, someInputs({ version: "v1.1.0", steps: "50,100" }));
    const { outputs, summary = "", failure, annotations } = renderOutcome(outcome);
    expect(summary).toContain("## ✅ weather v1&#46;1&#46;0 serves all traffic: pass");
    expect(summary).toMatch(/\| 50 % \| 10\.0 min \| 6,000 \| 6 \| [\d.]+ \| 6,000 \| 6 \| /);
    expect(summary).toContain("xychart-beta");
    expect(summary).toContain("<code>error&#95;<wbr>rate &#60;&#61; stable &#43; 0&#46;005</code>");
    expect(failure).toBeUndefined();
    expect(annotations).toEqual([]);
    expect(outputs).toMatchObject({
      verdict: "pass",
      "rolled-back": "false",
      "rollout-id": "rollout-2",
      "model-version": "v1.1.0",
      "deployment-id": "1",
      url: "https://weather-api.example",
      "tag-url": "https://v1-1-0---weather-api.example",
    });
    expect(JSON.parse(outputs["traffic"] ?? "")).toEqual([
      {
        type: "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION",
        revision: outcome.revision,
        percent: 100,
        tag: "v1-1-0",
      },
    ]);
  });

  it("fails the step of a version that was rolled back, and only warns of one that is held", async () => {
    const bad = await serving(undefined, { behaviours: { "v1.1.0": { errorRate: 0.1 } } });
    const back = renderOutcome(await rollOut(bad, someInputs({ version: "v1.1.0" })));
    expect(back.failure).toBe(
      "weather v1.1.0 on weather-api: rolled back. 1 of 2 thresholds failed: error_rate <= stable + 0.005. The stable traffic serves again, as it was.",
    );
    expect(back.outputs["rolled-back"]).toBe("true");
    const quiet = await serving(undefined, { requestsPerSecond: 0.1 });
    const held = renderOutcome(await rollOut(quiet, someInputs({ version: "v1.1.0" })));
    expect(held.failure).toBeUndefined();
    expect(held.annotations).toMatchObject([{ level: "warning" }]);
    expect(held.outputs["verdict"]).toBe("inconclusive");
  });

  it("escapes what comes from elsewhere", async () => {
    const world = await serving();
    const outcome = await rollOut(world, someInputs({ version: "v1.1.0" }));
    const { summary } = renderOutcome({ ...outcome, reason: "<img src=x> | @all" });
    expect(summary).not.toContain("<img");
    expect(summary).not.toContain("@all");
  });

  it("is kept as deployment.json, which a reader accepts", async () => {
    const world = await serving();
    const outcome = await rollOut(world, someInputs({ version: "v1.1.0" }));
    const text = formatDocument(composeDeployment(outcome));
    const document = parseDocument(deploymentSchema, text, "deployment.json");
    expect(document).toMatchObject({
      version: "v1.1.0",
      previous_version: "v1.0.0",
      rolled_back: false,
      steps: [{ percent: 5 }, { percent: 25 }, { percent: 50 }, { percent: 100 }],
    });
    expect(world.documents.at(-1)).toEqual(composeDeployment(outcome));
  });
});

it("the chart shows the share at each time", () => {
  const at = (seconds: number) => new Date(seconds * 1000);
  const marks = [
    { at: at(0), percent: 0 },
    { at: at(12), percent: 50 },
    { at: at(18), percent: 100 },
  ];
  const chart = trafficChart({ marks, started: at(0) }, at(24));
  const line = /line \[(.*)\]/.exec(chart)?.[1]?.split(", ").map(Number);
  expect(line).toEqual([
    ...Array.from({ length: 12 }, () => 0),
    ...Array.from({ length: 6 }, () => 50),
    ...Array.from({ length: 7 }, () => 100),
  ]);
  expect(chart).toContain('x-axis "seconds" 0 --> 24');
});

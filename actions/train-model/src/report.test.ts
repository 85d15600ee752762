import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { renderOutcome } from "./report.ts";
import { createTestRun, type TestRun } from "./testing/test-run.ts";

let test: TestRun;
beforeEach(async () => {
  test = await createTestRun();
});
afterEach(() => test.remove());

const weather = { data: "data/weather.csv", target: "weather", id: "location, date" };

describe("what train-model tells", () => {
  it("gives outputs that later steps can use", async () => {
    test.copyData("weather.csv");
    const outcome = await test.train({ ...weather, params: "{ model: trees, trees: 5 }" });
    const { outputs } = renderOutcome(outcome);
    expect(Object.keys(outputs)).toEqual([
      "run-directory",
      "run-id",
      "artifact-id",
      "metrics",
      "data-digest",
      "model-digest",
    ]);
    expect(outputs).toMatchObject({
      "run-directory": "slipway-run",
      "run-id": expect.stringMatching(/^[0-9a-f]{16}$/),
      "artifact-id": "",
      "data-digest": "sha256:27219f1ca8dbd94c9b6f4b9f4f52ab2f1eb33dfdcf719cd9fc6481ed50b74549",
      "model-digest": expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    });
    expect(JSON.parse(outputs["metrics"] ?? "")).toEqual({
      accuracy: expect.any(Number),
      log_loss: expect.any(Number),
    });
  });

  it("shows what was trained on, the split, metrics and the curve", async () => {
    test.copyData("weather.csv");
    const outcome = await test.train({ ...weather, params: "{ model: trees, trees: 5 }" });
    const summary = renderOutcome(outcome).summary ?? "";
    expect(summary).toContain("## Trained weather\n");
    expect(summary).toContain("| trainer | tabular: trees |");
    expect(summary).toContain("| data | 1 file, 121.4 kB, ");
    expect(summary).toContain("By hash of <code>location</code>, <code>date</code>.");
    expect(summary).toMatch(/\| train \| 2,\d{3} \| /);
    expect(summary).toMatch(/\| <code>accuracy<\/code> \| 0\.\d+ \| 0\.\d+ \|/);
    expect(summary).toContain("```mermaid\nxychart-beta");
  });

  it("cannot be broken by names from the data or the command's output", async () => {
    const evil = "|<img src=x>`@all";
    const rows = Array.from({ length: 200 }, (_, i) => `${i},${i % 11},"${evil}${i % 2}"`);
    await test.write("rows.csv", `id,"${evil}",y\n${rows.join("\n")}\n`);
    const command = `printf '\\x80\\x04K\\x01.' > "$SLIPWAY_RUN_DIR/m.pkl"; echo '{"<b>x|": 1}' > "$SLIPWAY_RUN_DIR/metrics.json"`;
    for (const extra of [{ command }, { params: "{ model: trees, trees: 3 }" }]) {
      const outcome = await test.train({ data: "rows.csv", target: "y", id: "id", ...extra });
      const summary = renderOutcome(outcome).summary ?? "";
      expect(summary).not.toMatch(/<img|<b>|@all/);
    }
  });
});

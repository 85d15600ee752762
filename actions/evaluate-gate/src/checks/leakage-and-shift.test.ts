import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  findingOf,
  gateRows,
  noise,
  plain,
  rowsOf,
  type GateRows,
} from "../testing/some-checks.ts";
import { openWorkspace, type Workspace } from "../testing/some-gate.ts";

let workspace: Workspace;
beforeEach(() => {
  workspace = openWorkspace();
});
afterEach(() => workspace.remove());

const gate = (...given: GateRows) => gateRows(workspace, ...given);

describe("leakage", () => {
  it("warns of a column that gives the answer away, by its name", async () => {
    const outcome = await gate(rowsOf(200, (at) => ({ ...plain(at), z: at % 2 ? 7.5 : -1.5 })));
    expect(findingOf(outcome, "leakage", "score")).toMatchObject({
      verdict: "fail",
      value: 1,
      message: expect.stringMatching(
        /^"z" alone removes 100 % of the error of always answering the most frequent class\. Next: "x" \S+\. Is "z" known before the answer is\? If it is made from the answer, or after it, leave it out\.$/,
      ) as string,
    });
  });

  it("warns of a column that tells the target in training and not here", async () => {
    const outcome = await gate(rowsOf(200, plain), {
      training: rowsOf(300, (at) => ({ ...plain(at), x: (at % 2) * 3 })),
    });
    expect(findingOf(outcome, "leakage", "difference")).toMatchObject({
      verdict: "fail",
      message: expect.stringMatching(/^"x" alone scores 1 on training rows and 0/) as string,
    });
    expect(findingOf(outcome, "leakage", "score").verdict).toBe("pass");
  });

  it("calls nothing bad on 20 rows", async () => {
    const outcome = await gate(rowsOf(20, (at) => ({ ...plain(at), z: at % 2 })));
    expect(findingOf(outcome, "leakage", "score")).toMatchObject({
      verdict: "inconclusive",
      value: 1,
    });
  });

  it("never takes a predictions file's scores for columns of the model", async () => {
    const outcome = await gate(
      rowsOf(100, (at) => ({ ...plain(at), score: at % 2 })),
      { features: "" },
    );
    expect(findingOf(outcome, "leakage", "score")).toMatchObject({
      verdict: "skipped",
      message: "Which columns the model reads is not known; give features.",
    });
  });
});

describe("label-shift", () => {
  it("warns of a target that is distributed otherwise than in training", async () => {
    const outcome = await gate(rowsOf(300, plain), {
      training: rowsOf(400, (at) => ({ ...plain(at), label: at % 10 === 0 ? 1 : 0 })),
    });
    expect(findingOf(outcome, "label-shift")).toMatchObject({
      verdict: "fail",
      message: expect.stringMatching(
        /^The target "label" lies at a distance of 0\.3\d\d from training: "\d" was (90|10)\.0 % of rows and is 50\.0 %\./,
      ) as string,
    });
  });

  it("compares the numbers of a regression in the bins of training", async () => {
    const number = (shift: number) => (at: number) => ({
      x: noise(),
      label: Number((noise() + shift).toFixed(4)),
      prediction: at % 3,
    });
    const inputs = { features: "x", "positive-class": "", thresholds: "rmse <= 100" };
    const training = rowsOf(500, number(0));
    const same = await gate(rowsOf(300, number(0)), { training, ...inputs });
    expect(findingOf(same, "label-shift").verdict).not.toBe("fail");
    const other = await gate(rowsOf(300, number(1)), { training, ...inputs });
    expect(findingOf(other, "label-shift")).toMatchObject({
      verdict: "fail",
      message: expect.stringContaining(": its mean was ") as string,
    });
  });
});

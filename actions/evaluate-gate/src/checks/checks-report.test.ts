import { describe, expect, it } from "vitest";
import { renderHtml, renderMarkdown } from "#report";
import { checksBlocks } from "./checks-report.ts";
import { judgeOutcome, type CheckFinding, type Outcome } from "./finding.ts";

const unknown: Outcome = {
  kind: "unknown",
  why: "There is no run; give training-data.",
  needs: "training-data",
};

const find = (
  name: CheckFinding["name"],
  part: string,
  outcome: Outcome,
  level: "warn" | "error" = "warn",
): CheckFinding => judgeOutcome({ name, part, choice: { bound: 0.1, level } }, outcome);

/** The report's text, as a reader sees it. */
function textOf(checks: readonly CheckFinding[]): string {
  return renderMarkdown(checksBlocks({ checks }))
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll(/<wbr>|<\/?(?:code|small)>/g, "")
    .replaceAll("&nbsp;", " ");
}

describe("checks that could not be made", () => {
  it("stand in one row with the input that they need, and say why once", () => {
    const text = textOf([
      find("duplicates", "share", unknown),
      find("overlap", "ids", unknown),
      find("label-shift", "distance", unknown),
      find("calibration", "ece", { kind: "not-applicable", why: "A regression has none." }),
    ]);
    expect(text).toContain(
      "⏭️ skipped 3 checks need training-data: duplicates, overlap: ids, label-shift: distance<br>There is no run; give training-data.",
    );
    expect(text.split("There is no run")).toHaveLength(2);
    expect(text).toContain("calibration: ece<br>A regression has none.");
    expect(text).toContain("Checks: 4 skipped");
  });

  it("stand apart where they decide, and where something was found", () => {
    const text = textOf([
      find("duplicates", "share", unknown),
      find("overlap", "ids", unknown, "error"),
      find("label-shift", "distance", unknown, "error"),
      find("leakage", "score", {
        kind: "measured",
        value: 0.02,
        low: 0,
        high: 0.1,
        found: "Nothing.",
        advice: "",
      }),
    ]);
    expect(text).toContain("### Checks");
    expect(text).toContain("2 checks need training-data: overlap: ids, label-shift: distance");
    expect(text).toMatch(/skipped duplicates<br>There is no run/);
    expect(text).toContain("Other checks: 1 passed, 1 skipped");
  });
});

describe("a check without a bound", () => {
  it("is shown with its mark, on a page as in a comment", () => {
    const size = judgeOutcome(
      { name: "size", part: "mb", choice: { bound: null, level: "warn" } },
      { kind: "measured", value: 3, low: null, high: null, found: "3 MB.", advice: "" },
    );
    const blocks = checksBlocks({ checks: [size] });
    expect(renderHtml(blocks)).toContain("ℹ️ shown <code>size: mb</code>");
    expect(renderMarkdown(blocks)).toMatch(/ℹ️ shown <code>size&#58; mb<\/code>/);
  });
});

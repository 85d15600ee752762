import { createHash } from "node:crypto";
import { marked } from "marked";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RemoteError } from "#core";
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

/** 100 rows of which `right` are predicted right. */
async function gate(
  right: number,
  inputs: Readonly<Record<string, string>> = {},
  ports: Parameters<Workspace["gate"]>[1] = {},
) {
  const lines = Array.from(
    { length: 100 },
    (_, row) => `${row},${row % 2},${row < right ? row % 2 : 1 - (row % 2)}`,
  );
  await workspace.write("p.csv", `id,label,prediction\n${lines.join("\n")}\n`);
  return workspace.gate(
    {
      predictions: "p.csv",
      target: "label",
      id: "id",
      resamples: "100",
      thresholds: "accuracy >= 0.8",
      ...inputs,
    },
    ports,
  );
}

describe("renderOutcome", () => {
  it("gives every output of a pass", async () => {
    const { outputs, failure, annotations } = renderOutcome(await gate(90));
    expect(outputs).toMatchObject({
      verdict: "pass",
      passed: "true",
      "report-path": "slipway-run/report.md",
      "html-path": "slipway-run/report.html",
      "baseline-version": "",
      "failed-thresholds": "[]",
      "comment-url": "",
    });
    expect(JSON.parse(outputs["metrics"] ?? "")).toMatchObject({ accuracy: 0.9, size_mb: null });
    expect(failure).toBeUndefined();
    expect(annotations).toEqual([]);
  });

  it("fails the step of a failed verdict, unless asked not to", async () => {
    const failed = renderOutcome(await gate(70));
    expect(failed.failure).toBe("weather: fail. The threshold failed: accuracy >= 0.8.");
    expect(failed.outputs["failed-thresholds"]).toBe('["accuracy >= 0.8"]');
    expect(failed.annotations).toMatchObject([
      { level: "error", message: "accuracy >= 0.8: 0.7000" },
    ]);
    const kept = renderOutcome(await gate(70, { "fail-on-verdict": "false" }));
    expect(kept.failure).toBeUndefined();
    expect(kept.outputs["verdict"]).toBe("fail");
  });

  it("warns of a missed threshold that only warns", async () => {
    const { annotations, failure } = renderOutcome(
      await gate(70, { thresholds: "accuracy >= 0.8 warn" }),
    );
    expect(annotations).toMatchObject([{ level: "warning" }]);
    expect(failure).toBeUndefined();
  });

  it("lets the step of an inconclusive verdict pass with a warning", async () => {
    const { outputs, failure, annotations } = renderOutcome(
      await gate(81, { "plain-bounds": "interval" }),
    );
    expect(outputs["verdict"]).toBe("inconclusive");
    expect(failure).toBeUndefined();
    expect(annotations).toMatchObject([{ level: "warning" }]);
  });

  it("writes no summary and no HTML when asked not to", async () => {
    const outcome = await gate(90, { summary: "false", html: "false" });
    expect(renderOutcome(outcome).summary).toBeUndefined();
    expect(renderOutcome(outcome).outputs["html-path"]).toBe("");
    await expect(workspace.read("slipway-run/report.html")).rejects.toThrow("ENOENT");
  });
});

describe("the method", () => {
  const marks = "not corrected for the number of metrics";

  it("says what the marks of a comparison are worth, where there is one", async () => {
    const lines = Array.from({ length: 100 }, (_, row) => `${row},${row % 2}`);
    await workspace.write("b.csv", `id,prediction\n${lines.join("\n")}\n`);
    await gate(90, { "baseline-predictions": "b.csv" });
    expect(await workspace.read("slipway-run/report.md")).toContain(marks);
    await gate(90, { baseline: "none" });
    expect(await workspace.read("slipway-run/report.md")).not.toContain(marks);
  });
});

describe("the comment", () => {
  it("is written on a pull request under the model's key", async () => {
    const outcome = await gate(90, {}, { pullRequest });
    expect(workspace.comments).toMatchObject([{ number: 7, key: "evaluate-gate weather" }]);
    expect(workspace.comments[0]?.body).toContain("## ✅ weather: pass");
    expect(renderOutcome(outcome).outputs["comment-url"]).toBe(
      "https://github.test/pull/1#issuecomment-1",
    );
  });

  it("stays away elsewhere, and when asked to", async () => {
    await gate(90);
    await gate(90, { comment: "false" }, { pullRequest });
    expect(workspace.comments).toEqual([]);
  });

  it("that a fork's token may not write leaves a notice and the summary", async () => {
    const writeComment = () =>
      Promise.reject(
        new RemoteError({
          code: "GITHUB_403",
          message: "GitHub refused POST issues/comments with status 403.",
          call: "POST issues/comments",
          status: 403,
          retryable: false,
        }),
      );
    const outcome = await gate(
      70,
      {},
      { pullRequest: { ...pullRequest, fromFork: true }, writeComment },
    );
    const rendered = renderOutcome(outcome);
    expect(rendered.annotations?.[0]).toMatchObject({ level: "notice" });
    expect(rendered.summary).toContain("## ❌ weather: fail");
    expect(rendered.failure).toContain("weather: fail");
  });

  it("whose writing GitHub cannot do now fails the step", async () => {
    const fault = new RemoteError({
      code: "GITHUB_502",
      message: "GitHub refused.",
      call: "POST issues/comments",
      status: 502,
      retryable: true,
    });
    await expect(
      gate(90, {}, { pullRequest, writeComment: () => Promise.reject(fault) }),
    ).rejects.toBe(fault);
    // The evaluation is there all the same: running it again only has to write the comment.
    expect(await workspace.read("slipway-run/evaluation.json")).toContain('"verdict": "pass"');
  });

  it("fits into what GitHub takes, however many slices there are", async () => {
    const lines = Array.from(
      { length: 6000 },
      (_, row) => `${row},${"value".repeat(20)}${row % 150},${row % 2},${row % 2}`,
    );
    await workspace.write("p.csv", `id,group,label,prediction\n${lines.join("\n")}\n`);
    const outcome = await workspace.gate(
      {
        predictions: "p.csv",
        target: "label",
        id: "id",
        resamples: "100",
        slices: "group,id",
        thresholds: Array.from(
          { length: 300 },
          (_, at) => `accuracy[group="${"value".repeat(20)}${at % 150}"] >= 0.8`,
        ).join("\n"),
      },
      { pullRequest },
    );
    expect(outcome.document.verdict).toBe("pass");
    const body = workspace.comments[0]?.body ?? "";
    expect(body.length).toBeLessThanOrEqual(65_000);
    expect(body).toContain("report.html have everything");
  });
});

describe("thresholds that a pull request changes", () => {
  it("are named in the report", async () => {
    await gate(
      90,
      {},
      {
        pullRequest,
        settings: { current: () => "accuracy >= 0.8", ofText: (text) => text },
        repository: {
          ...workspace.ports.repository,
          show: async () => ({ kind: "found", text: "accuracy >= 0.85 # strict\nf1 >= 0.8" }),
        },
      },
    );
    const html = await marked.parse(workspace.comments[0]?.body ?? "");
    expect(html).toContain("This pull request changes its own thresholds.");
    expect(
      html.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code))),
    ).toContain(
      "Removed: <code>accuracy >= 0.85</code>, <code>f1 >= 0.8</code>. Added: <code>accuracy >= 0.8</code>.",
    );
  });

  it("that are the same are not mentioned, nor is anything without git", async () => {
    const settings = { current: () => "accuracy  >= 0.8 # now", ofText: (text: string) => text };
    const show = async () => ({ kind: "found", text: "accuracy >= 0.8" }) as const;
    await gate(
      90,
      {},
      { pullRequest, settings, repository: { ...workspace.ports.repository, show } },
    );
    await gate(90, {}, { pullRequest, settings });
    for (const { body } of workspace.comments) expect(body).not.toContain("its own thresholds");
  });
});

describe("hostile names", () => {
  const hostile = [
    "<img src=x onerror=alert(1)>",
    "a|b`c`",
    "@octocat closes #1 https://evil.test",
    "\u001B[31mred\u001B[0m",
    "x".repeat(10_000),
    "](javascript:alert(1))",
    "--><script>alert(1)</script>",
    "</summary></details># not a heading",
  ];
  const column = "|<img src=x>`@octocat`";
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

  it("change nothing in the comment or the page", async () => {
    const lines = Array.from({ length: 320 }, (_, row) => {
      const truth = hostile[row % 2] ?? "";
      const prediction = hostile[row % 9 === 0 ? (row + 1) % 2 : row % 2] ?? "";
      return [String(row), hostile[row % 8] ?? "", truth, prediction].map(quoted).join(",");
    });
    await workspace.write("p.csv", `id,${quoted(column)},label,prediction\n${lines.join("\n")}\n`);
    const outcome = await workspace.gate(
      {
        predictions: "p.csv",
        target: "label",
        id: "id",
        "positive-class": hostile[0] ?? "",
        baseline: "none",
        resamples: "100",
        thresholds: `accuracy["${column}"] >= 0.99`,
        slices: column,
      },
      { pullRequest },
    );
    const body = workspace.comments[0]?.body ?? "";
    const page = await workspace.read("slipway-run/report.html");
    const html = await marked.parse(body, { gfm: true });
    // Of scripts the page has its own one, named by its hash, and data.
    const [own, ...others] = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)];
    const hash = createHash("sha256")
      .update(own?.[1] ?? "")
      .digest("base64");
    expect(others).toEqual([]);
    expect(page).toContain(`script-src 'sha256-${hash}'; style-src`);
    const data = [...page.matchAll(/<script type="application\/json">([^<]*)<\/script>/g)];
    expect(data.length).toBeGreaterThan(0);
    for (const [, json = ""] of data) expect(() => void JSON.parse(json)).not.toThrow();
    const rest = data.reduce((text, [whole]) => text.replace(whole, ""), page);
    for (const text of [html, rest.replace(own?.[0] ?? "", "")]) {
      expect(text.match(/<img|<script|<\/script|javascript:alert\(1\)"/i)).toBeNull();
      expect(text.includes("\u001B")).toBe(false);
      expect(text.includes("x".repeat(200))).toBe(false);
    }
    for (const [, json = ""] of data)
      for (const part of ["<", ">", "\u2028", "\u001B", "\\u001b", "x".repeat(200)])
        expect(json).not.toContain(part);
    expect(html).not.toMatch(/<a |@octocat/);
    // As many folded parts as Slipway made, each closed.
    expect(html.match(/<details>/g)).toHaveLength(html.match(/<\/details>/g)?.length ?? 0);
    // A bar in a name opens no further cell.
    for (const table of html.match(/<table>[\s\S]*?<\/table>/g) ?? []) {
      const cells = (table.match(/<tr>[\s\S]*?<\/tr>/g) ?? []).map(
        (row) => (row.match(/<t[dh]/g) ?? []).length,
      );
      expect(new Set(cells).size).toBe(1);
    }
    for (const message of (renderOutcome(outcome).annotations ?? []).map((one) => one.message)) {
      expect(message).not.toContain("\u001B");
      expect(message.length).toBeLessThanOrEqual(620);
    }
    expect(workspace.log.lines.join("\n")).not.toContain("\u001B");
  });
});

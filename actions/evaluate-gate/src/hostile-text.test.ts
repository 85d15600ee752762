import { readFileSync } from "node:fs";
import { join } from "node:path";
import { marked } from "marked";
import { parseFragment, parse, type DefaultTreeAdapterTypes as Tree } from "parse5";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findColumn, takeRows, type Column, type Table } from "#core";
import { readTable, writeTable } from "#data";
import { decodeOnnx, encodeOnnx, type ModelProto } from "#models";
import { describeError } from "#toolkit";
import { renderOutcome } from "./report.ts";
import type { Outcome } from "./run.ts";
import { fixture, openWorkspace, type Workspace } from "./testing/some-gate.ts";

let workspace: Workspace;
beforeEach(() => {
  workspace = openWorkspace();
});
afterEach(() => workspace.remove());

/** Names that try to be something else than names. */
const HOSTILE = {
  /** Columns of the weather data. */
  wind: 'w|<img src=x onerror=alert(1)>`@octocat`"](javascript:alert(1))',
  location: "\u001B[31m@octocat closes #1 https://evil.test </td></tr></table><h1>",
  weather: "label --> <script>alert(1)</script> {{7*7}} ${{ secrets.TOKEN }}",
  /** Categories of its columns, and classes of its target. */
  Seattle: `${"x".repeat(10_000)}<b>`,
  "New York": "</code></small></summary></details>\n\n# heading\n\n| a | b |\n::error::boom",
  sun: "<svg onload=alert(1)> \u202E\u200B\u0007 @octocat/all",
  rain: "![pic](https://evil.test/a.png) <!-- slipway:comment -->",
  snow: "__proto__",
  fog: "$$\\color{red}x$$ ```mermaid\ngraph TD;A-->B\n```",
  drizzle: "  '\"><iframe src=//evil.test>",
} as const;
type Word = keyof typeof HOSTILE;

/** The same words, and nothing to fear of them. */
const BENIGN = Object.fromEntries(
  Object.keys(HOSTILE).map((word) => [word, `a ${word.toLowerCase()}`]),
) as Readonly<Record<Word, string>>;

type Names = Readonly<Record<Word, string>>;

function rename(text: string, names: Names): string {
  return Object.hasOwn(names, text) ? names[text as Word] : text;
}

function renameColumn(column: Column, names: Names): Column {
  const name = rename(column.name, names);
  return column.kind === "text"
    ? { ...column, name, levels: column.levels.map((level) => rename(level, names)) }
    : { ...column, name };
}

/** The weather model with other names for columns, categories and classes, and with metadata. */
function renameModel(bytes: Uint8Array, names: Names): Uint8Array {
  const model: ModelProto = decodeOnnx(bytes);
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const { graph } = model;
  if (graph === undefined) throw new Error("the model has a graph");
  model.producerName = names.wind;
  model.docString = names.location;
  model.domain = names.weather;
  graph.name = names.sun;
  graph.docString = `${names.rain} File "/home/octocat/train.py", line 3`;
  for (const input of graph.input) {
    input.name = rename(input.name, names);
    input.docString = names.fog;
  }
  for (const node of graph.node) {
    node.input = node.input.map((name) => rename(name, names));
    node.name = `${node.name} ${names.fog}`;
    for (const attribute of node.attribute)
      attribute.strings = attribute.strings.map((text) =>
        encoder.encode(rename(decoder.decode(text), names)),
      );
  }
  return encodeOnnx(model);
}

/** Judges the weather model on data with these names, in a way that nearly everything fails. */
async function judge(names: Names): Promise<Outcome> {
  const whole = await readTable([fixture("data/weather.csv")]);
  const some = takeRows(
    whole,
    Uint32Array.from({ length: 700 }, (_, row) => row * 4),
  );
  const date = findColumn(some, "date");
  const table: Table = {
    rows: some.rows,
    columns: some.columns
      .filter((column) => column !== date)
      .map((column) => renameColumn(column, names)),
  };
  await workspace.write("rows.csv", "");
  await writeTable(join(workspace.path, "rows.csv"), table);
  const model = readFileSync(fixture("golden/models/weather_logistic_zipmap_columns.onnx"));
  await workspace.write("model.onnx", renameModel(model, names));
  return workspace.gate(
    {
      "model-file": "model.onnx",
      data: "rows.csv",
      "training-data": "rows.csv",
      target: names.weather,
      baseline: "none",
      resamples: "100",
      engine: "wasm",
      slices: names.location,
      checks: JSON.stringify({
        duplicates: "error",
        leakage: { score: 0.01, difference: 0.001 },
        "label-shift": 0.001,
        overfit: 0.001,
        calibration: 0.001,
        "baseline-gain": 0.99,
        fairness: [names.location],
        size: 0.0001,
      }),
      thresholds: [
        "accuracy >= 0.99",
        `recall(${quoted(names.sun)}) >= 0.99`,
        `recall(${quoted(names.rain)}) >= 0.999 warn`,
        `accuracy[${quoted(names.location)}] >= 0.99`,
      ].join("\n"),
    },
    {
      pullRequest: {
        number: 7,
        baseCommit: "b".repeat(40),
        headCommit: "c".repeat(40),
        fromFork: false,
      },
    },
  );
}

function quoted(text: string): string {
  return `"${text}"`;
}

function elementsOf(node: Tree.Node): readonly Tree.Element[] {
  if (!("childNodes" in node)) return [];
  const own = "tagName" in node ? [node] : [];
  return [...own, ...node.childNodes.flatMap(elementsOf)];
}

/** Texts that a reader sees, with the elements that they stand in. */
function textsOf(
  node: Tree.Node,
  within: readonly string[] = [],
): readonly { text: string; within: readonly string[] }[] {
  if (node.nodeName === "#text") return [{ text: (node as Tree.TextNode).value, within }];
  if (!("childNodes" in node)) return [];
  const inside = "tagName" in node ? [...within, node.tagName] : within;
  return node.childNodes.flatMap((child) => textsOf(child, inside));
}

function countTags(node: Tree.Node): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { tagName } of elementsOf(node)) {
    // Slipway's own, behind each underscore of a name: it shows nothing.
    if (tagName !== "wbr") counts[tagName] = (counts[tagName] ?? 0) + 1;
  }
  return counts;
}

// Everything that hides, colours or turns text; line ends and tabs are not among them.
const CONTROL = /(?![\n\r\t])[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u;
const MARKDOWN_ELEMENTS = new Set(
  "h2 h3 p strong br table thead tbody tr th td code small wbr details summary ul li em".split(" "),
);

/** Holds a comment or summary, as GitHub would draw it, against what Slipway itself writes. */
async function expectHarmless(markdown: string): Promise<void> {
  const page = parseFragment(await marked.parse(markdown, { gfm: true }));
  for (const { tagName, attrs } of elementsOf(page)) {
    expect(MARKDOWN_ELEMENTS).toContain(tagName);
    expect(attrs.filter(({ name }) => name !== "align")).toEqual([]);
  }
  for (const { text, within } of textsOf(page)) {
    expect(text).not.toMatch(CONTROL);
    expect(text.length).toBeLessThan(1000);
    if (within.includes("code")) continue;
    // What GitHub makes a mention, a reference, a link or a formula of.
    expect(text).not.toMatch(/(?:^|[^\w])@[\w-]/);
    expect(text).not.toMatch(/(?:^|[^\w])#\d/);
  }
  expect(markdown).not.toMatch(/https?:\/\/evil|<!--|\$\$|```/);
  // A table's rows all have as many cells as its header.
  for (const table of elementsOf(page).filter(({ tagName }) => tagName === "table")) {
    const rows = elementsOf(table).filter(({ tagName }) => tagName === "tr");
    const widths = rows.map((row) => row.childNodes.filter((node) => "tagName" in node).length);
    expect(new Set(widths).size).toBe(1);
  }
}

describe("hostile names of columns, categories, classes and in the model", () => {
  it("change nothing in comment, summary, report and annotations", async () => {
    const outcome = await judge(HOSTILE);
    const comment = workspace.comments[0]?.body ?? "";
    const report = await workspace.read("slipway-run/report.md");
    const { summary = "", annotations = [], outputs } = renderOutcome(outcome);
    for (const markdown of [comment, report, summary]) await expectHarmless(markdown);
    for (const { message } of annotations) {
      expect(message).not.toMatch(CONTROL);
      expect(message).not.toContain("\n");
      expect(message.length).toBeLessThanOrEqual(640);
    }
    for (const line of workspace.log.lines) {
      expect(line).not.toMatch(CONTROL);
      expect(line).not.toMatch(/^::/m);
      expect(line.length).toBeLessThan(1500);
    }
    // Machines get the names as they are.
    const metrics = JSON.parse(outputs["metrics"] ?? "") as Record<string, unknown>;
    expect(Object.keys(metrics)).toContain(`recall(${HOSTILE.sun})`);

    const benign = openWorkspace();
    const before = workspace;
    workspace = benign;
    try {
      await judge(BENIGN);
      const tags = async (text: string) => countTags(parseFragment(await marked.parse(text)));
      expect(await tags(comment)).toEqual(await tags(benign.comments[0]?.body ?? ""));
      const [bad, good] = await Promise.all([
        before.read("slipway-run/report.html"),
        benign.read("slipway-run/report.html"),
      ]);
      expect(countTags(parse(bad))).toEqual(countTags(parse(good)));
      for (const { tagName, attrs } of elementsOf(parse(bad))) {
        for (const { name, value } of attrs) {
          expect(`${tagName} ${name}`).not.toMatch(/ on|srcdoc/);
          if (name === "href" || name === "src") expect(value).toMatch(/^(#|data:|$)/);
        }
      }
      for (const { text, within } of textsOf(parse(bad))) {
        if (within.includes("script") || within.includes("style")) continue;
        expect(text).not.toMatch(CONTROL);
        expect(text.length).toBeLessThan(1000);
      }
      expect(bad).not.toMatch(/<script>alert|<!-- slipway/);
    } finally {
      await benign.remove();
      workspace = before;
    }
  }, 60_000);
});

describe("hostile names in an error", () => {
  const rows = (header: string, line: (row: number) => string): string =>
    [header, ...Array.from({ length: 20 }, (_, row) => line(row))].join("\n");

  it.each([
    ["a column", { target: "nosuch" }],
    ["a class", { target: "label", "positive-class": "nosuch" }],
    ["a slice", { target: "label", "positive-class": "b", slices: "nosuch" }],
  ])("of %s neither colour nor flood the log", async (_, inputs) => {
    const wild = `"\u001B[31m${"y".repeat(10_000)}\u0007\u202E"`;
    await workspace.write(
      "p.csv",
      rows(`label,prediction,${wild}`, (row) => (row % 2 ? `b,b,1` : `${wild},${wild},2`)),
    );
    const fault = await workspace
      .gate({ predictions: "p.csv", thresholds: "accuracy >= 0.5", ...inputs })
      .then(
        () => null,
        (error: unknown) => error,
      );
    const text = describeError(fault);
    expect(text).toMatch(/ \[[A-Z_]+\]$/);
    expect(text).not.toMatch(CONTROL);
    expect(text.length).toBeLessThan(9000);
  });
});

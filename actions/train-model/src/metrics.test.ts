import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawCurves } from "./curve-chart.ts";
import { readLines } from "#toolkit";
import { collectMetrics } from "./metric-lines.ts";
import { parseMetricsFile } from "./metrics-file.ts";

describe("lines of a stream", () => {
  it("are the same however the bytes come", () => {
    const texts = fc.array(
      fc.string({ unit: fc.constantFrom("a", "z", "é", "€", "😀", " "), maxLength: 12 }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(texts, fc.array(fc.nat({ max: 30 }), { maxLength: 10 }), (lines, cuts) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
        const seen: string[] = [];
        const reader = readLines((line) => seen.push(line));
        let at = 0;
        for (const cut of cuts) {
          reader.push(bytes.subarray(at, at + cut));
          at += cut;
        }
        reader.push(bytes.subarray(at));
        reader.end();
        expect(seen).toEqual(lines);
      }),
    );
  });

  it("end at carriage returns too, and the last needs no end", () => {
    const seen: string[] = [];
    const reader = readLines((line) => seen.push(line));
    for (const text of ["10%\r20%\r", "\nnext\r\n", "last"]) reader.push(Buffer.from(text));
    reader.end();
    expect(seen).toEqual(["10%", "20%", "next", "last"]);
  });

  it("do not fill the memory when none ever ends", () => {
    let longest = 0;
    const reader = readLines((line) => (longest = Math.max(longest, line.length)));
    for (let i = 0; i < 100; i += 1) reader.push(Buffer.alloc(10_000, "x"));
    reader.end();
    expect(longest).toBe(16_384);
  });
});

describe("slipway-metric lines", () => {
  const curvesOf = (...lines: readonly string[]) => {
    const collector = collectMetrics();
    for (const line of lines) collector.read(line);
    return Object.fromEntries(collector.curves());
  };

  it("give several metrics a line, with their step", () => {
    expect(curvesOf("slipway-metric: loss=0.31 val.acc=9e-1 step=4")).toEqual({
      loss: [{ step: 4, value: 0.31 }],
      "val.acc": [{ step: 4, value: 0.9 }],
    });
  });

  it("count on where no step is given", () => {
    expect(
      curvesOf(
        "  slipway-metric: loss = 3",
        "slipway-metric: loss=2",
        "slipway-metric: a=1 loss=1",
      ),
    ).toMatchObject({ loss: [{ step: 1 }, { step: 2 }, { step: 3 }], a: [{ step: 1 }] });
  });

  it("keep NaN and infinity as gaps, and leave out what is no number and other lines", () => {
    expect(
      curvesOf(
        "slipway-metric: loss=nan step=1",
        "slipway-metric: loss=-inf step=2",
        "slipway-metric: loss=low step=3",
        "loss=5 step=4",
        "slipway-metric:",
      ),
    ).toEqual({
      loss: [
        { step: 1, value: null },
        { step: 2, value: null },
      ],
    });
  });
});

describe("metrics.json", () => {
  it("may be a map, also DVCLive's nested one with Python's NaN", () => {
    const text =
      '{"accuracy": 0.93, "train": {"loss": NaN, "note": "NaN"}, "list": [1], "none": null}';
    expect(parseMetricsFile(text, "metrics.json").values).toEqual({
      accuracy: 0.93,
      "train.loss": null,
      none: null,
    });
  });

  it("may be a list of steps, whose last values count", () => {
    const read = parseMetricsFile(
      '[{"step": 10, "loss": 2}, {"step": 20, "loss": 1, "auc": 0.9}]',
      "m",
    );
    expect(read.values).toEqual({ loss: 1, auc: 0.9 });
    expect(read.curves.get("loss")).toEqual([
      { step: 10, value: 2 },
      { step: 20, value: 1 },
    ]);
  });

  it.each([
    ["5", "metrics.json is no JSON map or list."],
    ["[1]", "metrics.json holds no map at [0]."],
  ])("is refused when it holds %s", (text, message) => {
    expect(() => parseMetricsFile(text, "metrics.json")).toThrow(message);
  });
});

describe("the curve of a training", () => {
  const points = (count: number, valueAt: (step: number) => number | null) =>
    Array.from({ length: count }, (_, step) => ({ step, value: valueAt(step) }));

  it("draws training and validation loss in one chart, others in their own", () => {
    const charts = drawCurves(
      new Map([
        ["training loss", points(3, (step) => 3 - step)],
        ["validation loss", points(3, (step) => 4 - step)],
        ["accuracy", points(2, (step) => step / 2)],
      ]),
    );
    expect(charts).toEqual([
      '```mermaid\nxychart-beta\n  title "training loss and validation loss (in this order)"\n  x-axis "step" 0 --> 2\n  line [3.000000, 2.000000, 1.000000]\n  line [4.000000, 3.000000, 2.000000]\n```',
      '```mermaid\nxychart-beta\n  title "accuracy"\n  x-axis "step" 0 --> 1\n  line [0.000000, 0.500000]\n```',
    ]);
  });

  it("draws at most sixty points, from the first to the last step", () => {
    const [chart = ""] = drawCurves(new Map([["loss", points(1000, (step) => step)]]));
    const values = (/line \[(.*)\]/.exec(chart)?.[1] ?? "").split(", ").map(Number);
    expect(values).toHaveLength(60);
    expect([values[0], values.at(-1)]).toEqual([0, 999]);
  });

  it("is not drawn of fewer than two numbers, and no name can end the chart", () => {
    expect(drawCurves(new Map([["loss", points(5, (step) => (step === 3 ? 1 : null))]]))).toEqual(
      [],
    );
    const [chart = ""] = drawCurves(new Map([['a"\n```<script>', points(2, () => 1)]]));
    expect(chart).toContain('title "a? ????script?"');
  });
});

import { describe, expect, it } from "vitest";
import { predictionLogLineSchema } from "#core";
import type { Predictions } from "#models";
import { createAnswerWriter } from "./answers.ts";
import { createPredictionLogger, type AnsweredRequest, type LogChoice } from "./prediction-log.ts";

const predictions: Predictions = {
  kind: "classification",
  rows: 2,
  classes: ["rain", 'a "quoted" name'],
  labels: Int32Array.of(1, 0),
  scores: [Float64Array.of(0.25, Number.NaN), Float64Array.of(0.75, 0.5)],
  notes: [],
};
const write = createAnswerWriter();

const request: AnsweredRequest = {
  requestId: "req-1",
  ids: null,
  instances: [
    { wind: 1, place: "Øst\n" },
    { wind: null, place: "b" },
  ],
  answers: [write(predictions, 0), write(predictions, 1)],
  latencyMs: 1.23456,
  trace: "0af7651916cd43dd8448eb211c80319c",
};

function linesOf(
  some: Partial<AnsweredRequest> = {},
  choice: Partial<LogChoice> = {},
  random = () => 0.5,
): unknown[] {
  const lines: string[] = [];
  createPredictionLogger({
    model: "weather",
    version: "v1.4.0",
    choice: { sample: 1, redact: [], ...choice },
    sink: { write: (line) => void lines.push(line), close: () => Promise.resolve() },
    now: () => new Date("2026-05-04T03:02:01.5Z"),
    random,
  })({ ...request, ...some });
  for (const line of lines) expect(line.indexOf("\n")).toBe(line.length - 1);
  return lines.map((line) => JSON.parse(line) as unknown);
}

describe("createPredictionLogger", () => {
  it("writes one line a row in the documented form", () => {
    expect(linesOf()[0]).toEqual({
      time: "2026-05-04T03:02:01.500Z",
      request_id: "req-1",
      id: "req-1/0",
      model: "weather",
      version: "v1.4.0",
      inputs: { wind: 1, place: "Øst\n" },
      prediction: 'a "quoted" name',
      scores: { rain: 0.25, 'a "quoted" name': 0.75 },
      latency_ms: 1.235,
      trace: "0af7651916cd43dd8448eb211c80319c",
    });
  });

  it("writes lines that the readers' schema takes, also where the model gave no number", () => {
    const lines = linesOf({ trace: null });
    expect(lines.map((line) => predictionLogLineSchema.parse(line))).toHaveLength(2);
    expect(lines[1]).toMatchObject({ prediction: "rain", scores: null, trace: null });
  });

  it("keeps the caller's ids", () => {
    expect(linesOf({ ids: ["a", 'b"'] })).toMatchObject([{ id: "a" }, { id: 'b"' }]);
  });

  it("calls the only row of a request by the request's id", () => {
    expect(linesOf({ instances: [{ wind: 1 }] })).toMatchObject([{ id: "req-1" }]);
  });

  it("leaves out redacted columns", () => {
    const lines = linesOf({}, { redact: ["place"] });
    expect(lines).toMatchObject([{ inputs: { wind: 1 } }, { inputs: { wind: null } }]);
    expect(JSON.stringify(lines)).not.toContain("place");
  });

  it("logs the sampled share and answers for all", () => {
    const draws = [0.09, 0.11];
    expect(linesOf({}, { sample: 0.1 }, () => draws.shift() ?? 1)).toMatchObject([
      { id: "req-1/0" },
    ]);
    expect(linesOf({}, { sample: 0 }, () => 0)).toEqual([]);
  });
});

import { cellAt, findColumn, type Table } from "#core";
import { describe, expect, it } from "vitest";
import { readPredictionLog } from "./prediction-log.ts";
import { temporaryDirectory } from "./test-files.ts";

const directory = await temporaryDirectory();
const options = { directory: directory.path };

function line(id: string, more: object = {}): Record<string, unknown> {
  return {
    time: "2024-03-01T10:00:00.000Z",
    request_id: `r-${id}`,
    id,
    model: "weather",
    version: "v1.0.0",
    inputs: { wind: 1.5, location: "Seattle" },
    prediction: "rain",
    scores: { rain: 0.7, sun: 0.3 },
    latency_ms: 2,
    ...more,
  };
}

function column(table: Table, name: string): unknown[] {
  const found = findColumn(table, name);
  return Array.from({ length: table.rows }, (_, row) => found && cellAt(found, row));
}

async function read(
  lines: readonly unknown[],
  more: object = {},
): ReturnType<typeof readPredictionLog> {
  const text = lines
    .map((entry) => (typeof entry === "string" ? entry : JSON.stringify(entry)))
    .join("\n");
  await directory.write("log.jsonl", `${text}\n`);
  return readPredictionLog("log.jsonl", { ...options, ...more });
}

describe("readPredictionLog", () => {
  it("keeps ids of more digits than a number holds", async () => {
    const entry = JSON.stringify(line("0"));
    const ids = ["9007199254740992", "9007199254740993"];
    const log = await read(ids.map((id) => entry.replace('"id":"0"', `"id":${id}`)));
    expect(column(log.table, "id")).toEqual(ids);
    expect(log.duplicates).toBe(0);
  });

  it("makes a row of inputs, prediction, scores, time and id a line", async () => {
    const log = await read([
      line("1"),
      line("2", { inputs: { wind: 2, location: null }, prediction: "sun" }),
    ]);
    expect(log.inputs).toEqual(["wind", "location"]);
    expect(log.names).toEqual({
      id: "id",
      time: "time",
      version: "version",
      prediction: "prediction",
      scores: ["scores.rain", "scores.sun"],
    });
    expect(column(log.table, "wind")).toEqual([1.5, 2]);
    expect(column(log.table, "location")).toEqual(["Seattle", null]);
    expect(column(log.table, "prediction")).toEqual(["rain", "sun"]);
    expect(column(log.table, "scores.rain")).toEqual([0.7, 0.7]);
    expect(column(log.table, "id")).toEqual(["1", "2"]);
    expect(column(log.table, "time")[0]).toBe("2024-03-01T10:00:00.000Z");
  });

  it("keeps the first line of each id", async () => {
    const log = await read([line("1"), line("1", { prediction: "sun" }), line("2")]);
    expect(log.duplicates).toBe(1);
    expect(column(log.table, "prediction")).toEqual(["rain", "rain"]);
  });

  it("unwraps what Cloud Logging exports, as JSON or as text with JSON in it", async () => {
    const log = await read([
      { insertId: "a", jsonPayload: line("1"), timestamp: "2024-03-01T10:00:01Z" },
      { insertId: "b", textPayload: JSON.stringify(line("2")) },
      { insertId: "c", textPayload: "Listening on 8080" },
      { level: 30, msg: "ready" },
    ]);
    expect(column(log.table, "id")).toEqual(["1", "2"]);
    expect(log.passedOver).toBe(2);
  });

  it("counts bad lines, names the first and reads the others", async () => {
    const log = await read([
      line("1"),
      '{"time":"2024-',
      line("2", { inputs: 3 }),
      line("3", { time: "noon" }),
      line("4"),
    ]);
    expect(column(log.table, "id")).toEqual(["1", "4"]);
    expect(log.bad).toEqual({ count: 3, first: 'log.jsonl, line 2: not JSON: {"time":"2024-' });
  });

  it("reads one model, one version, one window of time", async () => {
    const lines = [
      line("1", { model: "churn" }),
      line("2", { version: "v2.0.0" }),
      line("3", { time: "2024-02-01T00:00:00Z" }),
      line("4"),
    ];
    const log = await read(lines, {
      model: "weather",
      version: "v1.0.0",
      from: new Date("2024-03-01T00:00:00Z"),
      to: new Date("2024-03-02T00:00:00Z"),
    });
    expect(column(log.table, "id")).toEqual(["4"]);
    expect(log.passedOver).toBe(3);
  });

  it("keeps inputs that have the names of other fields apart, and ids as text", async () => {
    const log = await read([line("007", { inputs: { id: 7, time: 3 } })]);
    expect(column(log.table, "id")).toEqual([7]);
    expect(column(log.table, "_id")).toEqual(["007"]);
    expect(log.names).toMatchObject({ id: "_id", time: "_time", prediction: "prediction" });
  });

  it("turns an input that becomes text late into text throughout", async () => {
    const lines = Array.from({ length: 33_000 }, (_, i) => line(String(i), { inputs: { x: i } }));
    const log = await read([...lines, line("last", { inputs: { x: "many" } })]);
    expect(column(log.table, "x").slice(0, 2)).toEqual(["0", "1"]);
    expect(column(log.table, "x").at(-1)).toBe("many");
  });

  it("names inputs that hold lists", async () => {
    const log = await read([line("1", { inputs: { wind: 1, embedding: [1, 2] } })]);
    expect(log.nestedInputs).toEqual(["embedding"]);
  });
});

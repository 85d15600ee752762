import { describe, expect, it } from "vitest";
import { DataError, InputError, joinInputFaults, RemoteError } from "./errors.ts";
import { describePath, formatDocument, parseDocument } from "./schema.ts";
import { runRecordSchema } from "./run-record.ts";
import { cellAt, findColumn, takeRows, type Table } from "./table.ts";
import { someRun } from "./testing/some-run.ts";

describe("parseDocument", () => {
  it("reads back what is written and keeps unknown fields", () => {
    const run = { ...someRun(), later: { field: 1 } };
    expect(parseDocument(runRecordSchema, formatDocument(run), "run.json")).toEqual(run);
  });

  it("names the path of each wrong field", () => {
    const run = { ...someRun(), seed: "42", data: [{ ...someRun().data[0], digest: "md5:0" }] };
    expect(() => parseDocument(runRecordSchema, formatDocument(run), "run.json")).toThrow(
      expect.objectContaining({
        code: "INVALID_DOCUMENT",
        message: expect.stringMatching(
          /^run\.json is not what it should be\.\n- seed: .*\n- data\[0\]\.digest: /,
        ) as string,
      }),
    );
  });

  it.each([
    "../x",
    "a/../../x",
    "..",
    "a/..",
    "/etc/passwd",
    "..\\x",
    "C:\\x",
    "\\\\host\\x",
    "a\0b",
    "",
  ])("refuses a file whose path leads out of its folder: %j", (path) => {
    const [file] = someRun().files;
    const run = { ...someRun(), files: [{ ...file, path }] };
    expect(() => parseDocument(runRecordSchema, formatDocument(run), "run.json")).toThrow(
      "files[0].path: expected a path below its folder: relative and without ..",
    );
  });

  it.each(["model.onnx", "a/b.c", "..a/b..", "...", "a..b/c", ".hidden", "ä ö/x:y", "line\nend"])(
    "takes a file at %j",
    (path) => {
      const [file] = someRun().files;
      const run = { ...someRun(), files: [{ ...file, path }] };
      expect(parseDocument(runRecordSchema, formatDocument(run), "run.json")).toEqual(run);
    },
  );

  it("says when a file is not JSON", () => {
    expect(() => parseDocument(runRecordSchema, "{", "run.json")).toThrow(
      /^run\.json is not JSON: /,
    );
    expect(describePath([])).toBe("the document");
  });
});

describe("errors", () => {
  it("carry code, message, hint and cause", () => {
    const cause = new Error("why");
    const error = new InputError({ code: "A", message: "m", hint: "h", cause });
    expect(error).toMatchObject({ name: "InputError", code: "A", message: "m", hint: "h", cause });
    const data = new DataError({ code: "B", message: "m", place: { file: "a.csv", line: 3 } });
    expect(data).toMatchObject({
      name: "DataError",
      place: { file: "a.csv", line: 3 },
      hint: undefined,
    });
    const remote = new RemoteError({
      code: "C",
      message: "m",
      call: "GET /",
      status: 500,
      retryable: true,
    });
    expect(remote).toMatchObject({
      name: "RemoteError",
      call: "GET /",
      status: 500,
      retryable: true,
    });
  });

  it("are joined into one that lists them all", () => {
    expect(joinInputFaults([{ code: "A", message: "one" }]).message).toBe("one");
    expect(
      joinInputFaults([
        { code: "A", message: "one", hint: "do." },
        { code: "B", message: "two" },
      ]),
    ).toMatchObject({
      code: "INVALID_INPUTS",
      message: "- one do.\n- two",
    });
  });
});

describe("tables", () => {
  const table: Table = {
    rows: 3,
    columns: [
      {
        kind: "number",
        name: "n",
        values: Float64Array.of(1, Number.NaN, Number.NaN),
        missing: Uint8Array.of(0, 1, 0),
        integer: false,
      },
      {
        kind: "number",
        name: "whole",
        values: Float64Array.of(1, 2, 3),
        missing: null,
        integer: true,
      },
      { kind: "text", name: "t", codes: Int32Array.of(1, -1, 0), levels: ["a", "b"] },
      {
        kind: "date",
        name: "d",
        values: Float64Array.of(Date.UTC(2012, 0, 1), Number.NaN, 0),
        dateOnly: true,
      },
      {
        kind: "date",
        name: "at",
        values: Float64Array.of(Date.UTC(2012, 0, 1, 3), Number.NaN, 0),
        dateOnly: false,
      },
    ],
  };
  const cells = (name: string, of = table) => {
    const column = findColumn(of, name);
    if (column === undefined) throw new Error(name);
    return Array.from({ length: of.rows }, (_, row) => cellAt(column, row));
  };

  it("tell a missing cell from a NaN that was read", () => {
    expect(cells("n")).toEqual([1, null, Number.NaN]);
    expect(cells("whole")).toEqual([1, 2, 3]);
  });

  it("give texts and dates back", () => {
    expect(cells("t")).toEqual(["b", null, "a"]);
    expect(cells("d")).toEqual(["2012-01-01", null, "1970-01-01"]);
    expect(cells("at")[0]).toBe("2012-01-01T03:00:00.000Z");
    expect(findColumn(table, "none")).toBeUndefined();
  });

  it("give null and NaN for rows that are not there", () => {
    const [number, , text, date] = table.columns;
    expect(
      [number, text, date].map((column) => (column === undefined ? null : cellAt(column, 99))),
    ).toEqual([Number.NaN, null, null]);
  });

  it("take missing cells for rows that are not there", () => {
    const taken = takeRows(table, [99]);
    expect(taken.columns.map((column) => cellAt(column, 0))).toEqual([
      Number.NaN,
      Number.NaN,
      null,
      null,
      null,
    ]);
    const broken = { kind: "text", name: "t", codes: Int32Array.of(5), levels: ["a"] } as const;
    expect(cellAt(broken, 0)).toBeNull();
  });

  it("take rows in the order asked for", () => {
    const taken = takeRows(table, [2, 0]);
    expect([
      cells("n", taken),
      cells("whole", taken),
      cells("t", taken),
      cells("d", taken),
    ]).toEqual([
      [Number.NaN, 1],
      [3, 1],
      ["a", "b"],
      ["1970-01-01", "2012-01-01"],
    ]);
  });
});

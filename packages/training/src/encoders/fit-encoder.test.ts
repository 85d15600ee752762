import { describe, expect, it } from "vitest";
import { countUp, makeTable } from "../sample-tables.ts";
import { encodeRows } from "./encode.ts";
import { listFeatures } from "./encoder.ts";
import type { EncoderOptions } from "./fit-encoder.ts";
import { fitEncoder } from "./fit-encoder.ts";
import { readRawColumns } from "./raw-columns.ts";

const scaled: EncoderOptions = {
  form: "scaled",
  impute: "median",
  missingIndicator: true,
  minLevelRows: 1,
  maxLevels: 50,
};

function encode(
  cells: Parameters<typeof makeTable>[0],
  { options = scaled, train }: { options?: EncoderOptions; train?: readonly number[] } = {},
) {
  const table = makeTable(cells);
  const columns = readRawColumns(table, Object.keys(cells));
  const { encoder, notes } = fitEncoder(
    columns,
    Uint32Array.from(train ?? countUp(table.rows)),
    options,
  );
  const matrix = encodeRows(encoder, columns, Uint32Array.from(countUp(table.rows)));
  const rows = countUp(table.rows).map((row) =>
    [...matrix.values.subarray(row * matrix.columns, (row + 1) * matrix.columns)].map((value) =>
      Number(value.toPrecision(6)),
    ),
  );
  return { names: listFeatures(encoder).map(({ name }) => name), rows, notes, encoder };
}

describe("fitEncoder, scaled", () => {
  it("imputes the median, standardises as a scikit-learn pipeline does and marks what was missing", () => {
    // Imputed: 1, 2, 2, 5; mean 2.5, population deviation 1.5.
    const { names, rows } = encode({ x: [1, 2, null, 5] });
    expect(names).toEqual(["x", "x missing"]);
    expect(rows).toEqual([
      [-1, 0],
      [-0.333333, 0],
      [-0.333333, 1],
      [1.66667, 0],
    ]);
  });

  it("imputes the mean when told, and leaves indicators out when told", () => {
    const options = { ...scaled, impute: "mean", missingIndicator: false } as const;
    const { names, rows } = encode({ x: [0, 3, null, 6] }, { options });
    expect(names).toEqual(["x"]);
    expect(rows[2]).toEqual([0]);
  });

  it("learns from the training rows alone", () => {
    const { rows, names } = encode({ x: [0, 2, 1000], city: ["a", "b", "c"] }, { train: [0, 1] });
    expect(names).toEqual(["x", "city=a", "city=b"]);
    expect(rows).toEqual([
      [-1, 1, 0],
      [1, 0, 1],
      [999, 0, 0],
    ]);
  });

  it("counts rare and unseen levels as other, and missing as a level of its own", () => {
    const cells = { city: ["a", "a", "a", "b", "b", "c", null, "d"] };
    const options = { ...scaled, minLevelRows: 2 };
    const { names, rows } = encode(cells, { options, train: countUp(7) });
    expect(names).toEqual(["city=a", "city=b", "city other", "city missing"]);
    expect(rows.slice(4)).toEqual([
      [0, 1, 0, 0],
      [0, 0, 1, 0],
      [0, 0, 0, 1],
      [0, 0, 1, 0],
    ]);
  });

  it("drops constant and empty columns with a note each", () => {
    const { names, notes } = encode({
      x: [1, 2, 3],
      same: [7, 7, 7],
      none: [null, null, null],
      word: ["w", "w", "w"],
    });
    expect(names).toEqual(["x"]);
    expect(notes).toEqual([
      "Column same was dropped: it is constant in the training part.",
      "Column none was dropped: it holds no value in the training part.",
      "Column word was dropped: it is constant in the training part.",
    ]);
  });

  it("drops a text column whose every level is rare", () => {
    const { notes } = encode(
      { x: [1, 2, 3], id: ["u", "v", "w"] },
      { options: { ...scaled, minLevelRows: 2 } },
    );
    expect(notes).toEqual([
      "Column id was dropped: none of its 3 levels has 2 rows in the training part.",
    ]);
  });

  it("keeps a column whose only news is where it is missing", () => {
    expect(encode({ x: [4, null, 4, null] }).rows).toEqual([
      [0, 0],
      [0, 1],
      [0, 0],
      [0, 1],
    ]);
  });

  it("takes an infinite number and an empty text for missing ones", () => {
    const { rows } = encode({ x: [1, 3, Infinity], t: ["a", "b", ""] });
    expect(rows[2]).toEqual([0, 1, 0, 0, 1]);
  });

  it("reads parts off dates and leaves out those that never change", () => {
    const days = ["2024-01-01", "2024-01-02", "2024-02-05", "2024-07-30"];
    const { names } = encode({ day: days.map((day) => new Date(day)) });
    expect(names).toEqual([
      "day.month",
      "day.day_of_year_sin",
      "day.day_of_year_cos",
      "day.monday",
      "day.tuesday",
    ]);
  });
});

describe("fitEncoder, raw", () => {
  const raw = { ...scaled, form: "raw" } as const;

  it("leaves numbers as they are and missing ones NaN", () => {
    expect(encode({ x: [1.5, null, 7] }, { options: raw }).rows).toEqual([
      [1.5],
      [Number.NaN],
      [7],
    ]);
  });

  it("codes a text of many levels by falling frequency", () => {
    const letters = Array.from("aaabbcdefghijklm");
    const { rows, encoder } = encode(
      { letter: [...letters, null, "new"] },
      { options: raw, train: countUp(letters.length + 1) },
    );
    expect(encoder.texts[0]?.kind).toBe("ordinal");
    expect(rows[0]).toEqual([0]);
    expect(rows[3]).toEqual([1]);
    expect(rows.at(-2)).toEqual([Number.NaN]);
    expect(rows.at(-1)).toEqual([13]);
  });

  it("reads the hour only where dates have one", () => {
    const times = ["2024-01-01T05:00:00Z", "2025-03-02T17:30:00Z"];
    const { names, rows } = encode({ at: times.map((time) => new Date(time)) }, { options: raw });
    expect(names).toEqual(["at.year", "at.month", "at.day_of_year", "at.day_of_week", "at.hour"]);
    expect(rows).toEqual([
      [2024, 1, 1, 0, 5],
      [2025, 3, 61, 6, 17],
    ]);
  });
});

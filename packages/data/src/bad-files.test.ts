import { describe, expect, it } from "vitest";
import { readTable, requireNumber } from "./read-table.ts";
import { fixtures } from "./test-files.ts";

const options = { directory: `${fixtures}/bad` };

const faults: readonly (readonly [string, object])[] = [
  [
    "ragged.csv",
    {
      code: "RAGGED_CSV",
      message:
        "ragged.csv is not a sound CSV file: line 3 (byte 24) has 2 fields, the header has 3; line 4 (byte 30) has 4 fields, the header has 3.",
      hint: "Give every line 3 fields separated by a comma; a field that holds the separator stands in double quotes.",
      place: { file: "ragged.csv", line: 3, byte: 24 },
    },
  ],
  [
    "bad_quote.csv",
    {
      code: "BAD_QUOTES",
      message:
        "bad_quote.csv is not a sound CSV file: line 3 (byte 26) opens a quoted field that never closes.",
      hint: 'Put a field that holds a quote, a separator or a line end in double quotes, and write each quote inside it twice ("").',
      place: { file: "bad_quote.csv", line: 3, byte: 26 },
    },
  ],
  [
    "quote_inside.csv",
    {
      code: "BAD_QUOTES",
      message:
        "quote_inside.csv is not a sound CSV file: line 3 (byte 28) has a quote inside an unquoted field; line 4 (byte 41) has text after a closing quote.",
      place: { file: "quote_inside.csv", line: 3, byte: 28 },
    },
  ],
  [
    "latin1.csv",
    {
      code: "NOT_UTF8",
      message:
        "latin1.csv is not UTF-8: byte 17 (line 2) is 0xFC, byte 30 (line 3) is 0xE1, byte 45 (line 4) is 0xE9.",
      hint: "It looks like Latin-1 or Windows-1252. Convert it: iconv -f WINDOWS-1252 -t UTF-8 old.csv > new.csv",
      place: { file: "latin1.csv", line: 2, byte: 17 },
    },
  ],
  [
    "nul_bytes.csv",
    {
      code: "NUL_BYTE",
      message:
        "nul_bytes.csv holds NUL bytes (4 in what was read so far), the first at byte 18 (line 2).",
      place: { file: "nul_bytes.csv", line: 2, byte: 18 },
    },
  ],
  [
    "empty.csv",
    {
      code: "EMPTY_FILE",
      message: "empty.csv is empty (0 bytes of text).",
      hint: "A CSV starts with a header line. Did the step that writes it fail?",
    },
  ],
  [
    "header_only.csv",
    {
      code: "NO_ROWS",
      message: "header_only.csv holds a header (id, name, score) and no row.",
    },
  ],
  [
    "duplicate_header.csv",
    {
      code: "BAD_HEADER",
      message: 'duplicate_header.csv, line 1: "score" names columns 2 and 3; column 4 has no name.',
      hint: "Give every column a name of its own in the header.",
    },
  ],
  [
    "truncated.parquet",
    {
      code: "TRUNCATED_PARQUET",
      message:
        'truncated.parquet starts as a Parquet file but its 86,824 bytes do not end with the footer\'s "PAR1": it is cut off.',
      hint: "Download or write it again and compare its size and digest.",
    },
  ],
  [
    "not_parquet.parquet",
    {
      code: "NOT_PARQUET",
      message:
        'not_parquet.parquet is not a Parquet file: it starts with "id,name·1,ann·", "PAR1" is expected.',
      hint: "It looks like text: give it the ending .csv or .jsonl, or name its format.",
    },
  ],
];

describe("bad files", () => {
  it.each(faults)(
    "%s is refused with what is wrong, where, and what to do",
    async (file, fault) => {
      await expect(readTable(file, options)).rejects.toMatchObject(fault);
    },
  );

  it("mixed_types.csv is read as text with a note of the first other value, and refused where numbers must be", async () => {
    const table = await readTable("mixed_types.csv", options);
    expect(table.rows).toBe(45);
    expect(table.notes.map((note) => note.message)).toEqual([
      'mixed_types.csv: column age holds numbers until line 42, which holds "unknown"; the whole column is read as text.',
      'mixed_types.csv: column score holds numbers until line 43, which holds "n/a"; the whole column is read as text.',
    ]);
    expect(() => requireNumber(table, "age")).toThrowError(
      expect.objectContaining({
        code: "NOT_NUMERIC",
        message: 'mixed_types.csv, line 42: column age must hold numbers and holds "unknown".',
        place: { file: "mixed_types.csv", line: 42, column: "age" },
      }),
    );
    const age = table.columns[1];
    const text = (row: number) => (age?.kind === "text" ? age.levels[age.codes[row] ?? -1] : null);
    expect([0, 40, 42, 43, 44].map(text)).toEqual([
      "21",
      "unknown",
      "2024-01-05",
      "1e2",
      undefined,
    ]);
  });

  it("mixed_types.csv with its words for missing named is numbers, except for the date", async () => {
    const table = await readTable("mixed_types.csv", { ...options, missing: ["unknown", "n/a"] });
    expect(requireNumber(table, "score").missing?.reduce((sum, flag) => sum + flag, 0)).toBe(2);
    expect(table.notes[0]?.message).toContain("line 44");
  });

  it("a forced type names the first value that is not of it", async () => {
    const types = { age: "number" } as const;
    await expect(readTable("mixed_types.csv", { ...options, types })).rejects.toMatchObject({
      code: "WRONG_TYPE",
      message: 'mixed_types.csv, line 42: column age holds "unknown" where a number is expected.',
    });
  });
});

describe("good files that break careless readers", () => {
  it("bom.csv: the first column is id all the same", async () => {
    const table = await readTable("bom.csv", options);
    expect(table.columns.map((column) => column.name)).toEqual(["id", "city", "score"]);
    expect(table.columns[1]).toMatchObject({ levels: ["Zürich", "Málaga"] });
  });

  it("utf16.csv is read like the same text in UTF-8", async () => {
    const [utf16, utf8] = [
      await readTable("utf16.csv", options),
      await readTable("bom.csv", options),
    ];
    expect(utf16.columns).toEqual(utf8.columns);
  });

  it("crlf_quoted_newline.csv has 4 records with their line ends and quotes", async () => {
    const table = await readTable("crlf_quoted_newline.csv", options);
    expect(table.rows).toBe(4);
    expect(table.columns[1]).toMatchObject({
      levels: ["first line\r\nsecond, with comma", 'she said "no"', "plain"],
      codes: Int32Array.of(0, 1, -1, 2),
    });
    expect(table.columns[2]).toMatchObject({ values: Float64Array.of(0.5, 0.6, 0.7, 0.8) });
  });

  it("crlf_quoted_newline.csv keeps a quoted empty field as text when asked", async () => {
    const table = await readTable("crlf_quoted_newline.csv", { ...options, quotedMissing: false });
    expect(table.columns[1]).toMatchObject({ codes: Int32Array.of(0, 1, 2, 3) });
  });

  it("huge_field.csv has a field of 300,000 bytes", async () => {
    const table = await readTable("huge_field.csv", options);
    const text = table.columns[1];
    expect(text?.kind === "text" && text.levels.map((level) => level.length)).toEqual([5, 300_000]);
    expect(text).toMatchObject({ codes: Int32Array.of(0, 1, 0) });
  });

  it("nan_scores.csv holds a NaN that is not missing", async () => {
    const score = requireNumber(await readTable("nan_scores.csv", options), "score");
    expect(score.values[7]).toBeNaN();
    expect(score.missing).toBeNull();
  });
});

import { describe, expect, it } from "vitest";
import { checkExpectations } from "./check-expectations.ts";
import { formatExpectations, parseExpectations, type Expectation } from "./expectation-schema.ts";
import { inferExpectations } from "./infer-expectations.ts";
import { readTable } from "./read-table.ts";
import { fixtures, temporaryDirectory } from "./test-files.ts";

const directory = await temporaryDirectory();
await directory.write(
  "people.csv",
  [
    "id,age,low,high,email,when,score",
    "1,20,1,2,a@x.org,2024-01-01,0.5",
    "2,30,5,4,b@x.org,2024-01-02,NaN",
    "2,,1,1,nobody,2024-01-03,inf",
    "4,200,,3,c@x.org,2024-01-09,0.7",
    "",
  ].join("\n"),
);
const people = await readTable("people.csv", { directory: directory.path });
const context = { now: new Date("2024-01-10T00:00:00Z"), previousRows: 10 };

function check(expectation: Expectation): ReturnType<typeof checkExpectations>[number] {
  const [result] = checkExpectations(people, [expectation], context);
  if (result === undefined) throw new Error("One result is expected.");
  return result;
}

describe("checkExpectations", () => {
  it.each<[Expectation, object]>([
    [
      { check: "not-null", column: "age" },
      {
        passed: false,
        count: 1,
        share: 0.25,
        examples: [{ row: 3, value: null }],
        message: "every age should be present; 1 of 4 rows (25%) does not (row 3: null).",
      },
    ],
    [
      { check: "not-null", column: "age", mostly: 0.75 },
      { passed: true, count: 1 },
    ],
    [
      { check: "range", column: "age", min: 0, max: 120, severity: "warn" },
      { passed: false, severity: "warn", count: 1, examples: [{ row: 4, value: 200 }] },
    ],
    [{ check: "range", column: "when", min: "2024-01-01" }, { passed: true }],
    [
      { check: "unique", columns: ["id"] },
      { passed: false, count: 1, examples: [{ row: 3, value: 2 }] },
    ],
    [{ check: "unique", columns: ["id", "age"] }, { passed: true }],
    [
      { check: "in-set", column: "id", values: [1, 2] },
      { passed: false, count: 1 },
    ],
    [
      { check: "regex", column: "email", pattern: "^[^@]+@[^@]+$" },
      { passed: false, count: 1, examples: [{ row: 3, value: "nobody" }] },
    ],
    [
      { check: "length", column: "email", min: 7 },
      { passed: false, count: 1 },
    ],
    [
      { check: "finite", column: "score" },
      { passed: false, count: 2 },
    ],
    // 20, 30, 200: mean 83.33, squares about it 4011.1 + 2844.4 + 13611.1, over 2, root 101.16.
    [
      { check: "mean", column: "age", min: 83.3, max: 83.4 },
      { passed: true, share: null },
    ],
    [{ check: "median", column: "age", min: 30, max: 30 }, { passed: true }],
    [
      { check: "sum", column: "age", max: 249 },
      { passed: false, message: "the sum of age should be at most 249; it is 250." },
    ],
    [{ check: "quantile", column: "age", q: 0.25, min: 25, max: 25 }, { passed: true }],
    [{ check: "deviation", column: "age", min: 101.15, max: 101.17 }, { passed: true }],
    [{ check: "distinct", column: "id", min: 3, max: 3 }, { passed: true }],
    [{ check: "distinct-share", column: "id", min: 0.8 }, { passed: false }],
    [
      { check: "above", column: "high", other: "low" },
      {
        passed: false,
        count: 2,
        message: "every high should be above low; 2 of 4 rows (50%) do not (row 2: 4, row 3: 1).",
      },
    ],
    [
      { check: "above", column: "high", other: "low", or_equal: true },
      { passed: false, count: 1 },
    ],
    [{ check: "freshness", column: "when", within: "36h" }, { passed: true }],
    [{ check: "freshness", column: "when", within: "12h" }, { passed: false }],
    [
      { check: "row-count-change", max: 0.5 },
      {
        passed: false,
        message: "the number of rows should change by at most 50%; it went from 10 to 4 (-60%).",
      },
    ],
    [{ check: "rows", min: 1, max: 4 }, { passed: true }],
    [{ check: "type", column: "age", type: "integer" }, { passed: true }],
    [
      { check: "type", column: "email", type: "number" },
      { passed: false, message: "email should be number; it is text." },
    ],
    [
      { check: "columns", columns: ["id", "agee"], exact: true },
      {
        passed: false,
        message: "agee is not there; age, low, high, email, when, score are not expected.",
      },
    ],
    [
      { check: "columns", columns: ["age", "id"], ordered: true },
      { passed: false, message: "id is out of order." },
    ],
    [
      { check: "mean", column: "agee" },
      { passed: false, message: "there is no column agee. Did you mean age?" },
    ],
  ])("%j", (expectation, result) => {
    expect(check(expectation)).toMatchObject(result);
  });

  it("shows at most five rows", async () => {
    const penguins = await readTable("penguins.csv", { directory: fixtures });
    const [result] = checkExpectations(penguins, [{ check: "not-null", column: "sex" }], context);
    expect(result).toMatchObject({ count: 10 });
    expect(result?.examples).toHaveLength(5);
  });
});

describe("parseExpectations", () => {
  it("reads a YAML list", async () => {
    const text =
      "- { check: not-null, column: age, mostly: 0.95, severity: warn }\n- check: rows\n  min: 10\n";
    expect(await parseExpectations(text)).toEqual([
      { check: "not-null", column: "age", mostly: 0.95, severity: "warn" },
      { check: "rows", min: 10 },
    ]);
  });

  it("lists every fault with its line and the nearest check", async () => {
    const text =
      "- { check: not-nul, column: age }\n- { check: rows, min: ten }\n- { column: x }\n";
    await expect(parseExpectations(text, "checks.yml")).rejects.toMatchObject({
      code: "BAD_EXPECTATIONS",
      message: expect.stringMatching(
        /^checks\.yml is no list of data checks\.\n- line 1, \[0\]\.check: there is no check "not-nul". Did you mean not-null\?\n- line 2, \[1\]\.min: a number is expected\n- .*\[2\]\.check: needs check: one of columns, /,
      ),
    });
  });

  it("names a key that no such check has", async () => {
    await expect(parseExpectations("- { check: rows, minn: 1 }\n")).rejects.toMatchObject({
      message: expect.stringContaining("- line 1, [0]: has no key minn. Did you mean min?"),
    });
  });
});

describe("inferExpectations", () => {
  it.each(["weather.csv", "penguins.csv", "breast_cancer.csv", "wine.csv"])(
    "infers from %s checks that it passes, and that read back from YAML",
    async (file) => {
      const table = await readTable(file, { directory: fixtures });
      const expectations = inferExpectations(table);
      const failed = checkExpectations(table, expectations, context).filter(
        (result) => !result.passed,
      );
      expect(failed).toEqual([]);
      expect(await parseExpectations(await formatExpectations(expectations))).toEqual(expectations);
    },
  );

  it("fails on data with a new category", async () => {
    const weather = await readTable("weather.csv", { directory: fixtures });
    const set = inferExpectations(weather).find(
      (expectation) => expectation.check === "in-set" && expectation.column === "weather",
    );
    expect(set).toEqual({
      check: "in-set",
      column: "weather",
      values: ["drizzle", "fog", "rain", "snow", "sun"],
    });
  });
});

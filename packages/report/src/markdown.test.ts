import fc from "fast-check";
import { marked } from "marked";
import { describe, expect, it } from "vitest";
import { judgementTable } from "./judgement-table.ts";
import { digitsApart, formatInterval, formatNumber, formatSigned } from "./format.ts";
import { codeText, escapeText, markdownTable, showablePart } from "./markdown.ts";

const decode = (html: string): string =>
  html
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")
    .replaceAll("\u200B", "");

/** What a reader sees of one paragraph. */
async function shown(markdown: string): Promise<string> {
  const html = await marked.parse(markdown, { gfm: true });
  return decode(html.replaceAll(/<[^>]*>/g, "")).trim();
}

describe("escapeText", () => {
  it("shows any text as it is and makes no element, link or mention of it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme", maxLength: 100 }), async (text) => {
        const markdown = `a${escapeText(text)}z`;
        const html = await marked.parse(markdown, { gfm: true });
        expect(html.replace(/^<p>/, "").replace(/<\/p>\n$/, "")).not.toMatch(/<[a-z]/i);
        expect(await shown(markdown)).toBe(`a${showablePart(text).replaceAll("\u200B", "")}z`);
      }),
    );
  });

  it("survives names that are markup", async () => {
    for (const text of [
      "<img src=x>",
      "a|b",
      "`x`",
      "**b**",
      "[l](https://e.test)",
      "# h",
      "- i",
      "@octocat",
      "#12",
      "https://evil.test",
    ]) {
      expect(await shown(escapeText(text))).toBe(text);
    }
  });

  it("takes terminal colours, control characters and turned directions out", () => {
    expect(showablePart("\u001B[31mred\u001B[0m\u0007 \u202Eabc\n\td")).toBe("red abc d");
  });

  it("cuts by characters, never inside one", () => {
    expect(showablePart("😀".repeat(200))).toBe(`${"😀".repeat(119)}…`);
    expect(showablePart("abcdef", 4)).toBe("abc…");
  });
});

describe("markdownTable", () => {
  it("keeps one cell a cell, whatever is in it", async () => {
    const table = markdownTable({
      headers: ["a", "b"],
      rows: [[codeText("x|y"), escapeText("p|q\nr")]],
    });
    const html = await marked.parse(table, { gfm: true });
    expect(html.match(/<td/g)).toHaveLength(2);
    expect(await shown(html)).toContain("x|y");
  });
});

describe("numbers", () => {
  it("have four digits, whole ones none, missing ones a dash", () => {
    expect(
      [0.5, 12.3456, 1234.5678, 3, null, Number.NaN, 0.00001, 1e12].map((value) =>
        formatNumber(value),
      ),
    ).toEqual(["0.5000", "12.35", "1,235", "3", "—", "NaN", "1.000e−5", "1,000,000,000,000"]);
    expect(formatInterval(21_685, 29_472.4)).toBe("[21,685, 29,472]");
    expect(formatSigned(-4118.7)).toBe("−4,119");
    expect(formatSigned(0.5)).toBe("+0.5000");
    expect(formatSigned(-0.5)).toBe("−0.5000");
    expect(formatInterval(0.1, 0.2)).toBe("[0.1000, 0.2000]");
    expect(formatInterval(0.1, null)).toBe("—");
  });

  it("show as many digits as tell a value from a bound that it is not", () => {
    expect(digitsApart(0.749_96, [0.75])).toBe(5);
    expect(digitsApart(0.999_99, [1])).toBe(5);
    expect(digitsApart(0.000_52, [0.000_5])).toBe(5);
    expect(digitsApart(0.75, [0.75, null])).toBe(4);
    expect(digitsApart(0.1 + 0.2, [0.3])).toBe(4);
    expect(digitsApart(123_456.7, [123_457])).toBe(7);
    expect(digitsApart(null, [1])).toBe(4);
  });

  it("never make a missed bound look met in the table of thresholds", () => {
    const table = judgementTable([
      {
        threshold: "accuracy >= 0.75",
        metric: "accuracy",
        level: "error",
        verdict: "fail",
        measure: { value: 0.749_96 },
        bounds: [{ operator: ">=", value: 0.75, margin: -0.000_04 }],
      },
    ]);
    expect(table).toContain("0.74996");
    expect(table).toContain("−4.000e−5");
  });
});

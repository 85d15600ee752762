import { describe, expect, it } from "vitest";
import { parseMonitoringFilter } from "./monitoring-filter.ts";

describe("parseMonitoringFilter", () => {
  it("reads comparisons joined by AND or by nothing", () => {
    const filter =
      'metric.type = "run.googleapis.com/request_count" AND resource.label."service_name"="a" metric.labels.response_code_class != "5xx"';
    const read = parseMonitoringFilter(filter);
    expect(read.map(({ field, negated }) => [field, negated])).toEqual([
      ["metric.type", false],
      ["resource.labels.service_name", false],
      ["metric.labels.response_code_class", true],
    ]);
    expect(read[1]?.test("a")).toBe(true);
    expect(read[1]?.test("b")).toBe(false);
  });

  it.each([
    ['starts_with("ab")', "abc", "cab"],
    ['ends_with("bc")', "abc", "bca"],
    ['has_substring("b")', "abc", "acc"],
    ['one_of("x", "abc")', "abc", "y"],
    ['monitoring.regex.full_match("a.c")', "abc", "abcd"],
    ['"a\\"b"', 'a"b', "ab"],
  ])("compares with %s", (operand, yes, no) => {
    const [comparison] = parseMonitoringFilter(`resource.labels.revision_name = ${operand}`);
    expect([comparison?.test(yes), comparison?.test(no)]).toEqual([true, false]);
  });

  it.each([
    ['metric.type = "a" OR metric.type = "b"', "not implemented"],
    ['NOT metric.type = "a"', "not implemented"],
    ['metric.type : "a"', "not implemented"],
    ["metric.type = a", "invalid"],
    ['metric.type = "a" AND', "ends with AND"],
    ['color = "a"', "unknown field"],
    ["metric.type =", "ends too early"],
  ])("refuses %s", (filter, message) => {
    expect(() => parseMonitoringFilter(filter)).toThrow(message);
  });
});

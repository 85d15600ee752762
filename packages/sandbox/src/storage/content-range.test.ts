import { describe, expect, it } from "vitest";
import { parseContentRange, parseRange } from "./content-range.ts";

describe("parseContentRange", () => {
  it.each([
    [undefined, { kind: "bytes", start: 0 }],
    ["bytes */*", { kind: "query" }],
    ["bytes */9", { kind: "query", totalBytes: 9 }],
    ["bytes 0-*/*", { kind: "bytes", start: 0 }],
    ["bytes 5-*/9", { kind: "bytes", start: 5, totalBytes: 9 }],
    ["bytes 0-4/9", { kind: "bytes", start: 0, end: 4, totalBytes: 9 }],
    ["bytes 5-8/*", { kind: "bytes", start: 5, end: 8 }],
  ])("reads %s", (header, expected) => {
    expect(parseContentRange(header)).toEqual(expected);
  });

  it.each(["bytes 5-4/9", "bytes 0-9/9", "0-4/9", "bytes -4/9", "bytes x"])(
    "refuses %s",
    (header) => {
      expect(() => parseContentRange(header)).toThrow(header);
    },
  );
});

describe("parseRange", () => {
  it.each([
    [undefined, { kind: "whole" }],
    ["bytes=0-0", { kind: "part", start: 0, end: 0 }],
    ["bytes=3-", { kind: "part", start: 3, end: 9 }],
    ["bytes=3-99", { kind: "part", start: 3, end: 9 }],
    ["bytes=-3", { kind: "part", start: 7, end: 9 }],
    ["bytes=-99", { kind: "part", start: 0, end: 9 }],
    ["bytes=10-", { kind: "unsatisfiable" }],
    ["bytes=-0", { kind: "unsatisfiable" }],
    ["bytes=5-4", { kind: "whole" }],
    ["bytes=0-1,4-5", { kind: "whole" }],
    ["lines=0-1", { kind: "whole" }],
  ])("reads %s of ten bytes", (header, expected) => {
    expect(parseRange(header, 10)).toEqual(expected);
  });
});

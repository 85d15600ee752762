import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { listPage, type ListOptions } from "./listing.ts";
import type { ObjectRecord } from "./records.ts";

function object(name: string): ObjectRecord {
  return {
    name,
    bucket: "b",
    generation: "1",
    metageneration: 1,
    created: "",
    updated: "",
    sizeBytes: 0,
    crc32c: "AAAAAA==",
    settings: {},
  };
}

function options(changes: Partial<ListOptions> = {}): ListOptions {
  return {
    prefix: "",
    delimiter: "",
    includeTrailingDelimiter: false,
    startOffset: "",
    endOffset: "",
    maxResults: 1000,
    pageToken: null,
    ...changes,
  };
}

function namesOf(names: readonly string[], changes: Partial<ListOptions>): unknown[] {
  const page = listPage(names.map(object), options(changes));
  return [page.objects.map(({ name }) => name), page.prefixes];
}

describe("listPage", () => {
  it("orders by the bytes of UTF-8, which UTF-16 does not", () => {
    expect(namesOf(["\u{1F600}", "\u{FFFD}", "a"], {})).toEqual([
      ["a", "\u{FFFD}", "\u{1F600}"],
      [],
    ]);
  });

  it("groups below the prefix by the delimiter", () => {
    const names = ["m/1/a", "m/1/b", "m/2/a", "m/x", "n"];
    expect(namesOf(names, { prefix: "m/", delimiter: "/" })).toEqual([["m/x"], ["m/1/", "m/2/"]]);
  });

  it("lists a folder's own object beside its prefix only when asked", () => {
    const names = ["m/", "m/a"];
    expect(namesOf(names, { delimiter: "/" })).toEqual([[], ["m/"]]);
    expect(namesOf(names, { delimiter: "/", includeTrailingDelimiter: true })).toEqual([
      ["m/"],
      ["m/"],
    ]);
  });

  it("keeps to offsets: the start belongs to it, the end does not", () => {
    expect(namesOf(["a", "b", "c"], { startOffset: "b", endOffset: "c" })).toEqual([["b"], []]);
  });

  it("shows everything once over its pages, whatever their size", () => {
    const name = fc.stringMatching(/^[ab/]{1,6}$/);
    fc.assert(
      fc.property(
        fc.uniqueArray(name, { maxLength: 30 }),
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        (names, maxResults, grouped) => {
          const delimiter = grouped ? "/" : "";
          const whole = listPage(names.map(object), options({ delimiter }));
          const found: string[] = [];
          let pageToken: string | null = null;
          do {
            const page = listPage(names.map(object), options({ delimiter, maxResults, pageToken }));
            found.push(...page.objects.map((each) => each.name), ...page.prefixes);
            pageToken = page.nextPageToken ?? null;
          } while (pageToken !== null);
          expect(found.sort()).toEqual(
            [...whole.objects.map((each) => each.name), ...whole.prefixes].sort(),
          );
        },
      ),
    );
  });
});

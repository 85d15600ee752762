import { describe, expect, it } from "vitest";
import { selectFields } from "./partial-response.ts";

const list = {
  kind: "list",
  items: [
    { name: "a", size: "1", metadata: { x: "1", y: "2" } },
    { name: "b", size: "2" },
  ],
  next: "t",
};

describe("selectFields", () => {
  it.each([
    ["kind", { kind: "list" }],
    ["items(name),next", { items: [{ name: "a" }, { name: "b" }], next: "t" }],
    ["items/name", { items: [{ name: "a" }, { name: "b" }] }],
    ["items(name,metadata/x)", { items: [{ name: "a", metadata: { x: "1" } }, { name: "b" }] }],
    [
      "items/*/y",
      {
        items: [
          { metadata: { y: "2" }, name: "a", size: "1" },
          { name: "b", size: "2" },
        ],
      },
    ],
    [
      "items/name,items/size",
      {
        items: [
          { name: "a", size: "1" },
          { name: "b", size: "2" },
        ],
      },
    ],
    ["nothing", {}],
    ["", list],
  ])("keeps %s", (fields, expected) => {
    expect(selectFields(list, fields)).toEqual(expected);
  });

  it.each(["items(", "items()", ",", "a/", "a)b"])("refuses %s", (fields) => {
    expect(() => selectFields(list, fields)).toThrow("Invalid field selection");
  });
});

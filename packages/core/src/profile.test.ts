import { describe, expect, it } from "vitest";
import { profileSchema, type Profile } from "./profile.ts";
import { formatDocument, parseDocument } from "./schema.ts";

const profile: Profile = {
  schema: "slipway/profile@1",
  rows: 3,
  min_category_count: 5,
  columns: [
    {
      kind: "number",
      name: "age",
      role: "feature",
      n: 3,
      null: 1,
      mismatched: 0,
      integer: true,
      nan: 0,
      pos_inf: 0,
      neg_inf: 0,
      min: 1,
      max: 2,
      mean: 1.5,
      m2: 0.5,
      bins: { edges: [1], counts: [1, 1], sums: [1, 2] },
    },
  ],
};

describe("profileSchema", () => {
  it("reads back what is written and keeps fields that it does not know", () => {
    const written = { ...profile, note: "kept" };
    expect(parseDocument(profileSchema, formatDocument(written), "profile.json")).toEqual(written);
  });

  it("names the path of bins that do not fit their edges", () => {
    const [age] = profile.columns;
    const bad = { ...profile, columns: [{ ...age, bins: { edges: [1], counts: [1], sums: [1] } }] };
    expect(() => parseDocument(profileSchema, JSON.stringify(bad), "profile.json")).toThrow(
      "columns[0].bins: counts and sums must have one entry more than edges",
    );
  });

  it("refuses edges that do not ascend", () => {
    const [age] = profile.columns;
    const bins = { edges: [2, 1], counts: [1, 1, 0], sums: [1, 1, 0] };
    const bad = { ...profile, columns: [{ ...age, bins }] };
    expect(() => parseDocument(profileSchema, JSON.stringify(bad), "profile.json")).toThrow(
      "columns[0].bins: edges must ascend",
    );
  });

  it("refuses a profile of another version by naming the field", () => {
    const future = { ...profile, schema: "slipway/profile@2" };
    expect(() => parseDocument(profileSchema, JSON.stringify(future), "profile.json")).toThrow(
      "- schema:",
    );
  });
});

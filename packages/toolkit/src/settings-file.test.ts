import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { inputs, parserOf, type RawInputs } from "./inputs/parse-inputs.ts";
import { lines, names } from "./inputs/text-fields.ts";
import { gatherInputs } from "./settings-file.ts";

const schema = inputs({ slices: names("Columns."), data: lines("Files.") });
const parse = parserOf(schema);

let workspace: string;
beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), "slipway-settings-"));
});
afterEach(() => rmSync(workspace, { recursive: true }));

/** What the step reads of a section of slipway.yml. */
function read(section: object): RawInputs {
  const settings = { models: { m: { "evaluate-gate": section } } };
  writeFileSync(join(workspace, "slipway.yml"), stringify(settings));
  const gathered = gatherInputs({
    action: "evaluate-gate",
    fields: schema,
    environment: {},
    workspace,
  });
  return Object.fromEntries(Object.entries(gathered).filter(([name]) => name in schema));
}

describe("a list in slipway.yml", () => {
  it("names columns as they are, with commas and quotes in them", () => {
    const slices = ["weight, kg", "region", 'the "best" one', "#1"];
    expect(parse(read({ slices, data: ["a,b.csv", "c.csv"] }))).toEqual({
      slices,
      data: ["a,b.csv", "c.csv"],
    });
  });

  it("gives back whatever name a column may have", () => {
    const name = fc.string({ unit: "grapheme" }).filter((text) => text !== "");
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 5 }), (slices) => {
        expect(parse(read({ slices })).slices).toEqual(slices);
      }),
      { numRuns: 100, seed: 42 },
    );
  });
});

import { describe, expect, it } from "vitest";
import { rawInputs } from "#toolkit";
import { parseInputs } from "./inputs.ts";

describe("the inputs of register-version", () => {
  it("report every fault at once", () => {
    const read = () =>
      parseInputs(
        rawInputs({
          model: "-weather",
          version: "1.4",
          bump: "mayor",
          "allow-smaller-bump": "yes",
          stage: "a b",
        }),
      );
    expect(read).toThrow(
      [
        '- Input model is "-weather": expected a model name: letters, digits, -, _ and /, beginning and ending with a letter or digit.',
        '- Input version is "1.4": expected a semantic version such as v1.4.0, or latest, previous or a stage.',
        '- Input bump is "mayor": expected one of major, minor, patch. Did you mean major?',
        '- Input allow-smaller-bump is "yes": expected true or false.',
        `- Input stage is "a b": expected a stage's name: letters, digits, -, _ and /.`,
      ].join("\n"),
    );
  });
});

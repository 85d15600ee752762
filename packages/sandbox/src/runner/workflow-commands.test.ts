import { describe, expect, it } from "vitest";
import { parseCommand, toAnnotation } from "./workflow-commands.ts";

describe("parseCommand", () => {
  it("reads name, properties and message, unescaped", () => {
    expect(parseCommand("::error file=a%3Ab%2Cc.py,line=3,title=50%25::one%0Atwo %25")).toEqual({
      name: "error",
      properties: { file: "a:b,c.py", line: "3", title: "50%" },
      message: "one\ntwo %",
    });
  });

  it("accepts indentation, an empty message and colons in it", () => {
    expect(parseCommand("  ::endgroup::")).toMatchObject({ name: "endgroup", message: "" });
    expect(parseCommand("::notice::a::b")).toMatchObject({ name: "notice", message: "a::b" });
  });

  it.each(["plain", ":: no name::x", "a ::error::x", "::error"])("takes %j as output", (line) => {
    expect(parseCommand(line)).toBeUndefined();
  });
});

describe("toAnnotation", () => {
  it("drops a line that is no number and cuts the message at 4,096 characters", () => {
    const properties = { file: "a", line: "x", endLine: "4", col: "2", endColumn: "5" };
    const annotation = toAnnotation("warning", {
      name: "warning",
      properties,
      message: "m".repeat(5000),
    });
    expect(annotation).toEqual({
      level: "warning",
      message: "m".repeat(4096),
      file: "a",
      endLine: 4,
      column: 2,
      endColumn: 5,
    });
  });
});

import { describe, expect, it } from "vitest";
import { guardLines, showableText } from "./showable-text.ts";

describe("showableText", () => {
  it("keeps line ends and tabs, and drops escape sequences and other control characters", () => {
    expect(showableText("a\tb\nc\u001B[2K\u0000d")).toBe("a\tb\ncd");
  });

  it("keeps a link whole", () => {
    const link = `https://console.cloud.google.com/logs/query;query=${"a%20".repeat(200)}`;
    expect(showableText(`Log: ${link}`)).toBe(`Log: ${link}`);
  });

  it("cuts no letter in half", () => {
    expect(showableText(`${"x".repeat(298)}😀yz`)).toBe(`${"x".repeat(298)}…`);
  });
});

describe("guardLines", () => {
  it("lets a later line give no command to the runner", () => {
    expect(guardLines("5 %: fail\n::stop-commands::x\r\n  ##[group]y\rz\n:: no")).toBe(
      "5 %: fail\n| ::stop-commands::x\n|   ##[group]y\nz\n| :: no",
    );
  });

  it("leaves the first line as it is, which a user's own command may have written", () => {
    expect(guardLines("::notice::done")).toBe("::notice::done");
  });
});

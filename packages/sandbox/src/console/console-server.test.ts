import { expect, it } from "vitest";
import { embedState } from "./console-server.ts";

it("puts a state into the page whole, and nothing in it can end the script that holds it", () => {
  const state = { name: "</script><script>alert(1)</script>", dollars: "$& $1 $'" };
  const page = embedState(JSON.stringify(state));
  const [, held] = /id="state">([^<]*)</.exec(page) ?? [];
  expect(JSON.parse(held ?? "null")).toEqual(state);
  expect(page).not.toContain("alert(1)</script>");
});

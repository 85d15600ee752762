import { expect, it } from "vitest";

it("runs the tests on the Node that GitHub runs the actions on", () => {
  expect(process.version).toMatch(/^v24\./);
});

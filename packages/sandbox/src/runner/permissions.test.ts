import { describe, expect, it } from "vitest";
import { parseWorkflowFile } from "./parse-workflow.ts";
import { capPermissions } from "./permissions.ts";

async function permissionsOf(text: string) {
  const content = `on: push\npermissions: ${text}\njobs: { a: { runs-on: x, steps: [{ run: x }] } }\n`;
  return (await parseWorkflowFile("w.yml", content)).permissions;
}

describe("permissions", () => {
  it("are what is named, and metadata", async () => {
    expect(await permissionsOf("{}")).toEqual({ metadata: "read" });
    expect(await permissionsOf("{ contents: write, issues: none }")).toEqual({
      metadata: "read",
      contents: "write",
      issues: "none",
    });
  });

  it("have a word for all, which gives no identity token when it only reads", async () => {
    expect(await permissionsOf("read-all")).toMatchObject({ contents: "read", "id-token": "none" });
    expect(await permissionsOf("write-all")).toMatchObject({
      contents: "write",
      "id-token": "write",
    });
  });

  it("of a called workflow are at most its caller's", () => {
    expect(
      capPermissions(
        { contents: "write", issues: "read", actions: "write" },
        { contents: "read", issues: "write" },
      ),
    ).toEqual({ contents: "read", issues: "read", actions: "none" });
  });
});

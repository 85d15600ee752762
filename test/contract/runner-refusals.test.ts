import { describe, expect, it } from "vitest";
import { parseWorkflowFile, WorkflowError } from "../../packages/sandbox/src/runner/index.ts";

async function faultsOf(content: string): Promise<string[]> {
  try {
    await parseWorkflowFile("w.yml", content);
    return [];
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error;
    return error.message.split("\n");
  }
}

const job = (lines: string) => `on: push
jobs:
  job:
    runs-on: ubuntu-latest
${lines.replaceAll(/^/gm, "    ")}
`;

describe("a workflow is refused with file and line", () => {
  it.each([
    [
      "a key that GitHub does not know",
      job("stepz: []\nsteps: [{ run: x }]"),
      "w.yml:5: Unexpected value 'stepz'",
    ],
    [
      "a step key that GitHub does not know",
      job("steps:\n  - run: x\n    whith: {}"),
      "w.yml:7: Unexpected value 'whith'",
    ],
    [
      "services",
      job("steps: [{ run: x }]\nservices: { db: { image: postgres } }"),
      "w.yml:6: `services` is not supported by the local runner (job job)",
    ],
    [
      "a container",
      job("container: node:24\nsteps: [{ run: x }]"),
      "w.yml:5: `container` is not supported by the local runner (job job)",
    ],
    [
      "a container action",
      job("steps:\n  - uses: docker://alpine:3"),
      "w.yml:6: docker://alpine:3: container actions are not supported by the local runner",
    ],
  ])("for %s", async (_, content, fault) => {
    expect(await faultsOf(content)).toContain(fault);
  });

  it("for a need that does not exist", async () => {
    const other = "  other: { runs-on: ubuntu-latest, steps: [{ run: x }] }\n";
    expect(await faultsOf(job("needs: absent\nsteps: [{ run: x }]") + other)).toEqual([
      "w.yml:5: Job 'job' depends on unknown job 'absent'.",
    ]);
  });

  it("for an expression that names an unknown context", async () => {
    expect((await faultsOf(job("steps: [{ run: 'echo ${{ secret.X }}' }]"))).join()).toMatch(
      /w\.yml:5: .*Unrecognized named-value: 'secret'/,
    );
  });

  it("for several faults at once", async () => {
    expect(await faultsOf(job("steps: [{ run: x, a: 1 }]\nfoo: 1\nbar: 2"))).toHaveLength(3);
  });

  it("for YAML that is none", async () => {
    expect((await faultsOf("on: push\njobs: [")).join()).toMatch(/^w\.yml:\d/);
  });
});

import { describe, expect, it } from "vitest";
import { findThresholdChanges, type ThresholdChanges } from "./base-thresholds.ts";
import { openWorkspace } from "./testing/some-gate.ts";

/** What changed between the base branch's thresholds and the pull request's. */
async function compare(before: string, now: string): Promise<ThresholdChanges | null> {
  const workspace = openWorkspace({
    pullRequest: { number: 1, baseCommit: "b", headCommit: "h", fromFork: false },
    settings: { current: () => now, ofText: (text) => text },
  });
  const { ports } = workspace;
  const show = async () => ({ kind: "found", text: before }) as const;
  try {
    return await findThresholdChanges(
      { config: "slipway.yml" },
      { ...ports, repository: { ...ports.repository, show } },
    );
  } finally {
    await workspace.remove();
  }
}

describe("findThresholdChanges", () => {
  it("tells a bound that was loosened behind a # within quotes", async () => {
    expect(
      await compare('recall("grade #1") >= 0.9 # strict', 'recall("grade #1") >= 0.1 # strict'),
    ).toEqual({
      added: ['recall("grade #1") >= 0.1'],
      removed: ['recall("grade #1") >= 0.9'],
      unknown: null,
    });
  });

  it("takes no heed of comments, blanks and order", async () => {
    expect(
      await compare("accuracy >= 0.9\n# old\nf1 >= 0.8", "f1   >= 0.8 # new\n\naccuracy >= 0.9"),
    ).toBeNull();
  });
});

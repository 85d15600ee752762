import { describe, expect, it } from "vitest";
import { isOwnText, markerOf } from "./comments.ts";

const marker = markerOf("evaluate-gate weather");
const comment = (extra: Readonly<Record<string, unknown>>) => ({
  body: `${marker}\nfail`,
  user: { type: "User" },
  author_association: "NONE",
  ...extra,
});

describe("a comment that is to be rewritten", () => {
  it("is the job's own, or that of somebody who may write to the repository", () => {
    expect(isOwnText(comment({ user: { type: "Bot" } }), marker)).toBe(true);
    for (const author_association of ["OWNER", "MEMBER", "COLLABORATOR"])
      expect(isOwnText(comment({ author_association }), marker)).toBe(true);
  });

  it("is never a stranger's, who could edit the verdict in it afterwards", () => {
    for (const author_association of ["NONE", "CONTRIBUTOR", "FIRST_TIME_CONTRIBUTOR", undefined])
      expect(isOwnText(comment({ author_association }), marker)).toBe(false);
    expect(isOwnText(comment({ user: null }), marker)).toBe(false);
  });

  it("begins with the marker, and quotes none", () => {
    const body = `> ${marker}`;
    expect(isOwnText(comment({ user: { type: "Bot" }, body }), marker)).toBe(false);
    expect(isOwnText(comment({ user: { type: "Bot" }, body: null }), marker)).toBe(false);
  });
});

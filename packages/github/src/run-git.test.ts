import { describe, expect, it } from "vitest";
import { faultLine } from "./run-git.ts";

const written = (stderr: string): Error =>
  Object.assign(new Error("Command failed: git"), { stderr });

describe("the line of git's that tells a fault", () => {
  it("is its first fatal or error line, without the full stop", () => {
    expect(
      faultLine(
        written(
          "fatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.\n",
        ),
      ),
    ).toBe("fatal: Could not read from remote repository");
    expect(
      faultLine(written("hint: x\r\nerror: pathspec 'a' did not match\r\nfatal: later.\r\n")),
    ).toBe("error: pathspec 'a' did not match");
  });

  it("is the last line where none is marked, and the message without any", () => {
    expect(faultLine(written("one\ntwo..\n"))).toBe("two");
    expect(faultLine(new Error("spawn git ENOENT"))).toBe("spawn git ENOENT");
  });
});

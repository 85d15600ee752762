import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { COMMAND, shareRight } from "./testing/some-program.ts";
import { CHURN, openProject, ROWS, type SomeProject } from "./testing/some-project.ts";
import type { SomeRepository } from "./testing/some-repository.ts";

let project: SomeProject;
let repository: SomeRepository;
beforeEach(() => {
  project = openProject();
  ({ repository } = project);
});
afterEach(() => project.remove());

const judge: SomeProject["judgeBranch"] = (...asked) => project.judgeBranch(...asked);

const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${"a".repeat(64)}\nsize 6\n`;

describe("baseline: ref: with large files that are not in git", () => {
  it("names a Git LFS pointer of the candidate and what to do", async () => {
    repository.commit("main", { ...CHURN, "models/churn.bin": POINTER });
    await expect(judge("main")).rejects.toMatchObject({
      code: "MODEL_IS_LFS_POINTER",
      message: "model-file: models/churn.bin is a Git LFS pointer, not the model itself.",
      hint: "Check out with lfs: true (actions/checkout), or run git lfs pull before this step.",
    });
  });

  it("is inconclusive when the content of main's Git LFS pointer cannot be had", async () => {
    const main = repository.commit("main", { ...CHURN, "models/churn.bin": POINTER });
    repository.commit("change", { "models/churn.bin": "cut 10" }, "main");
    const { document } = await judge("change");
    expect(document.judgements[0]?.reason).toBe(
      `models/churn.bin is a Git LFS pointer in main (${main.slice(0, 7)}) and its content could not be fetched by git lfs pull; give actions/checkout lfs: true, and the runner git-lfs`,
    );
  });

  it("fetches main's Git LFS file where git-lfs is there", async () => {
    repository.commit("main", { ...CHURN, "models/churn.bin": POINTER });
    repository.commit("change", { "models/churn.bin": "cut 3" }, "main");
    const programs = join(repository.root, "programs");
    mkdirSync(programs);
    // Plays git-lfs: `git lfs pull --include <path> --exclude ""`.
    writeFileSync(
      join(programs, "git-lfs"),
      '#!/bin/sh\n[ "$1" = pull ] && printf "cut 10" > "$3"\n',
    );
    chmodSync(join(programs, "git-lfs"), 0o755);
    const path = process.env["PATH"];
    process.env["PATH"] = `${programs}:${path}`;
    try {
      const { document } = await judge("change");
      expect(document.differences?.["accuracy"]?.value).toBeCloseTo(
        shareRight(ROWS, 3) - shareRight(ROWS, 10),
        12,
      );
    } finally {
      process.env["PATH"] = path;
    }
  });

  it("names a DVC pointer of the candidate and what to do", async () => {
    repository.commit("main", {
      ...CHURN,
      "models/churn.bin": null,
      "models/churn.bin.dvc": "outs:",
    });
    await expect(judge("main")).rejects.toMatchObject({
      code: "MODEL_IS_DVC_POINTER",
      message: "model-file: models/churn.bin is not here, only its DVC pointer churn.bin.dvc.",
      hint: "Run dvc pull models/churn.bin before this step.",
    });
  });

  it("lets the command pull main's file from DVC", async () => {
    repository.commit("main", {
      ...CHURN,
      "models/churn.bin": null,
      "models/churn.bin.dvc": "outs:",
    });
    repository.commit("change", { "models/churn.bin": "cut 3" }, "main");
    const pull = 'test -f "$SLIPWAY_MODEL_FILE" || printf "cut 10" > "$SLIPWAY_MODEL_FILE"';
    const { document } = await judge("change", { "predict-command": `${pull}; ${COMMAND}` });
    expect(document.differences?.["accuracy"]?.value).toBeCloseTo(
      shareRight(ROWS, 3) - shareRight(ROWS, 10),
      12,
    );
  });
});

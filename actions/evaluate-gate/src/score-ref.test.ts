import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { GithubAccess } from "#core";
import { memoryHistory, someManifest, someRun } from "#core/testing";
import type { Outcome } from "./run.ts";
import { shellCommands } from "./shell-command.ts";
import { fixture, type Workspace } from "./testing/some-gate.ts";
import { ALONE, COMMAND, PROGRAM, shareRight, someRows } from "./testing/some-program.ts";
import { CHURN, openProject, ROWS, type SomeProject } from "./testing/some-project.ts";
import { gitIn, type SomeRepository } from "./testing/some-repository.ts";

let project: SomeProject;
let repository: SomeRepository;
let gate: Workspace;
beforeEach(() => {
  project = openProject();
  ({ repository, gate } = project);
});
afterEach(() => project.remove());

const judge: SomeProject["judgeBranch"] = (...asked) => project.judgeBranch(...asked);

const left = (): readonly string[] => readdirSync(project.temporaryDirectory);

describe("baseline: ref:", () => {
  it("holds a worse model against the same file of main, on the same rows, from a shallow clone", async () => {
    const main = repository.commit("main", CHURN);
    repository.commit("change", { "models/churn.bin": "cut 3" }, "main");
    const { document } = await judge("change");
    const expected = shareRight(ROWS, 3) - shareRight(ROWS, 10);
    expect(document.verdict).toBe("fail");
    expect(document.baseline).toMatchObject({
      name: `main (${main.slice(0, 7)})`,
      version: null,
      commit: main,
      rows: ROWS,
      scored_by: `by predict-command in a worktree of main (${main.slice(0, 7)})`,
    });
    expect(document.differences?.["accuracy"]?.value).toBeCloseTo(expected, 12);
    expect(document.differences?.["accuracy"]).toMatchObject({ test: "mcnemar-exact", n: ROWS });
    expect(left().filter((name) => name.startsWith("slipway-worktree"))).toEqual([]);
  });

  it("passes an equal model and says that its file is the same", async () => {
    repository.commit("main", CHURN);
    repository.commit("change", { "README.md": "hello" }, "main");
    const { document } = await judge("change");
    expect(document).toMatchObject({
      verdict: "pass",
      baseline: { note: "its model file is byte for byte the same" },
      differences: { accuracy: { value: 0, low: 0, high: 0 } },
    });
  });

  it("is a first version when main lacks the file, and plain thresholds still hold", async () => {
    const main = repository.commit("main", { ...CHURN, "models/churn.bin": null });
    repository.commit("change", { "models/churn.bin": "cut 10" }, "main");
    const passed = await judge("change", {
      thresholds: "accuracy >= baseline - 0.02\naccuracy >= 0.8",
    });
    expect(passed.document).toMatchObject({ verdict: "pass", baseline: null });
    expect(passed.document.judgements[0]?.reason).toBe(
      `first version: not compared (main (${main.slice(0, 7)}) has no models/churn.bin; if it had another name there, say baseline: ref:main:<its path>)`,
    );
    const failed = await judge("change", {
      thresholds: "accuracy >= baseline - 0.02\naccuracy >= 0.9",
    });
    expect(failed.document.verdict).toBe("fail");
  });

  it("refuses a written path that main lacks, and names what it may mean", async () => {
    const main = repository.commit("main", CHURN);
    repository.commit("change", { "README.md": "hello" }, "main");
    await expect(judge("change", { baseline: "ref:main:models/chrun.bin" })).rejects.toMatchObject({
      name: "InputError",
      code: "BASELINE_PATH_NOT_FOUND",
      message: `baseline: ref:main:models/chrun.bin: main (${main.slice(0, 7)}) has no models/chrun.bin.`,
      hint: expect.stringMatching(/^Did you mean ref:main:models\/churn\.bin\? Write the path/),
    });
    await expect(judge("change", { baseline: "ref:main:churn.bin" })).rejects.toMatchObject({
      hint: expect.stringContaining("ref:main:models/churn.bin"),
    });
    expect(left().filter((name) => name.startsWith("slipway-worktree"))).toEqual([]);
  });

  it("finds a file that had another name in main", async () => {
    repository.commit("main", { ...CHURN, "old.bin": "cut 10", "models/churn.bin": null });
    repository.commit("change", { "old.bin": null, "models/churn.bin": "cut 10" }, "main");
    const { document } = await judge("change", { baseline: "ref:main:old.bin" });
    expect(document).toMatchObject({ verdict: "pass", baseline: { rows: ROWS } });
  });

  it("is inconclusive when the file is made by the job and in no commit", async () => {
    const main = repository.commit("main", { ...CHURN, "models/churn.bin": null });
    repository.commit("change", { "README.md": "hello" }, "main");
    const clone = repository.clone("change", 1);
    mkdirSync(join(clone, "models"));
    writeFileSync(join(clone, "models/churn.bin"), "cut 10");
    const { document } = await judge("change", {}, { clone });
    expect(document.verdict).toBe("inconclusive");
    expect(document.judgements[0]?.reason).toBe(
      `main (${main.slice(0, 7)}) has no models/churn.bin: it is not in git, neither there nor here, so an earlier step made it; baseline: run:<branch> takes the one that was judged on that branch`,
    );
  });

  it("takes a tag, a commit, and a revision where the clone is deep enough", async () => {
    const main = repository.commit("main", CHURN);
    gitIn(repository.server, "tag", "-a", "v-one", "-m", "one", main);
    repository.commit("change", { "models/churn.bin": "cut 11" }, "main");
    for (const baseline of ["ref:v-one", `ref:${main}`, "ref:refs/heads/main"]) {
      expect((await judge("change", { baseline })).document.baseline).toMatchObject({
        commit: main,
      });
    }
    const deep = await judge("change", { baseline: "ref:HEAD~1" }, { depth: 2 });
    expect(deep.document.baseline).toMatchObject({ commit: main, rows: ROWS });
    await expect(judge("change", { baseline: "ref:HEAD~1" })).rejects.toMatchObject({
      code: "REF_NOT_FOUND",
      message: "baseline: ref:HEAD~1 is not in this clone.",
    });
  });

  it("names the nearest branch of one that is not there", async () => {
    repository.commit("main", CHURN);
    await expect(judge("main", { baseline: "ref:mian" })).rejects.toMatchObject({
      code: "REF_NOT_FOUND",
      message: "baseline: ref:mian: the repository has no branch and no tag of that name.",
      hint: "Did you mean main?",
    });
    await expect(judge("main", { baseline: "ref:origin/main" })).rejects.toMatchObject({
      hint: "Did you mean ref:main?",
    });
  });

  it("says that there is no repository", async () => {
    repository.commit("main", CHURN);
    const clone = join(repository.root, "bare");
    mkdirSync(join(clone, "models"), { recursive: true });
    for (const [name, text] of Object.entries(CHURN)) writeFileSync(join(clone, name), text);
    await expect(judge("main", {}, { clone })).rejects.toMatchObject({
      code: "NO_REPOSITORY",
      message: `The baseline is another state of the repository, but ${clone} is no git repository.`,
      hint: "Run actions/checkout before this step.",
    });
  });

  it("compares a push to main with main before it, and its first push with nothing", async () => {
    const before = repository.commit("main", CHURN);
    repository.commit("main", { "models/churn.bin": "cut 3" });
    const push = (sha: string): Partial<GithubAccess> => ({
      eventName: "push",
      ref: "refs/heads/main",
      event: { before: sha },
    });
    const { document } = await judge("main", {}, { access: push(before) });
    expect(document).toMatchObject({ verdict: "fail", baseline: { commit: before } });
    const first = await judge("main", {}, { access: push("0".repeat(40)) });
    expect(first.document.judgements[0]?.reason).toBe(
      "first version: not compared (there was no main before this push)",
    );
    const itself = await judge("main", {}, { access: { eventName: "schedule" } });
    expect(itself.document.baseline).toMatchObject({
      note: "main is the very commit that is judged; its model file is byte for byte the same",
    });
  });

  it("scores main's model by this checkout's program when main has none yet", async () => {
    const main = repository.commit("main", { ...CHURN, "predict.mjs": null });
    repository.commit("change", { "predict.mjs": PROGRAM, "models/churn.bin": "cut 3" }, "main");
    const { document } = await judge("change");
    expect(document).toMatchObject({
      verdict: "fail",
      baseline: {
        scored_by: "by this checkout's predict-command",
        note: `main (${main.slice(0, 7)}) has no predict.mjs: its model was scored by this checkout's`,
      },
    });
  });

  it("scores main's model by main's own program when both have one", async () => {
    const inverted = PROGRAM.replace('? "yes" : "no"', '? "no" : "yes"');
    repository.commit("main", { ...CHURN, "predict.mjs": inverted });
    repository.commit("change", { "predict.mjs": PROGRAM }, "main");
    const { document } = await judge("change");
    const right = shareRight(ROWS, 10);
    expect(document.differences?.["accuracy"]?.value).toBeCloseTo(right - (1 - right), 12);
  });

  it("is inconclusive, with what the command said, when main's own program fails", async () => {
    const main = repository.commit("main", { ...CHURN, "predict.mjs": "process.exit(4)" });
    repository.commit("change", { "predict.mjs": PROGRAM }, "main");
    const { document } = await judge("change");
    const name = `main (${main.slice(0, 7)})`;
    expect(document.judgements[0]?.reason).toBe(
      `${name} could not be scored: predict-command (${name}) ended with 4: ${COMMAND}`,
    );
    expect(left().filter((one) => one.startsWith("slipway-worktree"))).toEqual([]);
  });

  it("is inconclusive when main lacks the working-directory", async () => {
    const main = repository.commit("main", CHURN);
    repository.commit("change", { "serving/notes.md": "new" }, "main");
    const { document } = await judge("change", {
      "working-directory": "serving",
      "predict-command": COMMAND.replace("predict.mjs", "../predict.mjs"),
    });
    expect(document.judgements[0]?.reason).toBe(
      `main (${main.slice(0, 7)}) could not be scored: working-directory: main (${main.slice(0, 7)}) has no folder serving.`,
    );
  });

  it("leaves the clone as it was: a whole one whole, a deeper one as deep", async () => {
    repository.commit("main", CHURN);
    repository.commit("change", { "a.txt": "1" }, "main");
    repository.commit("change", { "a.txt": "2" });
    repository.commit("main", { "b.txt": "later" });
    for (const depth of [undefined, 2]) {
      const clone = repository.clone("change", depth);
      const before = gitIn(clone, "rev-list", "--count", "HEAD");
      await judge("change", {}, { clone });
      expect(gitIn(clone, "rev-list", "--count", "HEAD")).toBe(before);
      expect(gitIn(clone, "rev-parse", "--is-shallow-repository")).toBe(
        String(depth !== undefined),
      );
      expect(gitIn(clone, "worktree", "list").split("\n")).toHaveLength(1);
    }
  });

  it("takes away what a killed step left, and nothing of a step that still runs", async () => {
    const main = repository.commit("main", CHURN);
    repository.commit("change", {}, "main");
    const clone = repository.clone("change");
    const [dead, alive] = [
      `slipway-worktree-4194304-00000000`,
      `slipway-worktree-${process.ppid}-00000000`,
    ];
    for (const name of [dead, alive])
      gitIn(
        clone,
        "worktree",
        "add",
        "--quiet",
        "--detach",
        join(project.temporaryDirectory, name),
        main,
      );
    await judge("change", {}, { clone });
    expect(left().filter((name) => name.startsWith("slipway-worktree"))).toEqual([alive]);
    expect(gitIn(clone, "worktree", "list").split("\n")).toHaveLength(2);
  });

  it("takes the worktree away when the step is cancelled", async () => {
    repository.commit("main", {
      ...CHURN,
      "predict.mjs": "setInterval(() => {}, 1000); console.log('waiting')",
    });
    repository.commit("change", { "predict.mjs": PROGRAM }, "main");
    const stop = new AbortController();
    const log = {
      ...gate.ports.log,
      info: (line: string) => line.includes("waiting") && stop.abort(),
    };
    const runCommand = shellCommands(process.env, { log, signal: stop.signal });
    await expect(judge("change", {}, { ports: { runCommand } })).rejects.toThrow(
      "The step was cancelled.",
    );
    expect(left().filter((name) => name.startsWith("slipway-worktree"))).toEqual([]);
  });

  it("scores an ONNX model in process, in main as here", async () => {
    const good = readFileSync(fixture("golden/models/weather_logistic_zipmap_columns.onnx"));
    const data = readFileSync(fixture("data/weather.csv"));
    const main = repository.commit("main", { "m.onnx": good, "holdout.csv": data });
    repository.commit("change", { "a.txt": "1" }, "main");
    const { document } = await gateOnnx("change");
    expect(document).toMatchObject({
      verdict: "pass",
      baseline: { commit: main, note: "its model file is byte for byte the same" },
    });
    expect(document.baseline?.scored_by).toBe(
      `in process (wasm), its model as main (${main.slice(0, 7)}) has it`,
    );
  });

  const gateOnnx = (branch: string): Promise<Outcome> =>
    project.judge(repository.clone(branch, 1), {
      "model-file": "m.onnx",
      data: "holdout.csv",
      target: "weather",
      id: "location,date",
      engine: "wasm",
      baseline: "ref:main",
      resamples: "100",
      thresholds: "accuracy >= baseline - 0.01",
    });

  it("joins predictions that are kept in git", async () => {
    const predictions = (cut: number) => {
      const [header, ...lines] = someRows(ROWS).trim().split("\n");
      const answers = lines.map(
        (line) => `${line},${Number(line.split(",")[1]) < cut ? "yes" : "no"}`,
      );
      return [`${header},prediction`, ...answers].join("\n");
    };
    const main = repository.commit("main", { "p.csv": predictions(10) });
    repository.commit("change", { "p.csv": predictions(3) }, "main");
    const { "model-file": _file, "predict-command": _command, data: _data, ...rest } = ALONE;
    const { document } = await project.judge(repository.clone("change", 1), {
      ...rest,
      predictions: "p.csv",
      baseline: "ref:main",
    });
    expect(document.differences?.["accuracy"]?.value).toBeCloseTo(
      shareRight(ROWS, 3) - shareRight(ROWS, 10),
      12,
    );
    expect(document.baseline?.scored_by).toBe(
      `by its predictions file as main (${main.slice(0, 7)}) has it`,
    );
  });
});

describe("a model file with predict-command, against production", () => {
  it("is scored by the command like the version's own file, in a worktree of its commit", async () => {
    const main = repository.commit("main", CHURN);
    repository.commit("change", { "models/churn.bin": "cut 3" }, "main");
    const file = {
      path: "churn-of-old.bin",
      role: "model" as const,
      bytes: 6,
      digest: `sha256:${"a".repeat(64)}`,
    };
    const run = someRun({ model: "churn", files: [file] });
    const history = memoryHistory({
      versions: [
        {
          manifest: someManifest({ model: "churn", run, files: [file] }),
          files: { [file.path]: "cut 10" },
        },
      ],
      stages: [["production", "v1.0.0"]],
      write: async (path, content) => {
        mkdirSync(join(path, ".."), { recursive: true });
        writeFileSync(path, content);
      },
    });
    const clone = repository.clone("change", 1);
    const git = project.gitOf(clone);
    const { document } = await judge(
      "change",
      { baseline: "production" },
      {
        clone,
        ports: {
          history,
          repository: { ...git, checkout: ({ tag }) => git.checkoutCommit(main, tag) },
        },
      },
    );
    expect(document.baseline?.scored_by).toBe(
      "by its predict-command in a worktree of churn@v1.0.0",
    );
    expect(document.differences?.["accuracy"]?.value).toBeCloseTo(
      shareRight(ROWS, 3) - shareRight(ROWS, 10),
      12,
    );
  });
});

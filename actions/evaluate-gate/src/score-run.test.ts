import { cp, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DataError, RemoteError } from "#core";
import type { BranchRuns, JudgedRun, Ports } from "./ports.ts";
import type { Outcome } from "./run.ts";
import { writeWeatherRun, type Workspace } from "./testing/some-gate.ts";
import { ALONE, PROGRAM, shareRight, someRows } from "./testing/some-program.ts";
import { CHURN, openProject, ROWS, type SomeProject } from "./testing/some-project.ts";
import type { SomeRepository } from "./testing/some-repository.ts";

let project: SomeProject;
let repository: SomeRepository;
let gate: Workspace;
beforeEach(() => {
  project = openProject();
  ({ repository, gate } = project);
});
afterEach(() => project.remove());

const pullRequest = { number: 5, baseCommit: "b", fromFork: false } as Ports["pullRequest"];

/** Runs on a server that keep what was uploaded in them; the newest comes first. */
function someRuns() {
  const kept: {
    readonly run: JudgedRun;
    readonly artifacts: { name: string; folder: string; expired: boolean; sizeBytes: number }[];
  }[] = [];
  const folder = join(repository.root, "artifacts");
  const runs: BranchRuns = {
    workflow: "gate.yml",
    list: async () => kept.map(({ run }) => run).toReversed(),
    artifacts: async (runId) =>
      (kept.find(({ run }) => run.id === runId)?.artifacts ?? []).map((one, at) => ({
        id: runId * 100 + at,
        ...one,
      })),
    download: async (_runId, { name }, destination) => {
      await cp(join(folder, name), destination, { recursive: true });
    },
  };
  return {
    runs,
    kept,
    add: (commit: string, id = kept.length + 1): JudgedRun => {
      const url = `https://github.test/acme/models/actions/runs/${id}`;
      const run = { id, number: id, url, commit, createdAt: "2026-01-02T03:04:05Z" };
      kept.push({ run, artifacts: [] });
      return run;
    },
    /** Keeps files of a run directory as an artifact of the newest run. */
    upload: async (name: string, directory: string, files: readonly string[]): Promise<string> => {
      for (const file of files) {
        const target = join(folder, name, file.slice(directory.length + 1));
        await mkdir(dirname(target), { recursive: true });
        await cp(file, target);
      }
      kept.at(-1)?.artifacts.push({ name, folder, expired: false, sizeBytes: 1000 });
      return join(folder, name);
    },
  };
}

type Runs = ReturnType<typeof someRuns>;

/** Runs the gate in a fresh clone, as a job does; a push's artifact is kept. */
function judge(
  { runs }: { readonly runs: BranchRuns | null },
  { branch, isPull }: { readonly branch: string; readonly isPull: boolean },
  inputs: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return project.judge(
    repository.clone(branch, 1),
    { ...ALONE, baseline: "run:main", ...inputs },
    { runs, canUpload: true, pullRequest: isPull ? pullRequest : null },
  );
}

/** What the gate uploaded last. */
function lastUpload(): { readonly name: string; readonly files: readonly string[] } {
  const upload = gate.artifacts.uploads.at(-1);
  if (upload === undefined) throw new Error("nothing was uploaded");
  return upload;
}

/** Runs the gate for a push to main and keeps what it leaves. */
async function judgeMain(runs: Runs, commit: string, inputs = {}): Promise<string> {
  await judge(runs, { branch: "main", isPull: false }, inputs);
  runs.add(commit);
  const { name, files } = lastUpload();
  const [some = ""] = files.filter((file) => file.endsWith("evaluation.json"));
  return runs.upload(name, dirname(some), files);
}

const judgeChange = (runs: Runs, inputs = {}) =>
  judge(runs, { branch: "change", isPull: true }, inputs);

describe("baseline: run:", () => {
  it("is a first version as long as no run on main has succeeded", async () => {
    repository.commit("main", CHURN);
    const runs = someRuns();
    const { document } = await judge(runs, { branch: "main", isPull: false });
    expect(document.judgements[0]?.reason).toBe(
      "first version: not compared (no run of gate.yml on main has succeeded yet)",
    );
    expect(document).toMatchObject({ verdict: "pass", baseline: null });
    expect(document["model_file"]).toMatchObject({
      path: "model-file/churn.bin",
      files: [{ path: "model-file/churn.bin", bytes: 6 }],
    });
    expect(lastUpload().files.some((file) => file.endsWith("model-file/churn.bin"))).toBe(true);
  });

  it("scores the model that main's newest run judged, by main's own program, on the same rows", async () => {
    const main = repository.commit("main", CHURN);
    repository.commit("change", { "models/churn.bin": "cut 3" }, "main");
    const runs = someRuns();
    await judgeMain(runs, main);
    const { document } = await judgeChange(runs);
    const name = `main (run 1, ${main.slice(0, 7)})`;
    expect(document).toMatchObject({
      verdict: "fail",
      baseline: {
        name,
        commit: main,
        rows: ROWS,
        scored_by: `by predict-command in a worktree of ${name}`,
      },
    });
    expect(document.differences?.["accuracy"]?.value).toBeCloseTo(
      shareRight(ROWS, 3) - shareRight(ROWS, 10),
      12,
    );
    // A pull request's own model is no baseline.
    expect(lastUpload().files.some((file) => file.includes("model-file"))).toBe(false);
    const left = await readdir(project.temporaryDirectory);
    expect(left.filter((name) => name.startsWith("slipway-"))).toEqual([]);
  });

  it("joins the predictions that were kept when there is no model, by id", async () => {
    const main = repository.commit("main", CHURN);
    repository.commit(
      "change",
      { "models/churn.bin": "cut 3", "holdout.csv": someRows(ROWS + 50) },
      "main",
    );
    const runs = someRuns();
    // Another baseline keeps no model.
    await judgeMain(runs, main, { baseline: "none", thresholds: "accuracy >= 0.1" });
    const { document } = await judgeChange(runs);
    expect(document.baseline).toMatchObject({
      rows: ROWS,
      scored_by: `by the predictions kept with main (run 1, ${main.slice(0, 7)})`,
      note: `${ROWS} of ${ROWS + 50} rows are in both files`,
    });
    expect(document.differences?.["accuracy"]?.value).toBeCloseTo(
      shareRight(ROWS, 3) - shareRight(ROWS, 10),
      12,
    );
  });

  it("joins the kept predictions and says why when main's model cannot be scored any more", async () => {
    const main = repository.commit("main", CHURN);
    repository.commit("change", {}, "main");
    const runs = someRuns();
    await judgeMain(runs, main);
    const { document } = await judgeChange(runs, {
      "predict-command": `case "$PWD" in *worktree*) exit 9;; esac; ${ALONE["predict-command"]}`,
    });
    expect(document.baseline?.["note"]).toContain("its model could not be scored: predict-command");
    expect(document.baseline?.rows).toBe(ROWS);
  });

  it("is inconclusive when under 30 rows are common to both predictions", async () => {
    const main = repository.commit("main", CHURN);
    const other = someRows(ROWS).replaceAll("\np", "\nq");
    repository.commit("change", { "holdout.csv": other }, "main");
    const runs = someRuns();
    await judgeMain(runs, main, { baseline: "none", thresholds: "accuracy >= 0.1" });
    const { document } = await judgeChange(runs);
    expect(document.judgements[0]).toMatchObject({
      verdict: "inconclusive",
      reason: `0 rows are common to predictions.parquet of main (run 1, ${main.slice(0, 7)}) and the candidate's, at least 30 are needed`,
    });
  });

  it("looks past newer runs without an evaluation, and takes the newest attempt of this model", async () => {
    const main = repository.commit("main", CHURN);
    repository.commit("change", {}, "main");
    const runs = someRuns();
    const folder = await judgeMain(runs, main);
    const attempt = async (name: string): Promise<void> => {
      await cp(folder, join(dirname(folder), name), { recursive: true });
      runs.kept[0]?.artifacts.push({ name, folder: "", expired: false, sizeBytes: 1 });
    };
    await attempt("slipway-churn-evaluate-gate-2");
    // Another model's, and another tool's.
    for (const name of ["slipway-churn-eu-evaluate-gate-9", "slipway-churn-evaluate-gate-x"]) {
      runs.kept[0]?.artifacts.push({ name, folder: "", expired: true, sizeBytes: 1 });
    }
    runs.add(main);
    await rm(folder, { recursive: true });
    const { document } = await judgeChange(runs);
    expect(document.baseline).toMatchObject({ name: `main (run 1, ${main.slice(0, 7)})` });
  });

  it("is inconclusive when no run has an evaluation, and when it has expired", async () => {
    const main = repository.commit("main", CHURN);
    repository.commit("change", {}, "main");
    const runs = someRuns();
    runs.add(main);
    const none = await judgeChange(runs);
    expect(none.document.judgements[0]).toMatchObject({
      verdict: "inconclusive",
      reason:
        "none of the newest 1 successful runs of gate.yml on main holds an evaluation of churn; the comparison begins with the next one that does",
    });
    runs.kept[0]?.artifacts.push({
      name: "slipway-churn-evaluate-gate-1",
      folder: "",
      expired: true,
      sizeBytes: 1,
    });
    const expired = await judgeChange(runs);
    expect(expired.document.judgements[0]).toMatchObject({
      verdict: "inconclusive",
      reason: `the artifact of main (run 1, ${main.slice(0, 7)}) of 2026-01-02 has expired; run gate.yml on main again, by a schedule for example`,
    });
  });

  it.each([
    {
      what: "another schema",
      text: '{"schema":"slipway/evaluation@2"}',
      reason: /could not be scored: .*evaluation\.json is not what it should be\.$/,
    },
    {
      what: "no JSON",
      text: "<html>",
      reason: /could not be scored: .*evaluation\.json is not JSON: /,
    },
  ])("is inconclusive when the artifact's evaluation is $what", async ({ text, reason }) => {
    const main = repository.commit("main", CHURN);
    repository.commit("change", {}, "main");
    const runs = someRuns();
    const folder = await judgeMain(runs, main);
    await writeFile(join(folder, "evaluation.json"), text);
    const { document } = await judgeChange(runs);
    expect(document.judgements[0]?.verdict).toBe("inconclusive");
    expect(document.judgements[0]?.reason).toMatch(reason);
  });

  it("does not score a model file that is not the one that was judged", async () => {
    const main = repository.commit("main", CHURN);
    repository.commit("change", {}, "main");
    const runs = someRuns();
    const folder = await judgeMain(runs, main);
    await writeFile(join(folder, "model-file/churn.bin"), "cut 0.1");
    const { document } = await judgeChange(runs);
    expect(document.baseline?.scored_by).toBe(
      `by the predictions kept with main (run 1, ${main.slice(0, 7)})`,
    );
    expect(document.baseline?.["note"]).toBe(
      "its model could not be scored: model-file/churn.bin in the artifact is not the file that was judged.",
    );
  });

  it("is inconclusive when the artifact cannot be unpacked, and stops where GitHub refuses", async () => {
    const main = repository.commit("main", CHURN);
    repository.commit("change", {}, "main");
    const runs = someRuns();
    await judgeMain(runs, main);
    const bad = new DataError({ code: "BAD_ARTIFACT", message: "Artifact x cannot be unpacked." });
    const broken: Runs = {
      ...runs,
      runs: { ...runs.runs, download: () => Promise.reject(bad) },
    };
    expect((await judgeChange(broken)).document.judgements[0]?.reason).toBe(
      `main (run 1, ${main.slice(0, 7)}) could not be scored: Artifact x cannot be unpacked.`,
    );
    const refusal = new RemoteError({
      code: "GITHUB_403",
      message: "GitHub refused.",
      call: "GET actions/runs",
      status: 403,
      retryable: false,
    });
    const refused: Runs = { ...runs, runs: { ...runs.runs, list: () => Promise.reject(refusal) } };
    await expect(judgeChange(refused)).rejects.toMatchObject({ code: "GITHUB_403" });
  });

  it("is not known outside of a workflow run", async () => {
    repository.commit("main", CHURN);
    const { document } = await judge({ runs: null }, { branch: "main", isPull: false });
    expect(document.judgements[0]?.reason).toBe(
      "run:main is known only inside of a workflow run on GitHub",
    );
  });

  it("keeps a model's folder whole", async () => {
    const folder = { "models/churn/weights.bin": "cut 10", "models/churn/deep/more.txt": "x" };
    const program = PROGRAM.replace(
      "process.env.SLIPWAY_MODEL_FILE, ",
      'process.env.SLIPWAY_MODEL_DIR + "/weights.bin", ',
    );
    const main = repository.commit("main", { ...CHURN, ...folder, "predict.mjs": program });
    repository.commit("change", { "models/churn/weights.bin": "cut 3" }, "main");
    const runs = someRuns();
    await judgeMain(runs, main, { "model-file": "models/churn" });
    const { document } = await judgeChange(runs, { "model-file": "models/churn" });
    expect(document.differences?.["accuracy"]?.value).toBeCloseTo(
      shareRight(ROWS, 3) - shareRight(ROWS, 10),
      12,
    );
  });

  it("scores the run's model of a trained run in process, on rows that neither has seen", async () => {
    const runs = someRuns();
    runs.add("c".repeat(40));
    await writeWeatherRun(gate);
    const directory = join(gate.path, "slipway-run");
    const files = ["run.json", "model.onnx"].map((name) => join(directory, name));
    await runs.upload("slipway-weather-train-model-1", directory, files);
    const { document } = await gate.gate(
      {
        baseline: "run:main",
        engine: "wasm",
        resamples: "100",
        thresholds: "accuracy >= baseline - 0.01",
      },
      { runs: runs.runs, temporaryDirectory: project.temporaryDirectory },
    );
    expect(document).toMatchObject({
      verdict: "pass",
      baseline: {
        rows: 862,
        scored_by: "in process (wasm), its model as main (run 1, ccccccc) has it",
      },
    });
  });
});

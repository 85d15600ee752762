import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunOutcome, StepOutcome } from "#sandbox";
import { readable } from "./readme-recipes.ts";
import { endOf } from "./some-demo.ts";
import {
  accuracyOf,
  holdout,
  openGateSandbox,
  program,
  recipeForNode,
  type GateSandbox,
  type Project,
} from "./some-gate-alone.ts";

const ROWS = 600;
const [good, worse] = ["10", "4"];
const begin = {
  "data/holdout.csv": holdout(ROWS),
  "models/churn.ubj": good,
  "predict.mjs": program,
  "requirements.txt": "xgboost\n",
};
const lost = accuracyOf(4, ROWS) - accuracyOf(10, ROWS);

/** As the comment shows a difference: a sign and four digits or fewer. */
const shown = (value: number): string => value.toFixed(3).replace(/^-/, "−");

/** The gate's own step. */
function gateOf(run: RunOutcome): StepOutcome {
  const step = run.jobs.flatMap(({ steps }) => steps).find(({ outputs }) => "verdict" in outputs);
  if (step === undefined) throw new Error(`The gate has not ended: ${endOf(run)}`);
  return step;
}

const verdictOf = (run: RunOutcome): string => gateOf(run).outputs["verdict"] ?? "";

describe("the gate alone, by the README's recipes with node in the place of their Python line", () => {
  let local: GateSandbox;
  beforeAll(async () => {
    local = await openGateSandbox();
  });
  afterAll(() => local?.close());

  describe("baseline: ref:main", () => {
    const recipe = { ".github/workflows/gate.yml": recipeForNode("gate-alone-ref") };
    let project: Project;
    beforeAll(async () => {
      project = await local.project("by-ref", true);
      await project.push("main", { ...begin, ...recipe });
    });

    it("fails a worse model with the paired difference in one comment, which the next push updates", async () => {
      await project.push("worse", { "models/churn.ubj": worse });
      const pull = await project.open("worse");
      const failed = await project.nextRun();
      expect(failed.conclusion).toBe("failure");
      expect(verdictOf(failed)).toBe("fail");
      const [comment = "", ...more] = await project.comments(pull);
      expect(more).toEqual([]);
      expect(comment).toContain("❌ churn: fail");
      expect(comment).toContain(`compared with \`main (`);
      expect(comment).toContain("▼ worse");
      expect(comment).toContain(shown(lost));

      await project.push("worse", { "models/churn.ubj": good });
      const passed = await project.nextRun();
      expect(endOf(passed)).toBe("success");
      const [updated = "", ...others] = await project.comments(pull);
      expect(others).toEqual([]);
      expect(updated).toContain("✅ churn: pass");
      expect(updated).toContain("byte for byte the same");
    });

    it("passes an equal model, whose difference is nothing", async () => {
      // Other bytes, the same answers.
      await project.push("equal", { "models/churn.ubj": "9.5" });
      const pull = await project.open("equal");
      const run = await project.nextRun();
      expect(endOf(run)).toBe("success");
      expect(verdictOf(run)).toBe("pass");
      const [comment = ""] = await project.comments(pull);
      expect(comment).toContain("≈ no clear change");
    });

    it("says that main's model was scored by this checkout's program when main has none", async () => {
      const fresh = await local.project("no-program");
      const { "predict.mjs": own, ...rest } = begin;
      await fresh.push("main", rest);
      await fresh.push("gate", { ...recipe, "predict.mjs": own, "models/churn.ubj": worse });
      const pull = await fresh.open("gate");
      expect(verdictOf(await fresh.nextRun())).toBe("fail");
      const [comment = ""] = await fresh.comments(pull);
      expect(comment).toContain("has no predict.mjs: its model was scored by this checkout's");
      expect(comment).toContain(shown(lost));
    });

    it("takes a model file that main lacks as a first version", async () => {
      const fresh = await local.project("no-model");
      const { "models/churn.ubj": model, ...rest } = begin;
      await fresh.push("main", { ...rest, ...recipe });
      await fresh.push("model", { "models/churn.ubj": model });
      const pull = await fresh.open("model");
      const run = await fresh.nextRun();
      expect(endOf(run)).toBe("success");
      const [comment = ""] = await fresh.comments(pull);
      expect(comment).toContain("first version: not compared");
      expect(comment).toContain("has no models/churn.ubj");
    });
  });

  describe("baseline: run:main", () => {
    const recipe = { ".github/workflows/gate.yml": recipeForNode("gate-alone-run") };
    let project: Project;
    beforeAll(async () => {
      project = await local.project("by-run");
    });

    it("begins with a first version on main, whose run keeps the model that it judged", async () => {
      await project.push("main", { ...begin, ...recipe });
      const run = await project.nextRun();
      expect(endOf(run)).toBe("success");
      expect(readable(gateOf(run).summary)).toContain("first version: not compared");
      const artifacts = await project.artifacts(run.id);
      expect(artifacts.map(({ name }) => name)).toEqual(["slipway-churn-evaluate-gate-1"]);
    });

    it("fails a pull request whose model is worse than the one that main's run judged", async () => {
      await project.push("worse", { "models/churn.ubj": worse });
      const pull = await project.open("worse");
      const run = await project.nextRun();
      expect(run.conclusion).toBe("failure");
      expect(verdictOf(run)).toBe("fail");
      const [comment = ""] = await project.comments(pull);
      expect(comment).toMatch(/compared with `main \(run 1, [0-9a-f]{7}\)` on the same rows/);
      expect(comment).toContain("▼ worse");
      expect(comment).toContain(shown(lost));
    });

    it("passes an equal one, and main's next push is held against the run before it", async () => {
      await project.push("equal", { "models/churn.ubj": "9.5" });
      const pull = await project.open("equal");
      expect(endOf(await project.nextRun())).toBe("success");
      const [comment = ""] = await project.comments(pull);
      expect(comment).toContain("✅ churn: pass");
      await project.push("main", { "models/churn.ubj": worse });
      const next = await project.nextRun();
      expect(verdictOf(next)).toBe("fail");
      expect(readable(gateOf(next).summary)).toContain("main (run 1, ");
    });

    it("does not take a failed run of main for a baseline", async () => {
      await project.push("again", { "models/churn.ubj": good });
      const pull = await project.open("again");
      expect(endOf(await project.nextRun())).toBe("success");
      const [comment = ""] = await project.comments(pull);
      expect(comment).toContain("main (run 1, ");
    });

    it("asks for actions: read where the job may not read the runs of a private repository", async () => {
      const fresh = await local.project("no-permission", true);
      const text = recipe[".github/workflows/gate.yml"].replace(", actions: read", "");
      await fresh.push("main", { ...begin, ".github/workflows/gate.yml": text });
      const run = await fresh.nextRun();
      expect(run.conclusion).toBe("failure");
      expect(endOf(run)).toContain("actions: read");
    });
  });
});

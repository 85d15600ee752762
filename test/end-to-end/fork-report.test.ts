import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endOf, repositoryRoot } from "./some-demo.ts";
import { openSomeProject, recipeIn, type SomeProject } from "./some-project.ts";

const readme = readFileSync(path.join(repositoryRoot, "actions/evaluate-gate/README.md"), "utf8");

/** As of a fork: the token may read, and no more. */
const judge = `name: Judge the pull request
on: pull_request
permissions:
  contents: read
jobs:
  judge:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6
      - uses: slipway-ml/slipway/actions/evaluate-gate@v0.1.0
        with:
          model: weather
          predictions: predictions.csv
          target: label
          id: id
          baseline: none
          thresholds: accuracy >= 0.8
`;

const onlyForks =
  /\n +if: >-\n.*\n +github\.event\.workflow_run\.head_repository\.full_name != github\.repository\n/;
const recipe = recipeIn(readme, "report-run");

function predictions(right: number): string {
  const lines = Array.from(
    { length: 200 },
    (_, row) => `${row},${row % 2},${row < right ? row % 2 : 1 - (row % 2)}`,
  );
  return `id,label,prediction\n${lines.join("\n")}\n`;
}

describe("a pull request whose token may only read", () => {
  let project: SomeProject;
  beforeAll(async () => {
    project = await openSomeProject("models", {
      "predictions.csv": predictions(180),
      ".github/workflows/judge.yml": judge,
      // The local GitHub has no forks: here the branch of the repository stands for one.
      ".github/workflows/comment.yml": recipe.replace(onlyForks, "\n"),
    });
  });
  afterAll(() => project?.close());

  it("is a fork's in the README's recipe, and in no other workflow run", () => {
    expect(recipe).toMatch(onlyForks);
  });

  it("gets its report as a comment by the README's workflow_run recipe", async () => {
    await project.push("better", { "predictions.csv": predictions(190) });
    const number = await project.openPull("better");
    const judged = await project.runOf("judge.yml", "pull_request");
    expect(endOf(judged)).toBe("success");
    expect(judged.jobs[0]?.steps.flatMap(({ annotations }) => annotations)).toEqual([
      expect.objectContaining({
        message: expect.stringContaining("pull-requests: write") as string,
      }) as unknown,
    ]);
    expect(endOf(await project.runOf("comment.yml", "workflow_run"))).toBe("success");
    const comments = await project.comments(number);
    expect(comments).toHaveLength(1);
    expect(comments[0]).toContain("## ✅ weather: pass");
    expect(comments[0]).toContain("0.9500");
    expect(comments[0]).toContain("Computed by the pull request's own code");
  });

  it("has the same comment updated by its next push", async () => {
    await project.push("better", { "predictions.csv": predictions(120) });
    expect((await project.runOf("judge.yml", "pull_request")).conclusion).toBe("failure");
    expect(endOf(await project.runOf("comment.yml", "workflow_run"))).toBe("success");
    const comments = await project.comments(1);
    expect(comments).toHaveLength(1);
    expect(comments[0]).toContain("## ❌ weather: fail");
  });
});

describe("example-workflows/comment-on-fork.yml", () => {
  const workflows = path.join(repositoryRoot, "example-workflows");
  const example = readFileSync(path.join(workflows, "comment-on-fork.yml"), "utf8");
  const settings = `models:
  weather:
    target: label
    id: id
    evaluate-gate: { predictions: predictions.csv, baseline: none, thresholds: accuracy >= 0.8 }
`;
  let project: SomeProject;
  beforeAll(async () => {
    project = await openSomeProject("settled", {
      "slipway.yml": settings,
      "predictions.csv": predictions(180),
      ".github/workflows/judge.yml": judge.replace(/ +with:\n[\s\S]*$/, ""),
      ".github/workflows/comment.yml": example.replace(onlyForks, "\n"),
    });
  });
  afterAll(() => project?.close());

  it("runs for forks only, after the example that judges pull requests", () => {
    expect(example).toMatch(onlyForks);
    const [, judging] = /workflows: \[(.*)\]/.exec(example) ?? [];
    const judged = readFileSync(path.join(workflows, "pull-request.yml"), "utf8");
    expect(judged).toContain(`name: ${judging}\n`);
  });

  it("writes the comment by the settings of the default branch, with what the run folded away", async () => {
    await project.push("better", {
      "predictions.csv": predictions(150),
      // Settings of the pull request are not those of this repository's token.
      "slipway.yml": settings.replace("weather", "sunshine"),
    });
    const number = await project.openPull("better");
    expect((await project.runOf("judge.yml", "pull_request")).conclusion).toBe("failure");
    const posted = await project.runOf("comment.yml", "workflow_run");
    expect(endOf(posted)).toBe("success");
    expect(posted.jobs[0]?.steps.flatMap(({ annotations }) => annotations)).toEqual([
      expect.objectContaining({
        message: expect.stringMatching(/left no evaluation of weather/) as string,
      }) as unknown,
    ]);
    await project.push("better", { "slipway.yml": settings });
    expect((await project.runOf("judge.yml", "pull_request")).conclusion).toBe("failure");
    expect(endOf(await project.runOf("comment.yml", "workflow_run"))).toBe("success");
    const comments = await project.comments(number);
    expect(comments).toHaveLength(1);
    expect(comments[0]).toContain("## ❌ weather: fail");
    expect(comments[0]).toContain("<summary>Worst errors: 20 of 50</summary>");
    expect(comments[0]).toContain("<summary>Confusions: the most frequent of 2</summary>");
  });
});

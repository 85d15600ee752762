import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pushEvent, runInline, startFakeGithub, type FakeGithub } from "./runner-fakes.ts";

let github: FakeGithub;
beforeAll(async () => {
  github = await startFakeGithub({ variables: { REGION: "europe-west1" } });
});
afterAll(() => github.close());

describe("jobs of a workflow", () => {
  it("run in the order of their needs and hand on outputs", async () => {
    const run = await runInline(
      github,
      `
on: push
jobs:
  second:
    needs: first
    runs-on: ubuntu-latest
    outputs: { said: "\${{ steps.say.outputs.word }}!" }
    steps:
      - id: say
        env: { WORD: "\${{ needs.first.outputs.word }}" }
        run: echo "word=$(echo "$WORD" | tail -1)" >> "$GITHUB_OUTPUT"
  first:
    runs-on: ubuntu-latest
    outputs: { word: "\${{ steps.think.outputs.word }}" }
    steps:
      - id: think
        run: printf 'word<<END\\nahoy\\nsailor\\nEND\\n' >> "$GITHUB_OUTPUT"
`,
    );
    expect(run.outputs).toEqual({ first: { word: "ahoy\nsailor" }, second: { said: "sailor!" } });
    expect(run.jobs.map(({ id }) => id)).toEqual(["first", "second"]);
    expect(github.runs.get(run.id)).toMatchObject({ status: "completed", conclusion: "success" });
    const job = [...github.jobs.values()].find(
      ({ runId, name }) => runId === run.id && name === "first",
    );
    expect(job).toMatchObject({ status: "completed", conclusion: "success" });
    expect(job?.steps.map(({ name }) => name)).toEqual([
      "Set up job",
      `Run printf 'word<<END\\nahoy\\nsailor\\nEND\\n' >> "$GITHUB_OUTPUT"`,
    ]);
  });

  it("are made by a matrix from another job's output, with include and exclude", async () => {
    const run = await runInline(
      github,
      `
on: push
jobs:
  plan:
    runs-on: ubuntu-latest
    outputs: { models: "\${{ steps.plan.outputs.models }}" }
    steps:
      - id: plan
        run: echo 'models=["churn","weather"]' >> "$GITHUB_OUTPUT"
  train:
    needs: plan
    runs-on: ubuntu-latest
    strategy:
      max-parallel: 1
      matrix:
        model: \${{ fromJSON(needs.plan.outputs.models) }}
        size: [small, large]
        exclude: [{ model: churn, size: large }]
        include: [{ model: weather, size: large, seed: 7 }, { model: extra }]
    steps:
      - run: echo "trained \${{ toJSON(matrix.model) }} \${{ matrix.size }} \${{ matrix.seed }} \${{ strategy.job-index }}/\${{ strategy.job-total }}"
`,
    );
    expect(run.conclusion).toBe("success");
    expect(run.jobs.map(({ name }) => name)).toEqual([
      "plan",
      "train (churn, small)",
      "train (weather, small)",
      "train (weather, large, 7)",
      "train (extra)",
    ]);
    expect(run.lines.filter((line) => line.startsWith("trained"))).toEqual([
      "trained churn small  0/4",
      "trained weather small  1/4",
      "trained weather large 7 2/4",
      "trained extra   3/4",
    ]);
  });

  it("cancel their matrix siblings when one fails, unless fail-fast is off", async () => {
    const workflow = (failFast: boolean) => `
on: push
jobs:
  leg:
    runs-on: ubuntu-latest
    strategy: { fail-fast: ${failFast}, matrix: { n: [1, 2] } }
    steps:
      - run: if [ \${{ matrix.n }} = 1 ]; then exit 3; fi; exec sleep \${{ ${failFast} && 30 || 0 }}
`;
    const ladder = { interruptMs: 200, terminateMs: 200 };
    const fast = await runInline(github, workflow(true), { ladder });
    expect(fast.jobs.map(({ name, conclusion }) => [name, conclusion])).toEqual([
      ["leg (1)", "failure"],
      ["leg (2)", "cancelled"],
    ]);
    expect(fast.conclusion).toBe("failure");
    const slow = await runInline(github, workflow(false), { ladder });
    expect(slow.jobs.map(({ name, conclusion }) => `${name} ${conclusion}`).toSorted()).toEqual([
      "leg (1) failure",
      "leg (2) success",
    ]);
  });

  it("are skipped or let in by their conditions", async () => {
    const run = await runInline(
      github,
      `
on: push
jobs:
  broken: { runs-on: ubuntu-latest, steps: [{ run: exit 1 }] }
  after: { needs: broken, runs-on: ubuntu-latest, steps: [{ run: "true" }] }
  on-failure: { needs: broken, if: failure(), runs-on: ubuntu-latest, steps: [{ run: "true" }] }
  anyway:
    needs: after
    if: always() && needs.after.result == 'skipped'
    runs-on: ubuntu-latest
    steps: [{ run: "true" }]
  after-anyway: { needs: anyway, runs-on: ubuntu-latest, steps: [{ run: "true" }] }
  by-variable: { if: vars.REGION == 'mars', runs-on: ubuntu-latest, steps: [{ run: "true" }] }
`,
    );
    const conclusions = Object.fromEntries(run.jobs.map(({ id, conclusion }) => [id, conclusion]));
    expect(conclusions).toEqual({
      broken: "failure",
      after: "skipped",
      "on-failure": "success",
      anyway: "success",
      // The success of all ancestors counts, not of the direct need alone.
      "after-anyway": "skipped",
      "by-variable": "skipped",
    });
    expect(run.conclusion).toBe("failure");
    const listed = [...github.jobs.values()].find(
      ({ runId, name }) => runId === run.id && name === "after",
    );
    expect(listed).toMatchObject({ status: "completed", conclusion: "skipped" });
  });

  it("may fail without failing the run by continue-on-error", async () => {
    const run = await runInline(
      github,
      `
on: push
jobs:
  shaky: { runs-on: ubuntu-latest, continue-on-error: true, steps: [{ run: exit 1 }] }
  after: { needs: shaky, runs-on: ubuntu-latest, steps: [{ run: "echo \${{ needs.shaky.result }}" }] }
`,
    );
    expect(run.conclusion).toBe("success");
    expect(run.jobs[0]).toMatchObject({ conclusion: "failure", result: "success" });
    expect(run.jobs[1]).toMatchObject({ conclusion: "success" });
  });

  it("get a token with their own permissions, the workflow's, or GitHub's default", async () => {
    const run = await runInline(
      github,
      `
on: push
permissions: { contents: write }
jobs:
  own: { runs-on: ubuntu-latest, permissions: { issues: write, id-token: write }, steps: [{ run: 'echo "$ACTIONS_ID_TOKEN_REQUEST_URL"' }] }
  inherited: { runs-on: ubuntu-latest, steps: [{ run: 'echo "token \${{ github.token }} \${{ secrets.GITHUB_TOKEN }}"' }] }
`,
    );
    const opened = github.openedJobs.filter(({ runId }) => runId === run.id);
    const own = opened.find(({ permissions }) => permissions["issues"] === "write");
    expect(own?.permissions).toEqual({ metadata: "read", issues: "write", "id-token": "write" });
    expect(run.lines.some((line) => line.includes("/identity?job="))).toBe(true);
    expect(opened.find((job) => job !== own)?.permissions).toEqual({
      metadata: "read",
      contents: "write",
    });
    expect(run.lines).toContain("token *** ***");
  });

  it("file a deployment for their environment, with its url and how it ended", async () => {
    github.requests.length = 0;
    const run = await runInline(
      github,
      `
on: push
jobs:
  deploy:
    runs-on: ubuntu-latest
    environment: { name: production, url: "\${{ steps.deploy.outputs.url }}" }
    steps: [{ id: deploy, run: echo "url=https://churn.example" >> "$GITHUB_OUTPUT" }]
`,
    );
    expect(run.conclusion).toBe("success");
    const [created, started, ended] = github.requests;
    expect(created).toMatchObject({
      method: "POST",
      path: "/repos/acme/models/deployments",
      body: { ref: "main", environment: "production", task: "deploy" },
    });
    expect(started).toMatchObject({ body: { state: "in_progress" } });
    expect(ended).toMatchObject({
      path: "/repos/acme/models/deployments/1/statuses",
      body: { state: "success", environment_url: "https://churn.example" },
    });
    expect(github.openedJobs.some(({ environment }) => environment === "production")).toBe(true);
  });

  it("run at most two at a time", async () => {
    let running = 0;
    let most = 0;
    await runInline(
      github,
      `
on: push
jobs: { leg: { runs-on: ubuntu-latest, strategy: { matrix: { n: [1, 2, 3, 4] } }, steps: [{ run: sleep 0.2 }] } }
`,
      {
        onProgress: ({ kind }) => {
          if (kind === "job-started") most = Math.max(most, (running += 1));
          if (kind === "job-completed") running -= 1;
        },
      },
    );
    expect(most).toBe(2);
  });

  it("call a workflow with inputs and secrets, and take its outputs", async () => {
    const run = await runInline(
      github,
      `
on: push
jobs:
  call:
    permissions: { contents: read }
    uses: ./.github/workflows/called.yml
    with: { model: churn, rounds: 3 }
    secrets: inherit
  after:
    needs: call
    runs-on: ubuntu-latest
    steps: [{ run: 'echo "got \${{ needs.call.outputs.result }}"' }]
`,
      {
        files: {
          ".github/workflows/called.yml": `
on:
  workflow_call:
    inputs: { model: { type: string, required: true }, rounds: { type: number, default: 1 } }
    outputs: { result: { value: "\${{ jobs.work.outputs.result }}" } }
permissions: { contents: write }
jobs:
  work:
    runs-on: ubuntu-latest
    outputs: { result: "\${{ steps.x.outputs.result }}" }
    steps: [{ id: x, run: 'echo "result=\${{ inputs.model }} x\${{ inputs.rounds }}" >> "$GITHUB_OUTPUT"' }]
`,
        },
      },
    );
    expect(run.lines).toContain("got churn x3");
    expect(run.jobs[0]).toMatchObject({ id: "call/work", name: "call / work" });
    // A called workflow cannot raise what its caller was given.
    expect(github.openedJobs.find(({ runId }) => runId === run.id)?.permissions["contents"]).toBe(
      "read",
    );
  });

  it("take turns in a concurrency group, the running one cancelled when asked", async () => {
    const run = await runInline(
      github,
      `
on: push
jobs:
  one: { runs-on: ubuntu-latest, concurrency: { group: deploy, cancel-in-progress: true }, steps: [{ run: exec sleep 20 }] }
  two:
    runs-on: ubuntu-latest
    needs: wait
    concurrency: { group: deploy, cancel-in-progress: true }
    steps: [{ run: "true" }]
  wait: { runs-on: ubuntu-latest, steps: [{ run: sleep 0.5 }] }
`,
      { ladder: { interruptMs: 200, terminateMs: 200 } },
    );
    const conclusions = Object.fromEntries(run.jobs.map(({ id, conclusion }) => [id, conclusion]));
    expect(conclusions).toEqual({ wait: "success", one: "cancelled", two: "success" });
  });

  it("have inputs of a dispatch by their types, defaults included", async () => {
    const workflow = `
on:
  workflow_dispatch:
    inputs:
      model: { type: string, default: churn }
      dry: { type: boolean, default: false }
      rounds: { type: number, required: true }
run-name: Train \${{ inputs.model }}
jobs:
  echo:
    runs-on: ubuntu-latest
    steps:
      - run: echo "\${{ inputs.model }} \${{ !inputs.dry }} \${{ inputs.rounds > 2 }} \${{ github.event.inputs.rounds }}"
`;
    const sha = github.commit({ ".github/workflows/test.yml": workflow });
    const dispatch = (inputs: Record<string, string>) =>
      runInline(github, workflow, {
        event: pushEvent(sha, { name: "workflow_dispatch", runId: 4242, payload: { inputs } }),
      });
    const run = await dispatch({ rounds: "3" });
    expect(run).toMatchObject({ id: 4242, title: "Train churn" });
    expect(run.lines).toContain("churn true true 3");
    expect((await dispatch({})).error).toBe("Required input 'rounds' not provided");
    expect((await dispatch({ rounds: "3", x: "" })).error).toMatch(/Unexpected inputs: x/);
  });
});

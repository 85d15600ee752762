import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runInline, startFakeGithub, type FakeGithub } from "./runner-fakes.ts";

let github: FakeGithub;
beforeAll(async () => {
  github = await startFakeGithub();
});
afterAll(() => github.close());

/** An action that reports each signal with the time since the last, and has a post program. */
const stubborn = (leaveOn: string) => ({
  "stubborn/action.yml":
    "name: s\ndescription: s\nruns: { using: node24, main: main.mjs, post: post.mjs, post-if: always() }\n",
  "stubborn/main.mjs": `
let last = Date.now();
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {
  console.log("signal " + signal + " " + (Date.now() - last));
  last = Date.now();
  if (signal === "${leaveOn}") process.exit(0);
});
setInterval(() => {}, 1000);
console.log("ready");
`,
  "stubborn/post.mjs": `console.log("post ran");`,
});

const workflow = (extra = "") => `
on: push
jobs:
  job:
    runs-on: ubuntu-latest
    ${extra}
    steps:
      - uses: $/stubborn
      - run: echo "must not run"
      - { if: always(), run: 'echo "always \${{ job.status }}"' }
      - { if: cancelled(), run: echo "was cancelled" }
  other: { needs: job, runs-on: ubuntu-latest, steps: [{ run: echo "must not run" }] }
`;

/** Runs, and cancels as soon as the action is ready. */
const cancelWhenReady = (
  files: Readonly<Record<string, string>>,
  ladder?: { interruptMs: number; terminateMs: number },
) =>
  runInline(github, workflow(), {
    files,
    ...(ladder ? { ladder } : {}),
    onProgress: (event) => {
      if (event.kind === "line" && event.line === "ready") github.cancel(event.runId);
    },
  });

function readFileSyncOr(file: string, absent: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return absent;
  }
}

const msOf = (lines: readonly string[], signal: string) =>
  Number(lines.find((line) => line.startsWith(`signal ${signal}`))?.split(" ")[2]);

describe("cancelling a run", () => {
  it("sends SIGINT, SIGTERM after 7.5 s and SIGKILL 2.5 s later, then runs what is always to run", async () => {
    const started = Date.now();
    const run = await cancelWhenReady(stubborn("never"));
    const elapsedMs = Date.now() - started;
    expect(msOf(run.lines, "SIGTERM")).toBeGreaterThan(7300);
    expect(msOf(run.lines, "SIGTERM")).toBeLessThan(9000);
    expect(elapsedMs).toBeGreaterThan(9900);
    expect(elapsedMs).toBeLessThan(14_000);
    expect(run.jobs[0]?.steps[1]).toMatchObject({ outcome: "cancelled", exitSignal: "SIGKILL" });
    const said = run.lines.filter((line) => /^(always|was|must|post) /.test(line));
    expect(said).toEqual(["always cancelled", "was cancelled", "post ran"]);
    expect(run.conclusion).toBe("cancelled");
    expect(run.jobs.map(({ conclusion }) => conclusion)).toEqual(["cancelled", "cancelled"]);
    expect(github.runs.get(run.id)).toMatchObject({ status: "completed", conclusion: "cancelled" });
  });

  it("lets an action leave in peace at the first signal", async () => {
    const run = await cancelWhenReady(stubborn("SIGINT"));
    expect(run.jobs[0]?.steps[1]).toMatchObject({
      outcome: "cancelled",
      exitCode: 0,
      exitSignal: null,
    });
    expect(run.lines).not.toContain("signal SIGTERM");
  });

  it("lets a step finish that is always to run", async () => {
    const run = await runInline(
      github,
      `
on: push
jobs:
  job:
    runs-on: ubuntu-latest
    steps:
      - { if: always(), run: "echo ready; sleep 0.5; echo finished" }
      - run: echo "must not run"
`,
      {
        onProgress: (event) => {
          if (event.kind === "line" && event.line === "ready") github.cancel(event.runId);
        },
      },
    );
    expect(run.lines).toContain("finished");
    expect(run.jobs[0]?.steps[1]?.outcome).toBe("success");
    expect(run.jobs[0]?.steps[2]?.outcome).toBe("skipped");
    expect(run.conclusion).toBe("cancelled");
  });

  it("happens to a job by itself after its timeout", async () => {
    const run = await runInline(github, workflow("timeout-minutes: 0.02"), {
      files: stubborn("SIGINT"),
    });
    expect(run.jobs[0]?.conclusion).toBe("cancelled");
    expect(run.lines).toContain(
      "##[error]The job has exceeded the maximum execution time of 0.02 minutes.",
    );
    expect(run.lines).toContain("post ran");
  });

  it("is not what happens to a step that is killed: it fails, and what is always to run runs", async () => {
    const run = await runInline(github, workflow(), {
      files: stubborn("never"),
      killStep: { step: "$/stubborn", signal: "SIGKILL", afterOutput: /^ready$/ },
    });
    expect(run.jobs[0]?.steps[1]).toMatchObject({
      outcome: "failure",
      exitCode: null,
      exitSignal: "SIGKILL",
      annotations: [{ level: "error", message: "The process was ended by SIGKILL." }],
    });
    expect(run.lines).toContain("always failure");
    expect(run.lines).toContain("post ran");
    expect(run.conclusion).toBe("failure");
  });

  it("ends what a step left running in the background", async () => {
    const run = await runInline(
      github,
      `
on: push
jobs:
  job:
    runs-on: ubuntu-latest
    steps: [{ run: "nohup setsid sleep 60 > /dev/null 2>&1 & echo pid=$!" }]
`,
    );
    const pid = Number(run.lines.find((line) => line.startsWith("pid="))?.slice(4));
    expect(run.conclusion).toBe("success");
    // Gone, or ended and not yet collected by init.
    const stateOf = (): string =>
      readFileSyncOr(`/proc/${pid}/stat`, "gone").split(" ")[2] ?? "gone";
    // A killed process may run for a moment more on a busy machine.
    await expect.poll(stateOf, { timeout: 5000 }).toMatch(/^(?:gone|Z)$/);
  });
});

import { readFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runInline, startFakeGithub, type FakeGithub } from "./runner-fakes.ts";

let github: FakeGithub;
beforeAll(async () => {
  github = await startFakeGithub({ secrets: { API_KEY: "s3cr3t-value" } });
});
afterAll(() => github.close());

/** A workflow of one job with these steps. */
const job = (steps: string, extra = "") => `
on: push
env: { LEVEL: workflow, ONLY_WORKFLOW: "1" }
jobs:
  job:
    runs-on: ubuntu-latest
    ${extra}
    steps:
${steps.replaceAll(/^/gm, "      ")}
`;

describe("steps of a job", () => {
  it("see env of workflow, job and step, the nearest first, and nothing of the caller's", async () => {
    process.env["SLIPWAY_CALLER_ONLY"] = "leaked";
    const run = await runInline(
      github,
      job(
        `
- run: echo "$LEVEL $ONLY_WORKFLOW $ONLY_JOB \${{ env.LEVEL }}"
- run: echo "$LEVEL \${{ env.LEVEL }}"
  env: { LEVEL: step }
- run: echo "caller=$SLIPWAY_CALLER_ONLY actions=$GITHUB_ACTIONS ci=$CI repo=$GITHUB_REPOSITORY $SWITCH"
- run: echo "runtime=$ACTIONS_RUNTIME_TOKEN home=$HOME here=$PWD"
`,
        "env: { LEVEL: job, ONLY_JOB: '2' }",
      ),
      { environment: { SWITCH: "on" } },
    );
    delete process.env["SLIPWAY_CALLER_ONLY"];
    expect(run.lines).toContain("job 1 2 job");
    expect(run.lines).toContain("step step");
    expect(run.lines).toContain("caller= actions=true ci=true repo=acme/models on");
    const line = run.lines.find((text) => text.startsWith("runtime="));
    expect(line).toMatch(/^runtime= home=.*\/home here=.*\/models\/models$/);
  });

  it("change env and PATH of later steps through their files", async () => {
    const run = await runInline(
      github,
      job(`
- run: |
    mkdir -p "$RUNNER_TEMP/bin"
    printf '#!/bin/sh\\necho "tool says hi"\\n' > "$RUNNER_TEMP/bin/my-tool"
    chmod +x "$RUNNER_TEMP/bin/my-tool"
    echo "$RUNNER_TEMP/bin" >> "$GITHUB_PATH"
    echo "LEVEL=from-file" >> "$GITHUB_ENV"
- run: my-tool && echo "level $LEVEL \${{ env.LEVEL }}"
`),
    );
    expect(run.lines).toContain("tool says hi");
    expect(run.lines).toContain("level from-file from-file");
  });

  it("run in the shells and folders they ask for", async () => {
    const run = await runInline(
      github,
      job(
        `
- run: mkdir -p sub/deeper
  working-directory: .
- run: basename "$PWD"
- run: basename "$PWD"
  working-directory: sub/deeper
- run: console.log("node", 6 * 7)
  shell: node {0}
- run: false | true && echo "no pipefail in sh"
  shell: sh
- run: false | true
  shell: bash
  continue-on-error: true
  id: pipe
- run: echo "pipe \${{ steps.pipe.outcome }} \${{ steps.pipe.conclusion }}"
- run: echo x
  shell: fish
`,
        "defaults: { run: { working-directory: sub } }",
      ),
    );
    expect(run.lines).toEqual(
      expect.arrayContaining(["sub", "deeper", "node 42", "no pipefail in sh"]),
    );
    expect(run.lines).toContain("pipe failure success");
    expect(run.conclusion).toBe("failure");
    expect(run.jobs[0]?.steps.at(-1)?.annotations[0]?.message).toMatch(
      /test\.yml:\d+: shell "fish" is not known/,
    );
  });

  it("go on after a failure only where their condition says so", async () => {
    const run = await runInline(
      github,
      job(`
- { id: a, run: exit 4 }
- { id: b, run: echo never }
- { id: c, if: failure(), run: 'echo "after \${{ steps.a.outcome }} \${{ job.status }}"' }
- { id: d, if: always(), run: echo "exit code" }
- { id: e, if: success(), run: echo never }
- { id: f, if: "\${{ !cancelled() && steps.c.conclusion == 'success' }}", run: echo "not cancelled" }
`),
    );
    const outcomes = run.jobs[0]?.steps.slice(1).map(({ id, outcome }) => `${id}:${outcome}`);
    expect(outcomes).toEqual([
      "a:failure",
      "b:skipped",
      "c:success",
      "d:success",
      "e:skipped",
      "f:success",
    ]);
    expect(run.lines).toContain("after failure failure");
    expect(run.jobs[0]?.steps[1]?.annotations).toEqual([
      { level: "error", message: "Process completed with exit code 4." },
    ]);
  });

  it("never show a secret, nor what they mask themselves", async () => {
    const run = await runInline(
      github,
      job(
        `
- env: { KEY: "\${{ secrets.API_KEY }}" }
  id: leak
  run: |
    echo "plain $KEY base64 $(printf %s "$KEY" | base64) rest"
    word=hidden; word=$word-word
    echo "::add-mask::$word"
    echo "a $word here"
    echo "::error::failed with $KEY"
    echo "summary $KEY" >> "$GITHUB_STEP_SUMMARY"
    echo "key=$KEY" >> "$GITHUB_OUTPUT"
    echo "ok=fine" >> "$GITHUB_OUTPUT"
`,
        "outputs: { key: '${{ steps.leak.outputs.key }}', ok: '${{ steps.leak.outputs.ok }}' }",
      ),
    );
    expect(run.lines).toContain("plain *** base64 *** rest");
    expect(run.lines).toContain("a *** here");
    const [first] = run.jobs;
    const step = first?.steps[1];
    expect(step?.annotations).toEqual([{ level: "error", message: "failed with ***" }]);
    expect(step?.summary).toBe("summary ***\n");
    expect(first?.outputs).toEqual({ ok: "fine" });
    const log = readFileSync(first?.logFile ?? "", "utf8");
    expect(github.logs.get(first?.jobId ?? 0)).toBe(log);
    expect(log).not.toContain("s3cr3t-value");
    expect(log).not.toContain("hidden-word");
    expect(log).toContain("Skip output 'key' since it may contain secret.");
  });

  it("record annotations with their places, ten of a level at most", async () => {
    const run = await runInline(
      github,
      job(`
- run: |
    echo "::warning file=a%2Cb.py,line=3,col=5,title=Odd::100%25 sure%0Asecond line"
    echo "::notice::noted"
    for i in $(seq 1 14); do echo "::error::problem $i"; done
    echo "::group::Details"
    echo "::endgroup::"
    echo "::unknown::thing"
    echo "::stop-commands::token-1"
    echo "::error::not a command"
    echo "::token-1::"
`),
    );
    const annotations = run.jobs[0]?.steps[1]?.annotations ?? [];
    expect(annotations[0]).toEqual({
      level: "warning",
      message: "100% sure\nsecond line",
      file: "a,b.py",
      line: 3,
      column: 5,
      title: "Odd",
    });
    expect(annotations[1]).toEqual({ level: "notice", message: "noted" });
    expect(
      annotations.filter(({ level }) => level === "error").map(({ message }) => message),
    ).toEqual(Array.from({ length: 10 }, (_, index) => `problem ${index + 1}`));
    expect(run.lines).toEqual(
      expect.arrayContaining(["##[group]Details", "##[endgroup]", "::unknown::thing"]),
    );
    expect(run.lines).toContain("::error::not a command");
  });

  it("fail when they use a command that was withdrawn, or write a broken file", async () => {
    const run = await runInline(
      github,
      job(`
- { id: old, run: 'echo "::set-output name=a::b"', continue-on-error: true }
- { id: broken, run: 'echo "no equals sign" >> "$GITHUB_OUTPUT"', continue-on-error: true }
- { id: options, run: 'echo "NODE_OPTIONS=--x" >> "$GITHUB_ENV"', continue-on-error: true }
`),
    );
    const steps = run.jobs[0]?.steps.slice(1) ?? [];
    expect(steps.map(({ outcome }) => outcome)).toEqual(["failure", "failure", "failure"]);
    expect(steps[0]?.annotations[0]?.message).toMatch(/'set-output' is refused/);
    expect(steps[1]?.annotations[0]?.message).toMatch(
      /file command 'output'.*Invalid format 'no equals sign'/,
    );
    expect(steps[2]?.annotations[0]?.message).toMatch(/NODE_OPTIONS/);
  });

  it("keep a summary of 1 MiB and lose a larger one whole, which is said", async () => {
    const run = await runInline(
      github,
      job(`
- run: head -c 1048576 /dev/zero | tr '\\0' 'x' >> "$GITHUB_STEP_SUMMARY"
- run: head -c 1048577 /dev/zero | tr '\\0' 'x' >> "$GITHUB_STEP_SUMMARY"
`),
    );
    const [, fits, tooLarge] = run.jobs[0]?.steps ?? [];
    expect(fits?.summary).toHaveLength(1_048_576);
    expect(fits?.annotations).toEqual([]);
    expect(tooLarge?.summary).toBe("");
    expect(tooLarge?.conclusion).toBe("success");
    expect(tooLarge?.annotations[0]?.message).toMatch(/GITHUB_STEP_SUMMARY upload aborted: 1025k/);
  });

  it("evaluate GitHub's functions, hashFiles among them", async () => {
    const run = await runInline(
      github,
      job(`
- run: mkdir data && printf a > data/a.csv && printf b > data/b.csv && printf c > data/c.txt
- run: |
    echo "hash \${{ hashFiles('data/*.csv') }}"
    echo "none [\${{ hashFiles('nothing/**') }}]"
    echo "it's 'quoted' \${{ format('it''s {0} ''here''', 'x') }}"
    echo "\${{ format('{0}-{1}', github.ref_name, join(fromJSON('["x","y"]'), '+')) }}"
    echo "\${{ contains(github.event.repository.full_name, 'ACME') && startsWith(github.sha, github.sha) }}"
`),
    );
    const sha = (data: string | Buffer) => createHash("sha256").update(data).digest();
    const expected = sha(Buffer.concat([sha("a"), sha("b")])).toString("hex");
    expect(run.lines).toContain(`hash ${expected}`);
    expect(run.lines).toContain("none []");
    expect(run.lines).toContain("it's 'quoted' it's x 'here'");
    expect(run.lines).toContain("main-x+y");
    expect(run.lines).toContain("true");
  });

  it("end at their timeout, fractions of a minute included", async () => {
    const run = await runInline(
      github,
      job(`
- { run: exec sleep 30, timeout-minutes: 0.005 }
- { if: failure(), run: echo "went on" }
`),
      { ladder: { interruptMs: 200, terminateMs: 200 } },
    );
    expect(run.jobs[0]?.steps[1]).toMatchObject({ outcome: "failure" });
    expect(run.jobs[0]?.steps[1]?.annotations[0]?.message).toMatch(
      /timed out after 0\.005 minutes/,
    );
    expect(run.lines).toContain("went on");
    expect(run.conclusion).toBe("failure");
  });
});

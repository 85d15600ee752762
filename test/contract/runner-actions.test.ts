import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runAction } from "../../packages/sandbox/src/runner/index.ts";
import { repository, runInline, startFakeGithub, type FakeGithub } from "./runner-fakes.ts";

let github: FakeGithub;
beforeAll(async () => {
  github = await startFakeGithub({ secrets: { API_KEY: "s3cr3t-value" } });
});
afterAll(() => github.close());

/** A JavaScript action whose programs say what they are and what they were given. */
const talker = (name: string, extra = "") => ({
  "action.yml": `
name: ${name}
description: Talks
inputs:
  who: { description: who, default: world }
  a key: { description: with a space }
  old: { description: old, deprecationMessage: use who }
  token: { description: token, default: "\${{ github.token }}" }
outputs: { greeting: { description: said } }
runs: { using: node24, main: main.mjs, post: post.mjs${extra} }
`,
  "pre.mjs": `
import { appendFileSync } from "node:fs";
console.log("pre ${name}");
appendFileSync(process.env.GITHUB_STATE, "from-pre=early\\n");
`,
  "main.mjs": `
import { appendFileSync } from "node:fs";
const { INPUT_WHO, GITHUB_OUTPUT, GITHUB_STATE, GITHUB_STEP_SUMMARY } = process.env;
console.log("main ${name} " + INPUT_WHO + " node" + process.versions.node.split(".")[0]);
console.log("given", JSON.stringify([process.env.INPUT_A_KEY, process.env.INPUT_OLD, process.env.STATE_from_pre ?? process.env["STATE_from-pre"]]));
console.log("runtime", Boolean(process.env.ACTIONS_RUNTIME_TOKEN), "action", process.env.GITHUB_ACTION, process.env.GITHUB_ACTION_REF);
appendFileSync(GITHUB_OUTPUT, "greeting=hello " + INPUT_WHO + "\\n");
appendFileSync(GITHUB_STATE, "seen=" + INPUT_WHO + "\\n");
appendFileSync(GITHUB_STEP_SUMMARY, "# ${name}\\n");
if (INPUT_WHO === "nobody") { console.log("::error::there is nobody"); process.exit(1); }
`,
  "post.mjs": `console.log("post ${name} " + process.env.STATE_seen + " " + process.env.INPUT_WHO);`,
});

function writeFolder(name: string, files: Readonly<Record<string, string>>): string {
  const directory = path.join(github.directory, "folders", name);
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
    writeFileSync(path.join(directory, file), content);
  }
  return directory;
}

const spoken = (lines: readonly string[]) => lines.filter((line) => /^(pre|main|post) /.test(line));

describe("actions", () => {
  it("run their programs in GitHub's order: pre first, post last and in reverse", async () => {
    const tools = writeFolder("tools", {
      ...Object.fromEntries(
        Object.entries(talker("early", ", pre: pre.mjs")).map(([file, text]) => [
          `early/${file}`,
          text,
        ]),
      ),
      ...Object.fromEntries(
        Object.entries(talker("late")).map(([file, text]) => [`late/${file}`, text]),
      ),
    });
    const run = await runInline(
      github,
      `
on: push
jobs:
  job:
    runs-on: ubuntu-latest
    steps:
      - run: echo "main script"
      - { id: late, uses: acme/tools/late@v1, with: { who: one, "a key": spaced, old: "1", typo: x } }
      - { uses: acme/tools/early@0123456789012345678901234567890123456789, with: { WHO: two } }
      - { uses: acme/tools/late@v1, with: { who: nobody } }
      - { uses: acme/tools/late@v1, with: { who: never } }
      - { if: always(), run: 'echo "main said \${{ steps.late.outputs.greeting }}"' }
`,
      { actionSources: { "acme/tools": { kind: "folder", directory: tools } } },
    );
    expect(spoken(run.lines)).toEqual([
      "pre early",
      "main script",
      "main late one node24",
      "main early two node24",
      "main late nobody node24",
      "main said hello one",
      "post late nobody nobody",
      "post late one one",
      // Its post program was registered when its pre program ran, before all others.
      "post early two two",
    ]);
    expect(run.lines).toContain('given ["spaced","1",null]');
    expect(run.lines).toContain('given ["","","early"]');
    expect(run.lines).toContain("runtime true action late v1");
    const steps = run.jobs[0]?.steps ?? [];
    const late = steps.find(({ id }) => id === "late");
    expect(late?.summary).toBe("# late\n");
    expect(late?.annotations.map(({ message }) => message)).toEqual([
      "Unexpected input(s) 'typo', valid inputs are ['who', 'a key', 'old', 'token']",
      "Input 'old' has been deprecated with message: use who",
    ]);
    const failed = steps.find(({ outcome }) => outcome === "failure");
    expect(failed?.annotations).toEqual([{ level: "error", message: "there is nobody" }]);
    expect(run.conclusion).toBe("failure");
  });

  it("may be composite, nested, reach siblings by $/ and hand up outputs", async () => {
    const files = {
      ".github/workflows/ignored.txt": "",
      "actions/outer/action.yml": `
name: outer
description: outer
inputs: { who: { description: who, required: true }, times: { description: n, default: "2" } }
outputs: { said: { description: said, value: "\${{ steps.inner.outputs.said }}" } }
runs:
  using: composite
  steps:
    - id: inner
      uses: $/actions/inner
      with: { who: "\${{ inputs.who }}" }
      env: { LOUD: "yes" }
    - run: echo "path $(basename "$GITHUB_ACTION_PATH") \${{ github.action_path != '' }} \${{ inputs.times }} [$LOUD]"
      shell: bash
    - { run: exit 7, shell: bash, if: "inputs.who == 'trouble'" }
    - { run: 'echo "composite cleanup \${{ github.action_status }}"', shell: bash, if: always() }
    - { run: echo "only after failure", shell: bash, if: failure() }
`,
      "actions/inner/action.yml": `
name: inner
description: inner
inputs: { who: { description: who } }
outputs: { said: { description: said, value: "\${{ steps.talk.outputs.greeting }} \${{ steps.env.outputs.loud }}" } }
runs:
  using: composite
  steps:
    - { id: talk, uses: $/actions/talk, with: { who: "\${{ inputs.who }}" } }
    - { id: env, run: 'echo "loud=$LOUD" >> "$GITHUB_OUTPUT"', shell: sh }
`,
      ...Object.fromEntries(
        Object.entries(talker("talk")).map(([file, text]) => [`actions/talk/${file}`, text]),
      ),
    };
    const workflow = (who: string) => `
on: push
jobs:
  job:
    runs-on: ubuntu-latest
    steps:
      - { id: outer, uses: $/actions/outer, with: { who: ${who} } }
      - run: echo "main heard \${{ steps.outer.outputs.said }}"
`;
    const run = await runInline(github, workflow("you"), { files });
    expect(run.error).toBeUndefined();
    expect(spoken(run.lines)).toEqual([
      "main talk you node24",
      "main heard hello you yes",
      "post talk you you",
    ]);
    expect(run.lines).toContain("path outer true 2 []");
    expect(run.lines).toContain("composite cleanup success");
    expect(run.jobs[0]?.steps[1]?.summary).toBe("# talk\n");

    const failed = await runInline(github, workflow("trouble"), { files });
    expect(failed.conclusion).toBe("failure");
    expect(failed.lines).toContain("composite cleanup failure");
    expect(failed.lines).toContain("only after failure");
    expect(spoken(failed.lines)).toEqual(["main talk trouble node24", "post talk trouble trouble"]);
  });

  it("run their pre and post programs only where pre-if and post-if say so", async () => {
    const action = (name: string, preIf: string, postIf: string) => ({
      [`${name}/action.yml`]: `name: ${name}
description: x
runs: { using: node20, main: main.mjs, pre: pre.mjs, pre-if: "${preIf}", post: post.mjs, post-if: "${postIf}" }
`,
      ...Object.fromEntries(
        ["pre", "main", "post"].map((stage) => [
          `${name}/${stage}.mjs`,
          `console.log("${stage} ${name}");`,
        ]),
      ),
    });
    const run = await runInline(
      github,
      `
on: push
jobs:
  job:
    runs-on: ubuntu-latest
    steps: [{ uses: $/one }, { uses: $/two }, { run: exit 1 }]
`,
      {
        files: {
          ...action("one", "runner.os == 'nowhere'", "success()"),
          ...action("two", "always()", "failure()"),
        },
      },
    );
    expect(spoken(run.lines)).toEqual(["pre two", "main one", "main two", "post two"]);
  });

  it("come from the checked-out workspace by ./ and from a repository of the local GitHub by ref", async () => {
    github.commit(
      Object.fromEntries(
        Object.entries(talker("tagged")).map(([file, text]) => [`here/${file}`, text]),
      ),
    );
    github.git("tag", "v1");
    github.git("push", "--quiet", "origin", "v1");
    const run = await runInline(
      github,
      `
on: push
jobs:
  job:
    runs-on: ubuntu-latest
    steps:
      - { uses: ${repository}/here@v1 }
      - { uses: actions/checkout@v5 }
      - { uses: ./here }
`,
      {
        files: Object.fromEntries(
          Object.entries(talker("current")).map(([file, text]) => [`here/${file}`, text]),
        ),
      },
    );
    expect(run.lines.filter((line) => line.startsWith("##[error]"))).toEqual([]);
    expect(spoken(run.lines).slice(0, 2)).toEqual([
      "main tagged world node24",
      "main current world node24",
    ]);
  });

  it("are refused with the line of the step when they cannot be had", async () => {
    const run = await runInline(
      github,
      `
on: push
jobs:
  job:
    runs-on: ubuntu-latest
    steps:
      - run: echo never
      - uses: somebody/else@v3
`,
    );
    expect(run.conclusion).toBe("failure");
    expect(run.lines).not.toContain("never");
    expect(run.jobs[0]?.steps).toHaveLength(1);
    expect(run.jobs[0]?.steps[0]?.annotations[0]?.message).toMatch(
      /^\.github\/workflows\/test\.yml:8: uses: somebody\/else@v3: this action cannot be downloaded here/,
    );
  });

  it("can be run alone, and killed in their middle", async () => {
    const directory = writeFolder("alone", talker("alone", ", pre: pre.mjs"));
    const done = await runAction({
      directory,
      inputs: { who: "s3cr3t-value" },
      secrets: { KEY: "s3cr3t-value" },
      github: { repository, sha: "abc" },
      environment: { SWITCH: "on" },
    });
    expect(done).toMatchObject({
      conclusion: "success",
      exitCode: 0,
      outputs: { greeting: "hello s3cr3t-value" },
      summary: "# alone\n",
      state: { "from-pre": "early", seen: "s3cr3t-value" },
    });
    expect(done.log).toContain("main alone *** node24");
    expect(done.log).not.toContain("s3cr3t-value");
    expect(done.steps.map(({ name }) => name)).toEqual([
      "Set up job",
      "Pre Run local/action@local",
      "Run local/action@local",
      "Post Run local/action@local",
    ]);

    const slow = writeFolder("slow", {
      "action.yml": "name: slow\ndescription: slow\nruns: { using: node24, main: main.mjs }\n",
      "main.mjs": `console.log("step 1 done"); setTimeout(() => console.log("step 2 done"), 20000);`,
    });
    const killed = await runAction({
      directory: slow,
      killStep: { signal: "SIGKILL", afterOutput: /step 1/ },
    });
    expect(killed).toMatchObject({ conclusion: "failure", exitCode: null, exitSignal: "SIGKILL" });
    expect(killed.log).not.toContain("step 2");

    const seen = new AbortController();
    const between = await runAction({
      directory: slow,
      killStep: { signal: "SIGTERM", when: seen.signal },
      onLine: (line) => {
        if (line.includes("step 1")) seen.abort();
      },
    });
    expect(between.exitSignal).toBe("SIGTERM");
  });
});

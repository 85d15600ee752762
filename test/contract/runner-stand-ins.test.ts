import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseActionFile } from "../../packages/sandbox/src/runner/parse-action.ts";
import { runInline, startFakeGithub, type FakeGithub } from "./runner-fakes.ts";

let github: FakeGithub;
beforeAll(async () => {
  github = await startFakeGithub();
});
afterAll(() => github.close());

const folder = fileURLToPath(
  new URL("../../packages/sandbox/src/runner/stand-ins", import.meta.url),
);

/** A workflow of one job with these steps. */
const job = (steps: string, extra = "") => `
on: push
jobs:
  job:
    runs-on: ubuntu-latest
    ${extra}
    steps:
${steps.replaceAll(/^/gm, "      ")}
`;

describe("stand-ins for actions that cannot be downloaded", () => {
  it.each(readdirSync(folder))("%s has a manifest that GitHub's parser accepts", (name) => {
    const file = path.join(folder, name, "action.yml");
    expect(parseActionFile(file, readFileSync(file, "utf8")).runs.kind).toBe("node");
  });

  it("refuse an input that they do not implement", async () => {
    const run = await runInline(
      github,
      job("- { uses: actions/checkout@v5, with: { lfs: true } }"),
    );
    expect(run.conclusion).toBe("failure");
    expect(run.jobs[0]?.steps[1]?.annotations[0]?.message).toMatch(
      /test\.yml:8: the local stand-in for actions\/checkout@v5 does not implement the input 'lfs'/,
    );
  });

  it("clone the commit of the event on its branch, with the token only as long as wanted", async () => {
    const run = await runInline(
      github,
      job(`
- { id: c, uses: actions/checkout@v5 }
- run: |
    echo "on $(git branch --show-current) at $(git rev-parse HEAD) \${{ steps.c.outputs.commit == github.sha }}"
    echo "commits $(git rev-list --count HEAD) token $(git config --local --get-regexp extraheader | wc -l)"
- { uses: actions/checkout@v5, with: { path: again, fetch-depth: 0, persist-credentials: false } }
- run: |
    echo "commits $(git -C again rev-list --count HEAD) token $(git -C again config --local --get-regexp extraheader | wc -l)"
    git -C again tag --list
`),
    );
    expect(run.conclusion).toBe("success");
    const count = github.git("rev-list", "--count", "HEAD");
    expect(run.lines).toContain(`on main at ${run.headSha} true`);
    expect(run.lines).toContain("commits 1 token 1");
    expect(run.lines).toContain(`commits ${count} token 0`);
  });

  it("clone any ref that is asked for, or say that it is not there", async () => {
    const first = github.commit({ "data.txt": "one" }, "side");
    github.git("tag", "-a", "v9", "-m", "nine");
    github.git("push", "--quiet", "origin", "v9");
    github.commit({ "data.txt": "two" }, "side");
    github.git("checkout", "--quiet", "main");
    const run = await runInline(
      github,
      job(`
- { uses: actions/checkout@v5, with: { ref: side, path: a } }
- { uses: actions/checkout@v5, with: { ref: v9, path: b } }
- { uses: actions/checkout@v5, with: { ref: ${first}, path: c } }
- run: echo "$(cat a/data.txt) $(cat b/data.txt) $(cat c/data.txt)"
- { uses: actions/checkout@v5, with: { ref: nowhere, path: d } }
`),
    );
    expect(run.lines).toContain("two one one");
    expect(run.jobs[0]?.steps.find(({ outcome }) => outcome === "failure")?.annotations).toEqual([
      { level: "error", message: "A branch or tag with the name 'nowhere' could not be found" },
    ]);
  });

  it("find Node.js and Python on this machine, or say which were found", async () => {
    const run = await runInline(
      github,
      job(`
- { id: node, uses: actions/setup-node@v6, with: { node-version: 24 } }
- { id: python, uses: actions/setup-python@v6, with: { python-version: "3.x" } }
- run: echo "\${{ steps.node.outputs.node-version }} is $(node --version)"
- run: python -c "import sys; print('python', sys.version_info.major, '\${{ steps.python.outputs.python-version }}'.startswith('3.'))"
- { uses: actions/setup-node@v6, with: { node-version: "1.x" } }
`),
    );
    expect(run.lines).toContain(`${process.version} is ${process.version}`);
    expect(run.lines.join("\n")).toContain("python 3 True");
    expect(
      run.jobs[0]?.steps.find(({ outcome }) => outcome === "failure")?.annotations[0]?.message,
    ).toMatch(/^node-version: no Node\.js 1\.x on this machine \(found .*24\./);
  });

  it("write a workload identity file from the job's own identity endpoint, and remove it", async () => {
    const provider = "projects/123/locations/global/workloadIdentityPools/github/providers/acme";
    const steps = job(
      `
- id: auth
  uses: google-github-actions/auth@v3
  with: { workload_identity_provider: ${provider}, service_account: deploy@acme-prod.iam.gserviceaccount.com }
- run: |
    echo "project $GOOGLE_CLOUD_PROJECT \${{ steps.auth.outputs.project_id }}"
    cat "$GOOGLE_APPLICATION_CREDENTIALS"
`,
      "permissions: { id-token: write }",
    );
    const run = await runInline(github, steps, {
      environment: {
        CLOUDSDK_API_ENDPOINT_OVERRIDES_STS: "http://127.0.0.1:9/",
        CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS: "http://127.0.0.1:9",
      },
      keepWorkspaces: true,
    });
    expect(run.lines).toContain("project acme-prod acme-prod");
    const file = run.lines.find((line) => line.startsWith('{"type"')) ?? "{}";
    expect(JSON.parse(file)).toMatchObject({
      type: "external_account",
      audience: `//iam.googleapis.com/${provider}`,
      token_url: "http://127.0.0.1:9/v1/token",
      service_account_impersonation_url:
        "http://127.0.0.1:9/v1/projects/-/serviceAccounts/deploy@acme-prod.iam.gserviceaccount.com:generateAccessToken",
      credential_source: { format: { type: "json", subject_token_field_name: "value" } },
    });
    const denied = await runInline(github, steps.replace("id-token: write", "contents: read"));
    expect(denied.lines.join("\n")).toContain("the job needs `permissions: id-token: write`");
  });
});

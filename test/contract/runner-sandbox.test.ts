import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSandbox, type RunOutcome, type Sandbox } from "../../packages/sandbox/src/index.ts";

const program = fileURLToPath(new URL("../../packages/sandbox/src/main.ts", import.meta.url));
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), "slipway-sandbox-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Calls the local GitHub as the owner of its repositories. */
async function callGithub(at: { url: string; token: string }, route: string, body?: object) {
  const response = await fetch(`${at.url}${route}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${at.token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${route}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** Makes a repository and pushes files to its branch main, as a person does. */
async function pushRepository(
  at: { url: string; serverUrl: string; token: string },
  name: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  await callGithub(at, "/user/repos", { name });
  const work = path.join(directory, `author-${name}`);
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(work, file)), { recursive: true });
    writeFileSync(path.join(work, file), content);
  }
  const remote = `${at.serverUrl.replace("://", `://octocat:${at.token}@`)}/octocat/${name}.git`;
  const git = (...args: readonly string[]) =>
    promisify(execFile)(
      "git",
      ["-c", "user.name=Ann", "-c", "user.email=ann@example.com", ...args],
      {
        cwd: work,
      },
    );
  await git("init", "--quiet", "--initial-branch=main");
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "Begin");
  await git("push", "--quiet", remote, "main");
}

describe("the sandbox as a whole", () => {
  let sandbox: Sandbox;
  const runs: RunOutcome[] = [];
  beforeAll(async () => {
    sandbox = await startSandbox({
      stateDirectory: path.join(directory, "whole"),
      onRun: (run) => runs.push(run),
    });
  });
  afterAll(() => sandbox.close());

  it("runs a pushed workflow: clone, artifact to the next job, Google identity, deployment", async () => {
    const { github } = sandbox;
    const at = { url: github.url, serverUrl: github.serverUrl, token: github.adminToken };
    await pushRepository(at, "whole", {
      "data/a.csv": "x\n1\n",
      ".github/workflows/all.yml": `
on: push
permissions: { contents: read, id-token: write }
jobs:
  make:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - run: mkdir out && cp data/a.csv out/ && echo made > out/made.txt
      - { id: up, uses: actions/upload-artifact@v4, with: { name: made, path: out } }
      - run: echo "artifact \${{ steps.up.outputs.artifact-id != '' }} \${{ steps.up.outputs.artifact-digest != '' }}"
  take:
    needs: make
    runs-on: ubuntu-latest
    environment: { name: production, url: https://example.com }
    steps:
      - { uses: actions/download-artifact@v5, with: { name: made, path: got } }
      - run: cat got/made.txt got/a.csv
      - uses: google-github-actions/auth@v3
        with:
          workload_identity_provider: ${sandbox.workloadIdentityProvider}
          service_account: ${sandbox.serviceAccount}
      - run: |
          node --input-type=module -e '
            import { readFileSync } from "node:fs";
            const file = JSON.parse(readFileSync(process.env.GOOGLE_APPLICATION_CREDENTIALS, "utf8"));
            const subject = await (await fetch(file.credential_source.url, { headers: file.credential_source.headers })).json();
            const form = new URLSearchParams({ grant_type: "urn:ietf:params:oauth:grant-type:token-exchange", audience: file.audience,
              requested_token_type: "urn:ietf:params:oauth:token-type:access_token", subject_token_type: file.subject_token_type,
              subject_token: subject.value, scope: "https://www.googleapis.com/auth/cloud-platform" });
            const federated = await (await fetch(file.token_url, { method: "POST", body: form })).json();
            const account = await (await fetch(file.service_account_impersonation_url, { method: "POST",
              headers: { authorization: "Bearer " + federated.access_token }, body: JSON.stringify({ scope: ["https://www.googleapis.com/auth/cloud-platform"] }) })).json();
            const storage = process.env.CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE;
            const made = await fetch(storage + "storage/v1/b?project=slipway-sandbox", { method: "POST",
              headers: { authorization: "Bearer " + account.accessToken, "content-type": "application/json" }, body: JSON.stringify({ name: "bucket-of-job" }) });
            console.log("bucket", made.status);
          '
`,
    });
    await expect.poll(() => runs.length, { timeout: 50_000, interval: 100 }).toBe(1);
    const [run] = runs;
    const steps = run?.jobs.flatMap(({ steps: all }) =>
      all.flatMap(({ annotations }) => annotations),
    );
    expect(steps).toEqual([]);
    expect(run?.error).toBeUndefined();
    expect(run?.conclusion).toBe("success");
    const log = (job: number) =>
      fetch(`${at.url}/repos/octocat/whole/actions/jobs/${job}/logs`, {
        headers: { authorization: `Bearer ${at.token}` },
      }).then((response) => response.text());
    const [make, take] = run?.jobs ?? [];
    expect(await log(make?.jobId ?? 0)).toContain("artifact true true");
    const taken = await log(take?.jobId ?? 0);
    expect(taken).toMatch(/ made\n.* x\n.* 1\n/);
    expect(taken).toContain("bucket 200");
    const deployments = (await callGithub(at, "/repos/octocat/whole/deployments")) as {
      id: number;
      environment: string;
    }[];
    expect(deployments.map(({ environment }) => environment)).toEqual(["production"]);
    const statuses = (await callGithub(
      at,
      `/repos/octocat/whole/deployments/${deployments[0]?.id}/statuses`,
    )) as { state: string }[];
    expect(statuses[0]?.state).toBe("success");
  });
});

describe("the sandbox's command line", () => {
  const command = (...args: readonly string[]) =>
    new Promise<{ code: number | null; output: string }>((resolve) => {
      const child = spawn(process.execPath, [program, ...args], { cwd: directory });
      let output = "";
      child.stdout.on("data", (data: Buffer) => (output += data.toString()));
      child.stderr.on("data", (data: Buffer) => (output += data.toString()));
      child.once("close", (code) => resolve({ code, output }));
    });

  it("starts, runs a workflow with inputs, shows what ran, and stops", async () => {
    const state = ["--state", path.join(directory, "cli")];
    expect(await command("status", ...state)).toMatchObject({
      code: 2,
      output: expect.stringMatching(/No sandbox runs on/),
    });
    const up = await command("up", "--keep", ...state);
    try {
      expect(up.output).toContain("runs in the background");
      const { readFileSync } = await import("node:fs");
      const address = JSON.parse(
        readFileSync(path.join(directory, "cli", "sandbox.json"), "utf8"),
      ) as {
        urls: { github: string; githubServer: string };
        githubToken: string;
      };
      const at = {
        url: address.urls.github,
        serverUrl: address.urls.githubServer,
        token: address.githubToken,
      };
      await pushRepository(at, "cli", {
        ".github/workflows/hello.yml": `
name: Hello
on: { workflow_dispatch: { inputs: { who: { default: world } } } }
jobs: { hello: { runs-on: ubuntu-latest, steps: [{ run: 'echo "hello \${{ inputs.who }}"; [ "\${{ inputs.who }}" != nobody ]' }] } }
`,
      });
      const ran = await command(
        "run",
        "hello.yml",
        "--repo",
        "octocat/cli",
        "--input",
        "who=you",
        ...state,
      );
      expect(ran.output).toContain("hello you");
      expect(ran.code).toBe(0);
      expect(
        (
          await command(
            "run",
            "hello.yml",
            "--repo",
            "octocat/cli",
            "--input",
            "who=nobody",
            ...state,
          )
        ).code,
      ).toBe(1);
      expect(
        (await command("run", "absent.yml", "--repo", "octocat/cli", ...state)).output,
      ).toMatch(/404/);
      const status = await command("status", ...state);
      expect(status.output).toMatch(
        /octocat\/cli: latest runs\n {2}\d+ {2}failure {2}Hello \(workflow_dispatch\)\n {2}\d+ {2}success/,
      );
    } finally {
      expect((await command("down", ...state)).output).toContain("has stopped");
    }
    expect((await command("down", ...state)).code).toBe(2);
  });
});

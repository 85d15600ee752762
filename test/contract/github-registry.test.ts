import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { latestVersion, parseTrailers, type GithubAccess } from "#core";
import { rememberingLog, someRun, steppingClock } from "#core/testing";
import {
  assignStage,
  connectGithub,
  createCheckRun,
  githubHistory,
  writeStickyComment,
} from "#github";
import { openRunDirectory, rawInputs, type ArtifactStore } from "#toolkit";
import { parseInputs } from "../../actions/register-version/src/inputs.ts";
import type { Ports } from "../../actions/register-version/src/ports.ts";
import { githubRegistry } from "../../actions/register-version/src/registry.ts";
import { registerVersion } from "../../actions/register-version/src/run.ts";
import { startGithub } from "../../packages/sandbox/src/github/service.ts";

type LocalGithub = Awaited<ReturnType<typeof startGithub>>;

const digestOf = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;
let folder: string;
let github: LocalGithub;
let access: GithubAccess;

/** Never synchronous: the server that git talks to runs in this very process. */
const run = promisify(execFile);
const gitIn = async (directory: string, ...parameters: string[]): Promise<string> =>
  (await run("git", ["-C", directory, ...parameters])).stdout;
const git = async (...parameters: string[]) =>
  (await gitIn(join(folder, "work"), ...parameters)).trim();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "slipway-registry-"));
  github = await startGithub({ stateDirectory: join(folder, "github") });
  const created = await fetch(`${github.url}/user/repos`, {
    method: "POST",
    headers: { authorization: `Bearer ${github.adminToken}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "models", private: true }),
  });
  if (created.status !== 201) throw new Error(`no repository: ${created.status}`);
  const { full_name } = (await created.json()) as { full_name: string };
  mkdirSync(join(folder, "work/.github/workflows"), { recursive: true });
  writeFileSync(join(folder, "work/train.py"), "print(1)\n");
  writeFileSync(join(folder, "work/.github/workflows/x.yml"), "on: push\njobs: {}\n");
  await git("init", "-q", "-b", "main");
  await git("-c", "user.name=a", "-c", "user.email=a@b.c", "add", ".");
  await git("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "first");
  const remote = `${github.serverUrl}/${full_name}`.replace(
    "://",
    `://x-access-token:${github.adminToken}@`,
  );
  await git("push", "-q", remote, "main");
  const [owner = "", repository = ""] = full_name.split("/");
  access = {
    token: github.adminToken,
    apiUrl: github.url,
    serverUrl: github.serverUrl,
    owner,
    repository,
    sha: await git("rev-parse", "HEAD"),
    ref: "refs/heads/main",
    eventName: "push",
    event: {},
    actor: "ann",
    runId: 1,
    runAttempt: 1,
    workflow: "w",
    job: "j",
  };
}, 60_000);

afterAll(async () => {
  await github.close();
  rmSync(folder, { recursive: true, force: true });
});

const connect = () => connectGithub(access, { log: rememberingLog() });

async function leaveRun(id: string): Promise<string> {
  const workspace = join(folder, `run-${id}`);
  const directory = openRunDirectory(join(workspace, "slipway-run"));
  const files = [
    { path: "model.onnx", role: "model" as const, bytes: id.length, digest: digestOf(id) },
  ];
  const source = { ...someRun().source, commit: access.sha };
  await directory.writeText("model.onnx", id);
  await directory.writeDocument("run.json", someRun({ id, files, source, params: { id } }));
  return workspace;
}

const noArtifacts: ArtifactStore = {
  upload: async () => 1,
  list: async () => [],
  download: async () => {},
};
const portsFor = (workspace: string): Ports => ({
  registry: githubRegistry(connect(), folder),
  artifacts: noArtifacts,
  clock: steppingClock(new Date().toISOString()),
  log: rememberingLog(),
  actor: "ann",
  sha: access.sha,
  workspace,
  temporaryDirectory: folder,
  artifactsOf: () => noArtifacts,
  sha256: digestOf,
});
const register = async (id: string, extra: Record<string, string> = {}) =>
  registerVersion(
    parseInputs(rawInputs({ model: "weather", ...extra })),
    portsFor(await leaveRun(id)),
  );

describe("a registry in a repository", () => {
  it("keeps versions as annotated tags on release commits, with verified releases", async () => {
    const first = await register("one", { stage: "production" });
    expect(first).toMatchObject({ kind: "registered", tag: "weather@v1.0.0", created: true });
    const second = await register("two");
    expect(second).toMatchObject({ tag: "weather@v1.1.0", created: true });
    expect(await register("two")).toMatchObject({ tag: "weather@v1.1.0", created: false });

    const history = await githubHistory(connect(), folder).read("weather");
    expect(history.versions.map(({ version }) => version)).toEqual(["v1.0.0", "v1.1.0"]);
    expect(history.stages).toEqual({ production: "v1.0.0" });
    expect(readdirSync(folder).filter((name) => name.startsWith("slipway-tags-"))).toEqual([]);
  });

  it("is read by plain git: the code, the manifest, the trailers", async () => {
    const clone = join(folder, "clone");
    const remote = `${github.serverUrl}/${access.owner}/${access.repository}`.replace(
      "://",
      `://x-access-token:${github.adminToken}@`,
    );
    await gitIn(folder, "clone", "-q", remote, clone);
    const at = (...parameters: string[]) => gitIn(clone, ...parameters);
    expect((await at("tag", "-l")).trim().split("\n")).toEqual([
      "weather#production#1",
      "weather@v1.0.0",
      "weather@v1.1.0",
    ]);
    expect((await at("cat-file", "-t", "weather@v1.0.0")).trim()).toBe("tag");
    expect(await at("show", "weather@v1.1.0:train.py")).toBe("print(1)\n");
    const manifest = await at("show", "weather@v1.1.0:.slipway/weather.json");
    const trailers = parseTrailers(await at("tag", "-l", "--format=%(contents)", "weather@v1.1.0"));
    expect(digestOf(manifest)).toBe(trailers["Slipway-Digest"]);
    expect((await at("rev-parse", "weather@v1.1.0^{commit}^")).trim()).toBe(access.sha);
    const taggers = (await at("for-each-ref", "--format=%(taggerdate:unix)", "refs/tags"))
      .trim()
      .split("\n")
      .map(Number);
    expect(new Set(taggers).size).toBe(3);
  });

  it("gives a version's files back, checked against the manifest", async () => {
    const history = githubHistory(connect(), folder);
    const entry = latestVersion(await history.read("weather"));
    if (entry === null) throw new Error("no version");
    const path = join(folder, "downloaded.onnx");
    await history.download(entry, "model.onnx", path);
    expect(await openRunDirectory(folder).readText("downloaded.onnx")).toBe("two");
    await expect(history.download(entry, "nothing", path)).rejects.toMatchObject({
      code: "FILE_NOT_RELEASED",
    });
    expect((await history.release(entry))?.draft).toBe(false);
  });

  it("gives two at once a version each, and two stage tags a number each", async () => {
    const raced = await Promise.all([register("three"), register("four")]);
    const tags = raced.map((outcome) => (outcome.kind === "registered" ? outcome.tag : ""));
    expect(new Set(tags)).toEqual(new Set(["weather@v1.2.0", "weather@v1.3.0"]));
    const history = githubHistory(connect(), folder);
    const assign = (stage: string) =>
      assignStage(connect(), {
        model: "weather",
        stage,
        version: "v1.2.0",
        reason: "a test",
        now: new Date(),
        readHistory: () => history.read("weather"),
      });
    await Promise.all([assign("staging"), assign("shadow")]);
    const { stages } = await history.read("weather");
    expect(stages).toEqual({ production: "v1.0.0", staging: "v1.2.0", shadow: "v1.2.0" });
  });

  it("says which permission is missing", async () => {
    const stranger = connectGithub({ ...access, token: "ghp_nobody" }, { log: rememberingLog() });
    await expect(githubHistory(stranger, folder).read("weather")).rejects.toMatchObject({
      code: "HISTORY_UNREADABLE",
    });
    await expect(
      writeStickyComment(stranger, { number: 1, key: "k", body: "b" }),
    ).rejects.toMatchObject({ status: 401 });
  });
});

describe("createCheckRun", () => {
  const check = {
    name: "evaluate-gate weather",
    conclusion: "failure",
    title: "fail: accuracy",
    summary: "## weather: fail",
    annotations: [
      {
        path: "slipway.yml",
        line: 6,
        level: "failure",
        title: "evaluate-gate weather",
        message: "accuracy >= 0.75: 0.7000",
      },
    ],
    detailsUrl: null,
  } as const;

  it("adds a finished check with remarks to the commit", async () => {
    const connection = connectGithub(access);
    const url = await createCheckRun(connection, { ...check, headSha: access.sha });
    expect(url).toMatch(/^http/);
    const octokit = await connection.octokit();
    const { data } = await octokit.rest.checks.listForRef({
      ...connection.place,
      ref: access.sha,
      check_name: check.name,
    });
    expect(data.check_runs).toMatchObject([
      {
        status: "completed",
        conclusion: "failure",
        output: { title: "fail: accuracy", annotations_count: 1 },
      },
    ]);
  });

  it("says which call was refused", async () => {
    await expect(
      createCheckRun(connectGithub(access), { ...check, headSha: "0".repeat(40) }),
    ).rejects.toThrow(/POST check-runs/);
  });
});

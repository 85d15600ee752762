import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { VersionEntry } from "#core";
import { gitRepository } from "./git-repository.ts";
import { readPullRequest } from "./pull-request.ts";
import { settingsThresholds } from "./settings-thresholds.ts";
import { accessTo, gitIn } from "./testing/some-repository.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "slipway-git-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const entryOf = (commit: string): VersionEntry => ({
  model: "weather",
  version: "v1.0.0",
  tag: "weather@v1.0.0",
  commit,
  source: commit,
  content: null,
  digest: null,
  run: null,
  createdAt: "2026-01-01T00:00:00Z",
  deregistered: false,
});

/** A server with three commits and a shallow clone of its newest; the tag's commit is on no branch. */
function makeRepositories(): {
  readonly clone: string;
  readonly base: string;
  readonly released: string;
} {
  const server = join(folder, "acme", "models");
  execFileSync("git", ["init", "--quiet", "-b", "main", server]);
  gitIn(server, "config", "uploadpack.allowAnySHA1InWant", "true");
  writeFileSync(join(server, "slipway.yml"), "base\n");
  gitIn(server, "add", ".");
  gitIn(server, "commit", "--quiet", "-m", "base");
  const base = gitIn(server, "rev-parse", "HEAD");
  gitIn(server, "checkout", "--quiet", "--detach");
  writeFileSync(join(server, "predict.py"), "released\n");
  gitIn(server, "add", ".");
  gitIn(server, "commit", "--quiet", "-m", "released");
  const released = gitIn(server, "rev-parse", "HEAD");
  gitIn(server, "tag", "-a", "weather@v1.0.0", "-m", "v1.0.0");
  gitIn(server, "checkout", "--quiet", "main");
  writeFileSync(join(server, "slipway.yml"), "head\n");
  gitIn(server, "commit", "--quiet", "-a", "-m", "head");
  const clone = join(folder, "clone");
  execFileSync("git", ["clone", "--quiet", "--depth=1", `file://${server}`, clone], {
    stdio: "ignore",
  });
  return { clone, base, released };
}

const repositoryAt = (workspace: string) =>
  gitRepository({ workspace, temporaryDirectory: folder, access: accessTo(folder) });

describe("gitRepository", () => {
  it("shows a file of a commit that a shallow clone lacks", async () => {
    const { clone, base } = makeRepositories();
    expect(await repositoryAt(clone).show(base, "slipway.yml")).toEqual({
      kind: "found",
      text: "base\n",
    });
  });

  it("tells a file that is not there, a commit that nobody has, and a folder without git", async () => {
    const { clone, base } = makeRepositories();
    expect(await repositoryAt(clone).show(base, "other.yml")).toEqual({ kind: "absent" });
    expect(await repositoryAt(clone).show("f".repeat(40), "slipway.yml")).toMatchObject({
      kind: "unreadable",
    });
    const bare = mkdtempSync(join(tmpdir(), "slipway-nogit-"));
    expect(await repositoryAt(bare).show(base, "slipway.yml")).toEqual({ kind: "no-git" });
    rmSync(bare, { recursive: true });
  });

  it("checks a release commit out beside the workspace and takes it away again", async () => {
    const { clone, released } = makeRepositories();
    const { path, remove } = await repositoryAt(clone).checkout(entryOf(released));
    expect(existsSync(join(path, "predict.py"))).toBe(true);
    expect(existsSync(join(clone, "predict.py"))).toBe(false);
    await remove();
    expect(existsSync(path)).toBe(false);
    expect(gitIn(clone, "worktree", "list").split("\n")).toHaveLength(1);
  });

  it("names the tag when the commit cannot be had", async () => {
    const { clone } = makeRepositories();
    const entry = { ...entryOf("e".repeat(40)), tag: "weather@v9.0.0" };
    await expect(repositoryAt(clone).checkout(entry)).rejects.toMatchObject({
      code: "RELEASE_COMMIT_UNREADABLE",
      message: expect.stringContaining(
        "The release commit of weather@v9.0.0 cannot be checked out:",
      ) as string,
    });
  });
});

describe("gitRepository with a token", () => {
  it("sends the step's token alone, though actions/checkout left one in the clone", async () => {
    const sent: string[][] = [];
    const server = createServer((request, response) => {
      const headers = request.rawHeaders;
      sent.push(headers.filter((_, at) => headers[at - 1]?.toLowerCase() === "authorization"));
      response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const serverUrl = `http://127.0.0.1:${port}`;
      const { clone } = makeRepositories();
      gitIn(clone, "config", `http.${serverUrl}/.extraheader`, "AUTHORIZATION: basic bGVmdA==");
      const access = { ...accessTo(folder), serverUrl, token: "own" };
      const repository = gitRepository({ workspace: clone, temporaryDirectory: folder, access });
      // Main is here too, so that an unreachable server does not end it.
      expect(await repository.resolve("main")).toBe(gitIn(clone, "rev-parse", "origin/main"));
    } finally {
      server.close();
    }
    const own = `Basic ${Buffer.from("x-access-token:own").toString("base64")}`;
    expect(sent[0]).toEqual([own]);
    expect(sent).toContainEqual(["basic bGVmdA=="]);
    expect(sent.every((headers) => headers.length < 2)).toBe(true);
  });
});

describe("settingsThresholds", () => {
  const settings = (bound: string): string =>
    `models:\n  weather:\n    target: weather\n    evaluate-gate:\n      thresholds: |\n        accuracy >= ${bound}\n`;

  it("reads the thresholds of slipway.yml, here and of another commit", () => {
    writeFileSync(join(folder, "slipway.yml"), settings("0.7"));
    const found = settingsThresholds({
      workspace: folder,
      config: "slipway.yml",
      model: "weather",
      environment: null,
    });
    expect(found.current()?.trim()).toBe("accuracy >= 0.7");
    expect(found.ofText(settings("0.9"))?.trim()).toBe("accuracy >= 0.9");
    // The pull request adds the model to those that were there.
    expect(found.ofText("models:\n  churn:\n    target: left\n")).toBeNull();
  });

  it("is null without a settings file", () => {
    const found = settingsThresholds({
      workspace: folder,
      config: "slipway.yml",
      model: "weather",
      environment: null,
    });
    expect(found.current()).toBeNull();
  });
});

describe("readPullRequest", () => {
  const event = (head: string) => ({
    event: {
      pull_request: {
        number: 3,
        base: { sha: "b", repo: { full_name: "acme/models" } },
        head: { sha: "h", repo: { full_name: head } },
      },
    },
  });

  it("tells a fork by its repository", () => {
    expect(readPullRequest(event("acme/models"))).toEqual({
      number: 3,
      baseCommit: "b",
      headCommit: "h",
      fromFork: false,
    });
    expect(readPullRequest(event("mallory/models"))?.fromFork).toBe(true);
  });

  it("is null for other events", () => {
    expect(readPullRequest({ event: {} })).toBeNull();
  });
});

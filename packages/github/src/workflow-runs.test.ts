import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectGithub, type GithubConnection } from "./client.ts";
import { someAccess } from "./testing/some-access.ts";
import { listSuccessfulRuns } from "./workflow-runs.ts";

let server: Server;
let connection: GithubConnection;
let asked: string[];
let answer: { readonly status: number; readonly body: unknown };
beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.url ?? "");
    response
      .writeHead(answer.status, { "content-type": "application/json" })
      .end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  connection = connectGithub(someAccess({ apiUrl }));
});
afterEach(() => server.close());

const run = (id: number, extra: Readonly<Record<string, unknown>> = {}) => ({
  id,
  run_number: id,
  html_url: `https://github.test/runs/${id}`,
  head_sha: "c".repeat(40),
  head_branch: "main",
  created_at: "2026-01-01T00:00:00Z",
  event: "push",
  head_repository: { full_name: "acme/models" },
  ...extra,
});

const list = () => listSuccessfulRuns(connection, { workflow: "gate.yml", branch: "main" });

describe("listSuccessfulRuns", () => {
  it("asks for the workflow's successful runs on the branch", async () => {
    answer = { status: 200, body: { total_count: 1, workflow_runs: [run(3)] } };
    expect(await list()).toEqual([
      {
        id: 3,
        number: 3,
        url: "https://github.test/runs/3",
        commit: "c".repeat(40),
        createdAt: "2026-01-01T00:00:00Z",
      },
    ]);
    expect(asked[0]).toMatch(/^\/repos\/Acme\/models\/actions\/workflows\/gate\.yml\/runs\?/);
    expect(asked[0]).toContain("branch=main");
    expect(asked[0]).toContain("status=success");
  });

  it("takes only runs of the branch's own commits: a fork may call its branch main too", async () => {
    const others = [
      run(9, { event: "pull_request", head_repository: { full_name: "mallory/models" } }),
      run(8, { event: "pull_request_target" }),
      run(7, { event: "workflow_run" }),
      run(6, { event: "issue_comment" }),
      run(5, { head_repository: { full_name: "mallory/models" } }),
      run(4, { head_repository: null }),
      run(99),
      run(10, { head_branch: "Main" }),
    ];
    const own = ["push", "schedule", "workflow_dispatch", "repository_dispatch"].map((event, at) =>
      run(at, { event }),
    );
    answer = { status: 200, body: { total_count: 12, workflow_runs: [...others, ...own] } };
    expect((await list()).map(({ id }) => id)).toEqual([0, 1, 2, 3]);
  });

  it("knows no runs of a workflow that GitHub does not know", async () => {
    answer = { status: 404, body: { message: "Not Found" } };
    expect(await list()).toEqual([]);
  });

  it("says which permission is missing", async () => {
    answer = { status: 403, body: { message: "Resource not accessible by integration" } };
    await expect(list()).rejects.toMatchObject({
      code: "GITHUB_403",
      hint: "The job may lack a permission. Add to the job:\n  permissions:\n    actions: read",
    });
  });
});

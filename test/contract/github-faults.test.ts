import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Fault, LocalGithub } from "../../packages/sandbox/src/contracts.ts";
import { collectEvents, connect, openTestJob, refusal, startInFolder } from "./github/harness.ts";

const one = { owner: "octocat", repo: "weather" };

describe("the local GitHub, where things go wrong", () => {
  let service: LocalGithub;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    ({ service, stop } = await startInFolder());
    await connect(service).repos.createForAuthenticatedUser({ name: "weather", auto_init: true });
  });
  afterEach(() => fetch(`${service.url}/_sandbox/faults`, { method: "DELETE" }));
  afterAll(() => stop());

  async function ask(fault: Fault): Promise<Response> {
    return fetch(`${service.url}/_sandbox/faults`, { method: "POST", body: JSON.stringify(fault) });
  }

  it("answers with the status that was asked for, as often as asked, after so many good ones", async () => {
    const octokit = connect(service);
    await ask({
      method: "GET",
      path: "/repos/octocat/weather$",
      skip: 1,
      times: 2,
      effect: {
        kind: "status",
        status: 429,
        body: { message: "You have exceeded a secondary rate limit." },
        headers: { "retry-after": "1" },
      },
    });
    const answers: number[] = [];
    for (let request = 0; request < 4; request += 1) {
      answers.push(
        await octokit.repos.get(one).then(
          ({ status }) => status,
          ({ status }: { status: number }) => status,
        ),
      );
    }
    expect(answers).toEqual([200, 429, 429, 200]);
    expect(await (await fetch(`${service.url}/_sandbox/faults`)).json()).toEqual([]);
  });

  it("does the work and loses the answer", async () => {
    const octokit = connect(service);
    const { data } = await octokit.git.getRef({ ...one, ref: "heads/main" });
    const claim = { ...one, ref: "refs/tags/lost@v1.0.0", sha: data.object.sha };
    await ask({ method: "POST", path: "/git/refs", effect: { kind: "drop-after" } });
    expect((await refusal(octokit.git.createRef(claim))).status).toBe(500);
    expect(await refusal(octokit.git.createRef(claim))).toMatchObject({
      status: 422,
      message: "Reference already exists",
    });
  });

  it("loses the request before anything is done, or only takes its time", async () => {
    const octokit = connect(service);
    const { data } = await octokit.git.getRef({ ...one, ref: "heads/main" });
    const claim = { ...one, ref: "refs/tags/dropped@v1.0.0", sha: data.object.sha };
    await ask({ method: "POST", path: "/git/refs", effect: { kind: "drop-before" } });
    expect((await refusal(octokit.git.createRef(claim))).status).toBe(500);
    await ask({ path: "/git/refs", effect: { kind: "delay", delayMs: 120 } });
    const startedAt = performance.now();
    await octokit.git.createRef(claim);
    expect(performance.now() - startedAt).toBeGreaterThan(110);
  });

  it.each([
    [{}, "path"],
    [{ path: "(", effect: { kind: "drop-before" } }, "path"],
    [{ path: "x", effect: { kind: "explode" } }, "effect.kind"],
    [{ path: "x", effect: { kind: "status", status: 99 } }, "effect.status"],
    [{ path: "x", times: 0, effect: { kind: "drop-before" } }, "times"],
  ])("refuses the fault %j", async (fault, field) => {
    const response = await fetch(`${service.url}/_sandbox/faults`, {
      method: "POST",
      body: JSON.stringify(fault),
    });
    expect(response.status).toBe(400);
    expect(((await response.json()) as { message: string }).message).toContain(`${field}:`);
  });

  it("says honestly what it does not implement", async () => {
    const headers = { authorization: `Bearer ${service.adminToken}` };
    const response = await fetch(`${service.url}/repos/octocat/weather/milestones`, { headers });
    expect(response.status).toBe(501);
    expect(await response.json()).toMatchObject({
      message: "The local GitHub does not implement GET /repos/octocat/weather/milestones.",
    });
    const graphql = await fetch(`${service.url}/graphql`, { method: "POST", headers, body: "{}" });
    expect(graphql.status).toBe(501);
  });

  it("answers 304 to who has the present answer, and 400 to what is no JSON", async () => {
    const url = `${service.url}/repos/octocat/weather`;
    const first = await fetch(url);
    const headers = { "if-none-match": first.headers.get("etag") ?? "" };
    expect((await fetch(url, { headers })).status).toBe(304);
    const broken = await fetch(`${url}/issues`, {
      method: "POST",
      headers: { authorization: `token ${service.adminToken}` },
      body: "{",
    });
    expect(broken.status).toBe(400);
  });

  it("refuses a caller whose hour is used up", async () => {
    const { service: small, stop: stopSmall } = await startInFolder({
      hourlyRequests: { person: 3 },
    });
    const octokit = connect(small);
    await octokit.repos.createForAuthenticatedUser({ name: "weather" });
    await octokit.repos.get(one);
    expect((await octokit.repos.get(one)).headers["x-ratelimit-remaining"]).toBe("0");
    const refused = await refusal(octokit.repos.get(one));
    expect(refused).toMatchObject({ status: 403, message: "API rate limit exceeded for user." });
    expect((await octokit.rateLimit.get()).data.rate.remaining).toBe(0);
    await stopSmall();
  });

  it("starts no workflow for what a job does, and all for what a person does", async () => {
    const events = collectEvents(service);
    const permissions = { contents: "write", issues: "write" } as const;
    const bot = connect(service, {
      token: openTestJob(service, "octocat/weather", { permissions }).githubToken,
    });
    await bot.issues.create({ ...one, title: "by the bot" });
    await bot.repos.createRelease({ ...one, tag_name: "bot@v1.0.0" });
    const ada = await fetch(`${service.url}/_sandbox/tokens`, {
      method: "POST",
      headers: { authorization: `Bearer ${service.adminToken}` },
      body: JSON.stringify({ login: "ada" }),
    });
    const { token } = (await ada.json()) as { readonly token: string };
    await connect(service, { token }).issues.create({ ...one, title: "by Ada" });
    const told = await events.next("issues");
    expect(told).toMatchObject({
      actor: "ada",
      payload: { action: "opened", issue: { title: "by Ada" } },
    });
    expect(events.all).toHaveLength(1);
    events.stop();
  });

  it("passes on events that only a clock could cause, for who administers it", async () => {
    const events = collectEvents(service);
    const event = {
      name: "schedule",
      repository: "octocat/weather",
      ref: "refs/heads/main",
      sha: "0".repeat(40),
      actor: "octocat",
      payload: { schedule: "0 6 * * *" },
      workflow: ".github/workflows/drift-check.yml",
    };
    const post = (token: string) =>
      fetch(`${service.url}/_sandbox/events`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify(event),
      });
    expect((await post(openTestJob(service, "octocat/weather").githubToken)).status).toBe(401);
    expect((await post(service.adminToken)).status).toBe(202);
    expect(await events.next("schedule")).toEqual(event);
    events.stop();
  });
});

import { describe, expect, it } from "vitest";
import type { IssueDesk, Ports, Retraining } from "./ports.ts";
import {
  formatIssueState,
  readIssueState,
  EMPTY_STATE,
  recordCheck,
  type PastCheck,
} from "./issue-state.ts";
import { checkDrift, type Outcome } from "./run.ts";
import {
  newYork,
  openRoom,
  seattle,
  someInputs,
  weatherVersion,
  type Room,
} from "./testing/drift-room.ts";

// More than 1,000 rows on both sides: the noise then has a closed form, and checks are quick.
const YEARS = ["2012", "2013", "2014", "2015"] as const;

async function driftingRoom(): Promise<Room> {
  const room = await openRoom([await weatherVersion("v1.0.0", await seattle(...YEARS))]);
  await room.write("now.csv", await newYork(...YEARS));
  return room;
}

/** From now on the current data is what the model was trained on. */
async function calmDown(room: Room): Promise<void> {
  await room.write("now.csv", await seattle(...YEARS));
}

const watch = someInputs({ current: "now.csv" });
const retrain = someInputs({
  current: "now.csv",
  "on-drift": "issue, dispatch",
  "retrain-workflow": "retrain.yml",
});

describe("a step that is cancelled", () => {
  it("opens no issue and starts no retraining, and the next check does both", async () => {
    const room = await driftingRoom();
    const cancelling = new AbortController();
    const upload = (): Promise<number> => {
      cancelling.abort(new Error("The step was cancelled."));
      return Promise.resolve(1);
    };
    const artifacts = { ...room.ports.artifacts, upload };
    const ports = { ...room.ports, artifacts, signal: cancelling.signal };
    await expect(checkDrift(retrain, ports)).rejects.toThrow("The step was cancelled.");
    expect(room.desk.issues.size).toBe(0);
    expect(await checkDrift(retrain, room.ports)).toMatchObject({
      issue: { kind: "opened" },
      retraining: { kind: "started" },
    });
  });

  it("reads no further file", async () => {
    const room = await driftingRoom();
    const signal = AbortSignal.abort(new Error("The step was cancelled."));
    await expect(checkDrift(watch, { ...room.ports, signal })).rejects.toThrow("cancelled");
    expect(room.uploads).toEqual([]);
  });
});

describe("the drift issue", () => {
  it("is opened on drift, once when run twice", async () => {
    const room = await driftingRoom();
    const first = await checkDrift(watch, room.ports);
    const again = await checkDrift(watch, room.ports);
    expect(first.issue).toMatchObject({ kind: "opened", number: 1 });
    expect(again.issue).toMatchObject({ kind: "updated", number: 1 });
    expect(room.desk.issues.size).toBe(1);
    expect(readIssueState(room.desk.issues.get(1)?.body ?? "")?.checks).toHaveLength(1);
    expect(room.desk.issues.get(1)?.title).toMatch(/^Drift of weather: \d columns$/);
  });

  it("is updated by each check, with a table of the last 30", async () => {
    const room = await driftingRoom();
    for (let day = 0; day < 32; day++) await checkDrift(watch, await room.next(`${day}-drift`));
    const issue = room.desk.issues.get(1);
    expect(readIssueState(issue?.body ?? "")?.checks).toHaveLength(30);
    expect(issue?.body).toContain("The last 30 checks");
    expect(issue?.body.length).toBeLessThan(65_536);
    expect(issue?.body).not.toContain('"key":"1-drift"');
  }, 30_000);

  it("is closed with a comment when drift is gone, and opened again when it is back", async () => {
    const room = await driftingRoom();
    await checkDrift(watch, room.ports);
    await calmDown(room);
    const gone = await checkDrift(watch, await room.next("2-drift"));
    expect(gone.issue).toMatchObject({ kind: "closed", number: 1 });
    expect(room.desk.issues.get(1)?.open).toBe(false);
    expect(room.desk.comments.get("1 gone 2-drift")).toMatch(/^The drift is gone: 1,461 rows/);
    expect((await checkDrift(watch, await room.next("3-drift"))).issue).toBeNull();
    await room.write("now.csv", await newYork(...YEARS));
    const back = await checkDrift(watch, await room.next("4-drift"));
    expect(back.issue).toMatchObject({ kind: "reopened", number: 1 });
    expect([...room.desk.comments.keys()]).toEqual(["1 gone 2-drift", "1 back 4-drift"]);
    expect(room.desk.issues.size).toBe(1);
  });

  it("is updated, not closed, by a check that cannot tell", async () => {
    const room = await driftingRoom();
    await checkDrift(watch, room.ports);
    await room.write("now.csv", (await seattle("2012")).split("\n").slice(0, 20).join("\n"));
    const { issue } = await checkDrift(watch, await room.next("2-drift"));
    expect(issue).toMatchObject({ kind: "updated" });
    expect(room.desk.issues.get(1)?.open).toBe(true);
  });

  it("is one of two that are opened at the same time: the older stays", async () => {
    const room = await driftingRoom();
    const other = { ...room.ports, checkKey: "2-drift" };
    // Both have looked before either has opened.
    let looks = 0;
    let letGo: () => void = () => {};
    const bothLooked = new Promise<void>((resolve) => (letGo = resolve));
    const list = async () => {
      const found = await room.desk.list();
      if (++looks === 2) letGo();
      if (looks <= 2) await bothLooked;
      return found;
    };
    const issues = { ...room.desk, list };
    const outcomes = await Promise.all([
      checkDrift(watch, { ...room.ports, issues }),
      checkDrift(watch, { ...other, issues }),
    ]);
    const open = [...room.desk.issues.values()].filter((issue) => issue.open);
    expect(open.map(({ number }) => number)).toEqual([1]);
    expect(room.desk.issues.get(2)).toMatchObject({ open: false, of: 1 });
    expect(outcomes.map(({ issue }) => issue?.number)).toEqual([1, 1]);
  });

  it("takes in a second one that an earlier check left open", async () => {
    const room = await driftingRoom();
    await checkDrift(watch, room.ports);
    await room.desk.open({ title: "left over", body: "" });
    await checkDrift(watch, await room.next("2-drift"));
    expect(room.desk.issues.get(2)).toMatchObject({ open: false, of: 1 });
  });

  it("starts its memory anew where somebody broke it", async () => {
    const room = await driftingRoom();
    await checkDrift(watch, room.ports);
    await room.desk.update(1, { body: "<!-- slipway-drift-state {broken -->" });
    await checkDrift(watch, await room.next("2-drift"));
    expect(readIssueState(room.desk.issues.get(1)?.body ?? "")?.checks).toHaveLength(1);
  });
});

describe("the retraining", () => {
  it("is started with the evidence, once in a cool-down", async () => {
    const room = await driftingRoom();
    const first = await checkDrift(retrain, room.ports);
    expect(first.retraining).toEqual({
      kind: "started",
      id: 100,
      url: "https://github.test/runs/100",
    });
    const [run] = room.retraining.started;
    expect(run).toMatchObject({
      workflow: "retrain.yml",
      inputs: { model: "weather", issue: "1" },
    });
    expect(run?.inputs["reason"]).toMatch(
      /^drift since v1\.0\.0: \d of 5 columns: \w+ \(js 0\.\d+\)/,
    );
    const soon = await checkDrift(retrain, await room.next("2-drift", 23));
    expect(soon.retraining).toEqual({
      kind: "held",
      why: "the last retraining began 2026-01-08T06:00:00.000Z; none before 2026-01-09T06:00:00.000Z (cooldown)",
    });
    const later = await checkDrift(retrain, await room.next("3-drift", 1));
    expect(later.retraining).toMatchObject({ kind: "started", id: 101 });
  });

  it("is not started twice by a job that is run again", async () => {
    const room = await driftingRoom();
    await checkDrift(retrain, room.ports);
    expect((await checkDrift(retrain, room.ports)).retraining).toMatchObject({
      kind: "already-started",
      id: 100,
    });
    expect(room.retraining.started).toHaveLength(1);
  });

  it("keeps its cool-down over an issue that was closed in between", async () => {
    const room = await driftingRoom();
    await checkDrift(retrain, room.ports);
    await calmDown(room);
    await checkDrift(retrain, await room.next("2-drift", 1));
    await room.write("now.csv", await newYork(...YEARS));
    const back = await checkDrift(retrain, await room.next("3-drift", 1));
    expect(back).toMatchObject({ issue: { kind: "reopened" }, retraining: { kind: "held" } });
  });

  it("waits for so many drifted checks in a row; a pass begins anew", async () => {
    const room = await driftingRoom();
    const inputs = { ...retrain, consecutive: 2 };
    expect((await checkDrift(inputs, room.ports)).retraining).toEqual({
      kind: "held",
      why: "drift 1 of 2 checks in a row",
    });
    await calmDown(room);
    await checkDrift(inputs, await room.next("2-drift"));
    await room.write("now.csv", await newYork(...YEARS));
    expect((await checkDrift(inputs, await room.next("3-drift"))).retraining).toMatchObject({
      kind: "held",
    });
    expect((await checkDrift(inputs, await room.next("4-drift"))).retraining).toMatchObject({
      kind: "started",
    });
  });

  it("lets a failing step wait as long", async () => {
    const room = await driftingRoom();
    const inputs = someInputs({ current: "now.csv", "on-drift": "issue, fail", consecutive: "2" });
    expect((await checkDrift(inputs, room.ports)).failure).toBeNull();
    expect((await checkDrift(inputs, await room.next("2-drift"))).failure).toMatch(
      /^weather has drifted from weather v1\.0\.0/,
    );
  });

  it("is given further inputs", async () => {
    const room = await driftingRoom();
    await checkDrift({ ...retrain, retrainInputs: { reason: "the wind", depth: 6 } }, room.ports);
    expect(room.retraining.started[0]?.inputs).toEqual({
      model: "weather",
      reason: "the wind",
      issue: "1",
      depth: "6",
    });
  });

  it("is left to another check that has just claimed it", async () => {
    const room = await driftingRoom();
    const stuck: Retraining = {
      ...room.retraining,
      start: () => Promise.reject(new Error("killed")),
    };
    await expect(checkDrift(retrain, { ...room.ports, retraining: stuck })).rejects.toThrow(
      "killed",
    );
    const other = await checkDrift(retrain, await room.next("2-drift", 0));
    expect(other.retraining).toEqual({ kind: "held", why: "another check is starting it" });
    const later = await checkDrift(retrain, await room.next("3-drift", 1));
    expect(later.retraining).toMatchObject({ kind: "started" });
  });

  it("is not asked for while nothing drifts", async () => {
    const room = await driftingRoom();
    await calmDown(room);
    expect((await checkDrift(retrain, room.ports)).retraining).toBeNull();
  });
});

/** Ports that throw at the n-th call to the issues or the workflows, before or after it took effect. */
function dyingAt(ports: Ports, call: number, moment: "before" | "after"): Ports {
  let calls = 0;
  const wrap =
    <A extends readonly unknown[], R>(work: (...given: A) => Promise<R>) =>
    async (...given: A): Promise<R> => {
      const dies = ++calls === call;
      if (dies && moment === "before") throw new Error("killed");
      const result = await work(...given);
      if (dies) throw new Error("killed");
      return result;
    };
  const { issues, retraining } = ports;
  const dyingIssues: IssueDesk = {
    list: wrap(issues.list),
    open: wrap(issues.open),
    update: wrap(issues.update),
    closeDuplicate: wrap(issues.closeDuplicate),
    comment: wrap(issues.comment),
  };
  return {
    ...ports,
    issues: dyingIssues,
    retraining: { start: wrap(retraining.start), startedSince: wrap(retraining.startedSince) },
  };
}

/** Checks with a kill at the call, then runs the same check again; whether it was killed at all. */
async function killAndRerun(
  ports: Ports,
  call: number,
  moment: "before" | "after",
): Promise<{ readonly killed: boolean; readonly outcome: Outcome }> {
  const killed = await checkDrift(retrain, dyingAt(ports, call, moment)).then(
    () => false,
    (error: unknown) => error instanceof Error && error.message === "killed",
  );
  return { killed, outcome: await checkDrift(retrain, ports) };
}

const moments = ["before", "after"] as const;

describe.each(moments)("killed just %s any call and run again", (moment) => {
  it("leaves one issue and one retraining", async () => {
    let call = 0;
    for (let killed = true; killed;) {
      const room = await driftingRoom();
      const result = await killAndRerun(room.ports, ++call, moment);
      killed = result.killed;
      expect(
        [...room.desk.issues.values()].filter(({ open }) => open),
        `call ${call}`,
      ).toHaveLength(1);
      expect(room.retraining.started, `call ${call}`).toHaveLength(1);
      expect(result.outcome.retraining, `call ${call}`).toMatchObject({ id: 100 });
    }
    expect(call).toBeGreaterThan(6);
  }, 30_000);

  it("closes the issue once and says so once", async () => {
    let call = 0;
    for (let killed = true; killed;) {
      const room = await driftingRoom();
      await checkDrift(watch, room.ports);
      await calmDown(room);
      ({ killed } = await killAndRerun(await room.next("2-drift"), ++call, moment));
      expect(room.desk.issues.get(1)?.open, `call ${call}`).toBe(false);
      expect([...room.desk.comments.keys()], `call ${call}`).toEqual(["1 gone 2-drift"]);
    }
    expect(call).toBe(4);
  }, 30_000);
});

describe("the issue's memory", () => {
  const check: PastCheck = {
    key: "1",
    at: "2026-01-01T00:00:00Z",
    version: "v1.0.0",
    rows: 1,
    verdict: "fail",
    drifted: 1,
    judged: 1,
    worst: { name: "--> <script>", score: 1e-7 },
    url: null,
  };

  it("comes back as it was written, whatever a column is called", () => {
    const state = recordCheck(EMPTY_STATE, check);
    const text = formatIssueState(state);
    expect(text.indexOf("-->")).toBe(text.length - 3);
    expect(readIssueState(`before\n${text}\nafter`)).toEqual(state);
  });
});

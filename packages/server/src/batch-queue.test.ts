import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { setTimeout as sleep } from "node:timers/promises";
import type { Predictions } from "#models";
import {
  createBatchQueue,
  type BatchOutcome,
  type BatchQueue,
  type QueueLimits,
} from "./batch-queue.ts";
import type { Instance } from "./check-instances.ts";

const limits: QueueLimits = { queueRows: 100, batchRows: 50, timeoutMs: 60_000 };

/** A model that doubles `x`, refuses 13 and is as slow as it is told. */
function doublingQueue(some: Partial<QueueLimits> = {}, delayMs = 0) {
  const runs: number[] = [];
  const errors: unknown[] = [];
  const queue = createBatchQueue({
    limits: { ...limits, ...some },
    onRun: (rows) => void runs.push(rows),
    onError: (error) => void errors.push(error),
    score: async (rows): Promise<Predictions> => {
      if (delayMs > 0) await sleep(delayMs);
      const xs = rows.map(({ x }) => Number(x));
      if (xs.includes(13)) throw new Error("thirteen");
      return {
        kind: "regression",
        rows: xs.length,
        values: Float64Array.from(xs, (x) => 2 * x),
        notes: [],
      };
    },
  });
  return { queue, runs, errors };
}

function ask(queue: BatchQueue, xs: readonly number[]): Promise<readonly number[] | string> {
  return new Promise((resolve) => {
    const rows: Instance[] = xs.map((x) => ({ x }));
    const isTaken = queue.submit(rows, (outcome) => resolve(read(outcome, xs.length)));
    if (!isTaken) resolve("full");
  });
}

function read(outcome: BatchOutcome, rows: number): readonly number[] | string {
  if (outcome.kind !== "scored") return outcome.kind;
  const { predictions, start } = outcome;
  return predictions.kind === "regression"
    ? Array.from(predictions.values.subarray(start, start + rows))
    : "classes";
}

describe("createBatchQueue", () => {
  it("runs what arrives in one turn of the event loop as one batch", async () => {
    const { queue, runs } = doublingQueue();
    const answers = await Promise.all([ask(queue, [1]), ask(queue, [2, 3]), ask(queue, [4])]);
    expect(answers).toEqual([[2], [4, 6], [8]]);
    expect(runs).toEqual([4]);
  });

  it("gives every request its own rows' answers, whatever arrives when", async () => {
    const requests = fc.array(
      fc.record({
        xs: fc.array(fc.integer({ min: 14, max: 999 }), { minLength: 1, maxLength: 9 }),
        pause: fc.boolean(),
      }),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(requests, fc.integer({ min: 1, max: 20 }), async (all, batchRows) => {
        const { queue, runs } = doublingQueue({ batchRows, queueRows: 1000 });
        const answers = all.map(async ({ xs, pause }) => {
          if (pause) await new Promise((resolve) => setImmediate(resolve));
          return await ask(queue, xs);
        });
        expect(await Promise.all(answers)).toEqual(all.map(({ xs }) => xs.map((x) => 2 * x)));
        const total = all.reduce((sum, { xs }) => sum + xs.length, 0);
        expect(runs.reduce((sum, rows) => sum + rows, 0)).toBe(total);
      }),
      { numRuns: 60 },
    );
  });

  it("never runs more rows at once than a batch may have, but for one larger request", async () => {
    const { queue, runs } = doublingQueue({ batchRows: 3, queueRows: 1000 });
    await Promise.all([[1, 2], [3], [4], [5, 6, 7, 8, 9], [10]].map((xs) => ask(queue, xs)));
    expect(runs).toEqual([3, 1, 5, 1]);
  });

  it("refuses what the queue cannot hold and takes more once it has room", async () => {
    const { queue } = doublingQueue({ queueRows: 4 });
    const first = [ask(queue, [1, 2]), ask(queue, [3, 4]), ask(queue, [5])];
    expect(await Promise.all(first)).toEqual([[2, 4], [6, 8], "full"]);
    expect(await ask(queue, [5])).toEqual([10]);
  });

  it("fails only the request whose rows the model refuses", async () => {
    const { queue, runs } = doublingQueue();
    const answers = await Promise.all([ask(queue, [1]), ask(queue, [13]), ask(queue, [2])]);
    expect(answers).toEqual([[2], "failed", [4]]);
    expect(runs).toEqual([3, 1, 1, 1]);
  });

  it("tells a request that its time is over while the model still runs", async () => {
    const { queue } = doublingQueue({ timeoutMs: 20 }, 200);
    const startedMs = performance.now();
    expect(await ask(queue, [1])).toBe("late");
    expect(performance.now() - startedMs).toBeLessThan(180);
    await queue.idle();
  });

  it("does not run rows whose time is over", async () => {
    const { queue, runs } = doublingQueue({ timeoutMs: 30 }, 150);
    const running = ask(queue, [1]);
    await sleep(5);
    expect(await Promise.all([running, ask(queue, [2])])).toEqual(["late", "late"]);
    await queue.idle();
    expect(runs).toEqual([1]);
  });

  it("is idle only when everything was answered", async () => {
    const { queue } = doublingQueue({}, 20);
    let answered = 0;
    for (const x of [1, 2, 3]) void ask(queue, [x]).then(() => (answered += 1));
    await queue.idle();
    await Promise.resolve();
    expect(answered).toBe(3);
    await queue.idle();
  });

  it("goes on when an answer's receiver throws", async () => {
    const { queue, errors } = doublingQueue();
    queue.submit([{ x: 1 }], () => {
      throw new Error("receiver");
    });
    expect(await ask(queue, [2])).toEqual([4]);
    expect(errors).toMatchObject([{ message: "receiver" }]);
  });
});

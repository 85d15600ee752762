import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { rememberingLog, steppingClock } from "#core/testing";
import { rawInputs } from "#toolkit";
import { parseInputs } from "../../actions/drift-check/src/inputs.ts";
import { lookForDrift } from "../../actions/drift-check/src/run.ts";
import { isClose, numberOf, readGolden } from "./golden-file.ts";

interface EvidentlyCase {
  readonly name: string;
  readonly input: {
    readonly reference: string;
    readonly current: string;
    readonly preset?: object;
  };
  readonly expected: {
    readonly columns: Readonly<
      Record<string, { readonly score: number | string; readonly drifted: boolean }>
    >;
    readonly share: number;
    readonly dataset_drifted: boolean;
  };
}

const unused = (): Promise<never> => Promise.reject(new Error("not used"));
const workspace = join(import.meta.dirname, "../fixtures/data");

async function check(input: EvidentlyCase["input"]) {
  const inputs = parseInputs(
    rawInputs({
      model: "golden",
      method: "evidently",
      "min-rows": "1",
      reference: input.reference,
      current: input.current,
    }),
  );
  const temporaryDirectory = await mkdtemp(join(tmpdir(), "slipway-golden-"));
  onTestFinished(() => rm(temporaryDirectory, { recursive: true }));
  return lookForDrift(inputs, {
    history: { read: unused, manifest: unused, release: unused, download: unused },
    issues: { list: unused, open: unused, update: unused, closeDuplicate: unused, comment: unused },
    retraining: { start: unused, startedSince: unused },
    artifacts: { upload: unused, list: unused, download: unused },
    remote: {},
    workspace,
    temporaryDirectory,
    canUpload: false,
    attempt: 1,
    checkKey: "golden",
    runUrl: null,
    clock: steppingClock(),
    log: rememberingLog(),
    signal: new AbortController().signal,
  });
}

// The action has Evidently's defaults; the runs with another preset are tested on the statistics.
const cases = readGolden<EvidentlyCase>("evidently.json").filter(
  ({ input }) => input.preset === undefined,
);

test("there are runs by Evidently's defaults", () => {
  expect(cases.length).toBeGreaterThanOrEqual(8);
});

describe.each(cases)("method: evidently on $name", ({ input, expected }) => {
  test("judges the same columns with the same scores and the same end", async () => {
    const { columns, judgements, verdict } = await check(input);
    const judged = columns.filter(({ score }) => score !== null);
    expect(judged.map(({ name }) => name).sort()).toEqual(Object.keys(expected.columns).sort());
    const verdicts = Object.entries(expected.columns).map(([name, { drifted }]) => [name, drifted]);
    expect(Object.fromEntries(judged.map(({ name, drifted }) => [name, drifted]))).toEqual(
      Object.fromEntries(verdicts),
    );
    const far = judged.filter(
      ({ name, score }) => !isClose(score ?? Number.NaN, numberOf(expected.columns[name]?.score)),
    );
    expect(far.map(({ name, score }) => [name, score])).toEqual([]);
    expect(judgements[0]?.measure.value).toBeCloseTo(expected.share, 12);
    expect(verdict).toBe(expected.dataset_drifted ? "fail" : "pass");
  });
});

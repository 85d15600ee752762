import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rememberingLog } from "#core/testing";
import { readTable, rowKeys } from "#data";
import { predictByCommand, type Prediction } from "./predict-command.ts";
import { shellCommands } from "./shell-command.ts";

const ROWS = ["id,x,y", ...Array.from({ length: 12 }, (_, row) => `r${row},${row},no`)].join("\n");

let folder: string;
let log: ReturnType<typeof rememberingLog>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "slipway-predict-"));
  log = rememberingLog();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a command line over twelve rows; `copy` of the rows' keys with `no` is a right answer. */
async function predict(
  line: string,
  extra: Partial<Prediction> = {},
  environment: Readonly<Record<string, string>> = {},
) {
  writeFileSync(join(folder, "rows.csv"), ROWS);
  const table = await readTable([join(folder, "rows.csv")]);
  return predictByCommand(
    {
      line,
      directory: folder,
      directoryName: ".",
      modelDirectory: folder,
      modelFile: null,
      whose: "candidate",
      timeoutMs: 30_000,
      table,
      keys: rowKeys(table, { id: ["id"], salt: "m" }),
      target: "y",
      mayKnowMore: true,
      file: {
        prediction: "prediction",
        scores: null,
        id: ["id"],
        salt: "m",
        task: "binary",
        classes: ["no", "yes"],
        positiveClass: "yes",
        others: ["y"],
      },
      ...extra,
    },
    {
      runCommand: shellCommands(
        { PATH: process.env["PATH"] ?? "", ...environment },
        { log, signal: new AbortController().signal },
      ),
      temporaryDirectory: join(folder, "temporary"),
    },
  );
}

/** Answers every row with `no`. */
const copy = `awk -F, 'NR==1 {print "row_key,prediction"} NR>1 {print $1 ",no"}' "$SLIPWAY_ROWS" > "$SLIPWAY_PREDICTIONS"`;
const also = (text: string): string => `${copy}; ${text} >> "$SLIPWAY_PREDICTIONS"`;

describe("predict-command", () => {
  it("leaves no rows on the machine, however it ends", async () => {
    await predict(copy);
    await expect(predict("exit 3")).rejects.toMatchObject({ code: "PREDICT_COMMAND_FAILED" });
    expect(readdirSync(join(folder, "temporary"))).toEqual([]);
  });

  it("gives two commands that run at once rows of their own", async () => {
    const [one, other] = await Promise.all([predict(copy), predict(`sleep 0.2; ${copy}`)]);
    expect(one).toEqual(other);
  });

  it("is given the rows without the target, the model's folder and file, and no secret of the action's", async () => {
    const line = `${copy}; env > seen.txt; cp "$SLIPWAY_ROWS" rows-seen.csv`;
    const file = join(folder, "model.pt");
    const secrets = {
      INPUT_TOKEN: "secret",
      ACTIONS_RUNTIME_TOKEN: "secret",
      STATE_x: "secret",
      HOME: "/home/me",
    };
    await predict(line, { modelFile: file }, secrets);
    const seen = readFileSync(join(folder, "seen.txt"), "utf8");
    expect(seen).toContain(`SLIPWAY_MODEL_FILE=${file}\n`);
    expect(seen).toContain(`SLIPWAY_MODEL_DIR=${folder}\n`);
    expect(seen).toContain("HOME=/home/me");
    expect(seen).not.toContain("secret");
    expect(readFileSync(join(folder, "rows-seen.csv"), "utf8").split("\n")[0]).toBe("row_key,id,x");
  });

  it.each([
    {
      what: "writes nothing",
      line: "true",
      code: "NO_PREDICTIONS_WRITTEN",
      message:
        "predict-command (candidate) ended well, but wrote nothing to SLIPWAY_PREDICTIONS: true",
    },
    {
      what: "writes an empty file",
      line: ': > "$SLIPWAY_PREDICTIONS"',
      code: "NO_PREDICTIONS_WRITTEN",
      message:
        'predict-command (candidate) ended well, but wrote an empty file to SLIPWAY_PREDICTIONS: : > "$SLIPWAY_PREDICTIONS"',
    },
    {
      what: "writes too few rows",
      line: `${copy}; head -n 6 "$SLIPWAY_PREDICTIONS" > part; mv part "$SLIPWAY_PREDICTIONS"`,
      code: "ROWS_NOT_PREDICTED",
      message:
        "the predictions of predict-command (candidate) answer 5 of 12 rows; row 6 is the first without an answer.",
    },
    {
      what: "writes a row that was not asked for",
      line: also("echo 00000000000000ab,no"),
      code: "ROWS_NOT_ASKED_FOR",
      message:
        "the predictions of predict-command (candidate) hold 13 rows, 12 were asked for; row 13 (row_key 00000000000000ab) was not asked for.",
    },
    {
      what: "answers a row again",
      line: also('sed -n 2p "$SLIPWAY_PREDICTIONS"'),
      code: "ROWS_NOT_ASKED_FOR",
      message: expect.stringMatching(
        /hold 13 rows, 12 were asked for; row 13 \(row_key [0-9a-f]{16}\) answers a row again\.$/,
      ) as string,
    },
    {
      what: "writes the wrong keys",
      line: `${copy}; sed -i 's/^[0-9a-f]*,/0123456789abcdef,/; 1s/.*/row_key,prediction/' "$SLIPWAY_PREDICTIONS"`,
      code: "ROWS_NOT_PREDICTED",
      message:
        "the predictions of predict-command (candidate) answer 0 of 12 rows; row 1 is the first without an answer.",
    },
    {
      what: "writes no keys",
      line: `${copy}; sed -i 's/row_key/key/' "$SLIPWAY_PREDICTIONS"`,
      code: "NO_ROW_KEY",
      message:
        "the predictions of predict-command (candidate) has no column by which its rows can be joined: id is expected, it has key, prediction.",
    },
    {
      what: "writes a class that nobody knows",
      line: `${copy}; sed -i '3s/no$/maybe/' "$SLIPWAY_PREDICTIONS"`,
      code: "UNKNOWN_CLASS",
      message:
        'the predictions of predict-command (candidate), row 2: prediction holds "maybe", which the model does not know: its classes are no, yes.',
    },
    {
      what: "writes NaN as a score",
      line: `awk -F, 'NR==1 {print "row_key,score_yes"} NR>1 {print $1 "," (NR==4 ? "NaN" : 0.2)}' "$SLIPWAY_ROWS" > "$SLIPWAY_PREDICTIONS"`,
      code: "BAD_SCORE",
      message:
        "the predictions of predict-command (candidate), row 3: the score of yes is NaN; a finite number is expected.",
    },
    {
      what: "ends with an error",
      line: "echo one >&2; echo two >&2; exit 3",
      code: "PREDICT_COMMAND_FAILED",
      message:
        "predict-command (candidate) ended with 3: echo one >&2; echo two >&2; exit 3\none\ntwo",
    },
    {
      what: "is no program",
      line: "no-such-program-here",
      code: "PREDICT_COMMAND_FAILED",
      message: expect.stringMatching(
        /^predict-command \(candidate\) ended with 127: no-such-program-here\n.*command not found$/,
      ) as string,
    },
  ])("that $what is told so", async ({ line, code, message }) => {
    await expect(predict(line)).rejects.toMatchObject({ code, message });
  });

  it("that hangs is ended with everything that it started", async () => {
    const started = performance.now();
    await expect(
      predict("echo thinking >&2; sleep 600 & sleep 600", { timeoutMs: 700 }),
    ).rejects.toMatchObject({
      code: "PREDICT_COMMAND_TIMED_OUT",
      message:
        "predict-command (candidate) was ended after 0.7 s: echo thinking >&2; sleep 600 & sleep 600\nthinking",
    });
    expect(performance.now() - started).toBeLessThan(15_000);
  });

  it("that leaves a program behind is not waited for", async () => {
    const started = performance.now();
    await predict(`${copy}; sleep 600 &`);
    expect(performance.now() - started).toBeLessThan(15_000);
  });

  it("that floods the log is cut, its error's last lines kept short", async () => {
    const flood = `head -c 3000000 /dev/zero | tr '\\0' x; seq 1 50000; head -c 50000 /dev/zero | tr '\\0' e >&2; exit 1`;
    const fault = (await predict(flood).catch((error: unknown) => error)) as Error;
    expect(fault.message.length).toBeLessThan(3000);
    expect(log.lines.length).toBeLessThanOrEqual(2001);
    expect(log.lines.at(-1)).toContain("more output of");
  });

  it("of a baseline cannot speak to the runner nor set anything for later steps", async () => {
    const line = `${copy}; echo ::error::boo; echo 'x ##[error]boo'; echo A=1 >> "$GITHUB_ENV"; echo B >> "$GITHUB_STEP_SUMMARY"`;
    const own = { GITHUB_ENV: join(folder, "env"), GITHUB_STEP_SUMMARY: join(folder, "summary") };
    await predict(line, { whose: "main (abc)" }, own);
    expect(log.lines.filter((text) => text.includes("boo"))).toEqual([
      expect.stringContaining("main (abc) | ::error::boo"),
      expect.stringContaining("main (abc) | x # #[error]boo"),
    ]);
    expect(() => readFileSync(own.GITHUB_ENV)).toThrow("ENOENT");
    expect(() => readFileSync(own.GITHUB_STEP_SUMMARY)).toThrow("ENOENT");
  });

  it("names the working-directory that is not there, or is a file", async () => {
    await expect(
      predict(copy, { directory: join(folder, "serving"), directoryName: "serving" }),
    ).rejects.toMatchObject({
      code: "NO_WORKING_DIRECTORY",
      message: "working-directory: the repository has no folder serving.",
    });
  });

  it("may know more classes than the rows of a multiclass task hold, and of a binary one not", async () => {
    const line = `${copy}; sed -i '3s/no$/maybe/' "$SLIPWAY_PREDICTIONS"`;
    const file = {
      prediction: "prediction",
      scores: null,
      id: ["id"],
      salt: "m",
      task: "multiclass" as const,
      classes: ["no", "perhaps", "yes"],
      positiveClass: null,
      others: ["y"],
    };
    expect(await predict(line, { file })).toMatchObject({
      classes: ["no", "perhaps", "yes", "maybe"],
    });
    await expect(predict(line, { file, mayKnowMore: false })).rejects.toMatchObject({
      code: "UNKNOWN_CLASS",
    });
  });

  it("is refused for codes where the target holds names, instead of being wrong in every row", async () => {
    const line = `awk -F, 'NR==1 {print "row_key,prediction"} NR>1 {print $1 "," NR%2}' "$SLIPWAY_ROWS" > "$SLIPWAY_PREDICTIONS"`;
    const multiclass = {
      prediction: "prediction",
      scores: null,
      id: ["id"],
      salt: "m",
      task: "multiclass" as const,
      classes: ["fog", "rain", "sun"],
      positiveClass: null,
      others: ["y"],
    };
    await expect(predict(line, { file: multiclass })).rejects.toMatchObject({
      code: "UNKNOWN_CLASS",
      message:
        'the predictions of predict-command (candidate), row 1: prediction holds "0", which the model does not know: its classes are fog, rain, sun.',
      hint: "prediction holds codes where the target holds names: write the target's names (fog, rain, sun) into it, e.g. with the inverse_transform of the LabelEncoder that made the codes.",
    });
  });

  it("is told of scores that are of no class, which would be missed without a word", async () => {
    const line = `awk -F, 'NR==1 {print "row_key,prediction,score_0,score_1"} NR>1 {print $1 ",no,0.7,0.3"}' "$SLIPWAY_ROWS" > "$SLIPWAY_PREDICTIONS"`;
    expect((await predict(line)).notes).toEqual([
      "No scores were read from the predictions of predict-command (candidate): it has score_0, score_1, expected are score_no, score_yes.",
    ]);
  });
});

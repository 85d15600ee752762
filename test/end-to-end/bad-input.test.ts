import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const data = join(root, "test/fixtures/data");

/** A step as a user writes it, the files beside it, and the whole message that the user reads. */
interface Mistake {
  readonly what: string;
  readonly with: Readonly<Record<string, string>>;
  /** Files by name: another file of the test data, or text. */
  readonly files?: Readonly<Record<string, { readonly copy: string } | string>>;
  readonly reads: readonly string[];
}

const weather = { copy: "weather.csv" };
const train = { model: "weather", data: "d.csv", target: "weather" };
const gate = {
  model: "m",
  predictions: "p.csv",
  target: "label",
  baseline: "none",
  thresholds: "accuracy >= 0.5",
};
const deploy = {
  model: "m",
  service: "s",
  region: "europe-west1",
  image: `ghcr.io/a/b@sha256:${"a".repeat(64)}`,
};
const drift = { model: "m", reference: "ref.csv", current: "cur.csv", "on-drift": "none" };
const everyLine = "Correct every line above; all of them were found in one pass. [INVALID_INPUTS]";
const thresholdHelp =
  "A threshold is `metric >= bound`, for example `accuracy >= 0.9` or `f1_macro >= production - 0.01`. [INVALID_INPUT]";
const checkSpelling =
  "Check the spelling and the working directory; was the file checked out, downloaded or pulled (dvc pull, git lfs pull) in an earlier step? [NO_FILE_MATCHES]";

const MISTAKES: Readonly<Record<string, readonly Mistake[]>> = {
  "train-model": [
    {
      what: "no file matches",
      with: { ...train, data: "data/*.csv" },
      reads: ["No file matches data/*.csv in WORKSPACE.", checkSpelling],
    },
    {
      what: "a column that is not there",
      with: { ...train, target: "wether" },
      files: { "d.csv": weather },
      reads: ['target: the data has no column "wether".', "Did you mean weather? [UNKNOWN_COLUMN]"],
    },
    {
      what: "a ragged CSV",
      with: { ...train, target: "b" },
      files: { "d.csv": { copy: "bad/ragged.csv" } },
      reads: [
        "d.csv is not a sound CSV file: line 3 (byte 24) has 2 fields, the header has 3; line 4 (byte 30) has 4 fields, the header has 3.",
        "Give every line 3 fields separated by a comma; a field that holds the separator stands in double quotes. [RAGGED_CSV]",
      ],
    },
    {
      what: "a file in Latin-1",
      with: train,
      files: { "d.csv": { copy: "bad/latin1.csv" } },
      reads: [
        "d.csv is not UTF-8: byte 17 (line 2) is 0xFC, byte 30 (line 3) is 0xE1, byte 45 (line 4) is 0xE9.",
        "It looks like Latin-1 or Windows-1252. Convert it: iconv -f WINDOWS-1252 -t UTF-8 old.csv > new.csv [NOT_UTF8]",
      ],
    },
    {
      what: "a parameter that the trainer does not have",
      with: { ...train, params: "lerning_rate: 0.1" },
      files: { "d.csv": weather },
      reads: [
        "params.lerning_rate is not a param of the built-in trainer.",
        "Did you mean learning_rate? [UNKNOWN_PARAM]",
      ],
    },
  ],
  "evaluate-gate": [
    {
      what: "misspelt metrics",
      with: { ...gate, thresholds: "acuracy >= 0.9\nf1_marco >= 1" },
      reads: [
        'Input thresholds is "acuracy >= 0.9…": Threshold line 1, column 1: there is no metric "acuracy". Did you mean accuracy?',
        `Threshold line 2, column 1: there is no metric "f1_marco". Did you mean f1_macro? ${thresholdHelp}`,
      ],
    },
    {
      what: "a target that is not there",
      with: { ...gate, target: "lable", prediction: "pred_a" },
      files: { "p.csv": { copy: "predictions/breast_cancer.csv" } },
      reads: ['p.csv has no column "lable".', "Did you mean label? [UNKNOWN_COLUMN]"],
    },
    {
      what: "a score that is NaN",
      with: { ...gate, scores: "score" },
      files: { "p.csv": { copy: "bad/nan_scores.csv" } },
      reads: [
        "p.csv, row 8: score score is NaN; a finite number is expected.",
        "A model that yields NaN is broken for that row (missing inputs, overflow): correct it or drop the row. [BAD_SCORE]",
      ],
    },
    {
      what: "too few rows",
      with: gate,
      files: { "p.csv": { copy: "bad/tiny.csv" } },
      reads: [
        "p.csv holds 3 rows; at least 10 are needed to judge a model.",
        "Evaluate on more rows. [TOO_FEW_ROWS]",
      ],
    },
    {
      what: "no run and nothing else to judge",
      with: { model: "m", thresholds: "accuracy >= 0.5" },
      reads: [
        "There is no run.json in WORKSPACE/slipway-run, and no artifact slipway-m-* of this workflow run holds one.",
        "Run train-model before this step or in a job that this one needs:, or name the run-directory: that holds it. Without a run, give predictions:, or model-file: and data:. [RUN_NOT_FOUND]",
      ],
    },
  ],
  "register-version": [
    {
      what: "several wrong inputs at once",
      with: { model: "-m", version: "1.4", bump: "mayor" },
      reads: [
        '- Input model is "-m": expected a model name: letters, digits, -, _ and /, beginning and ending with a letter or digit.',
        '- Input version is "1.4": expected a semantic version such as v1.4.0, or latest, previous or a stage.',
        '- Input bump is "mayor": expected one of major, minor, patch. Did you mean major?',
        everyLine,
      ],
    },
    {
      what: "no run",
      with: { model: "weather" },
      reads: [
        "There is no run.json in WORKSPACE/slipway-run, and no artifact slipway-weather-* of this workflow run holds one.",
        "Run train-model before this step or in a job that this one needs:, or name the run-directory: that holds it. [RUN_NOT_FOUND]",
      ],
    },
    {
      what: "a run record that is cut off",
      with: { model: "weather" },
      files: { "slipway-run/run.json": '{"schema":"slipway/run@1"' },
      reads: [
        "WORKSPACE/slipway-run/run.json is not JSON: Expected ',' or '}' after property value in JSON at position 25 (line 1 column 26).",
        "The file may be cut off or was edited by hand; write it again with the action that makes it. [INVALID_JSON]",
      ],
    },
    {
      what: "misspelt settings",
      with: {},
      files: {
        "slipway.yml": "models:\n  weather:\n    tarjet: x\n    register-version: { bmp: major }\n",
      },
      reads: [
        'slipway.yml line 3: unknown key "tarjet" in weather. Did you mean target?',
        'slipway.yml line 4: register-version has no input "bmp". Did you mean bump?',
        "Correct slipway.yml; every fault in it is listed. [INVALID_SETTINGS]",
      ],
    },
    {
      what: "a setting of the wrong type",
      with: {},
      files: { "slipway.yml": "models:\n  weather:\n    register-version: { release: perhaps }\n" },
      reads: [
        'Input release (slipway.yml line 3) is "perhaps": expected true or false. [INVALID_INPUT]',
      ],
    },
  ],
  "push-artifact": [
    {
      what: "several wrong inputs at once",
      with: { destination: "s3://b", "path-template": "{model}" },
      reads: [
        "- Input model is required: Name of the model. Give it in with:, or in slipway.yml.",
        '- Input destination is "s3://b": expected gs://bucket/prefix or file:///folder. s3:// is not supported yet.',
        '- Input path-template is "{model}": expected {version} in it: versions would take each other\'s names.',
        everyLine,
      ],
    },
    {
      what: "half a version",
      with: { model: "m", version: "v1" },
      reads: [
        'Input version is "v1": expected latest, previous, a stage or a version such as v1.2.3. [INVALID_INPUT]',
      ],
    },
    {
      what: "a word for a number",
      with: { model: "m", concurrency: "many" },
      reads: ['Input concurrency is "many": expected a whole number from 1 to 64. [INVALID_INPUT]'],
    },
    {
      what: "a settings file that is not there",
      with: { model: "m", config: "slip.yml" },
      reads: [
        "config: slip.yml cannot be read.",
        "Check the path, relative to the repository's root, and that actions/checkout ran before. [CONFIG_NOT_FOUND]",
      ],
    },
    {
      what: "two models and none named",
      with: {},
      files: { "slipway.yml": "models: { a: {}, b: {} }\n" },
      reads: [
        "slipway.yml has 2 models (a, b) and the step names none.",
        "Give the step model: <name>. [MODEL_NOT_NAMED]",
      ],
    },
  ],
  "deploy-cloud-run": [
    {
      what: "an image by tag",
      with: { ...deploy, image: "ghcr.io/a/b:latest" },
      reads: [
        "Input image is \"ghcr.io/a/b:latest\": expected an image by digest, name@sha256:<64 hexadecimal digits>. A tag can be moved while a rollout runs. Read its digest with `gcloud artifacts docker images describe IMAGE --format='value(image_summary.digest)'`. [INVALID_INPUT]",
      ],
    },
    {
      what: "steps that fall",
      with: { ...deploy, steps: "5,50,40" },
      reads: [
        'Input steps is "5,50,40": expected rising whole percentages that end with 100, such as 5,25,50,100. [INVALID_INPUT]',
      ],
    },
    {
      what: "a misspelt metric",
      with: { ...deploy, thresholds: "error_rat <= stable + 1%" },
      reads: [
        `Input thresholds is "error_rat <= stable + 1%": Threshold line 1, column 1: there is no metric "error_rat". Did you mean error_rate? ${thresholdHelp}`,
      ],
    },
    {
      what: "no service",
      with: { model: "m" },
      reads: [
        "- Input service is required: Name of the Cloud Run service. Give it in with:, or in slipway.yml.",
        "- Input region is required: Region of the service, e.g. `europe-west1`. Give it in with:, or in slipway.yml.",
        everyLine,
      ],
    },
    {
      what: "a strategy that does not exist",
      with: { ...deploy, strategy: "blue-gren", "bake-time": "a while" },
      reads: [
        '- Input strategy is "blue-gren": expected one of canary, blue-green, all-at-once. Did you mean blue-green?',
        '- Input bake-time is "a while": expected a duration such as 90s, 10m or 1h30m.',
        everyLine,
      ],
    },
  ],
  "smoke-test": [
    {
      what: "no URL and a bad tolerance",
      with: { tolerance: "x" },
      reads: [
        "- Input url is required: Base URL of the deployed model: a tag URL or a service URL. Give it in with:, or in slipway.yml.",
        '- Input tolerance is "x": expected an absolute and a relative tolerance of at least 0, such as `1e-5, 1e-4`.',
        everyLine,
      ],
    },
    {
      what: "several wrong inputs at once",
      with: { url: "x", requests: "-1", timeout: "1 hour" },
      reads: [
        '- Input url is "x": expected a URL that begins with https:// or http://.',
        '- Input requests is "-1": expected a whole number from 0 to 100000.',
        '- Input timeout is "1 hour": expected a duration such as 90s, 10m or 1h30m.',
        everyLine,
      ],
    },
    {
      what: "cases that are not there",
      with: { url: "http://127.0.0.1:1", cases: "none.jsonl" },
      reads: [
        "cases: none.jsonl cannot be read.",
        "Give a file of the repository, or cases: none. [CASES_NOT_FOUND]",
      ],
    },
    {
      what: "a line that is no case",
      with: { url: "http://127.0.0.1:1", cases: "c.jsonl" },
      files: { "c.jsonl": '{"request":{}}\n' },
      reads: [
        "c.jsonl line 1 is not what it should be.",
        "- request.instances: expected array, received undefined",
        "- response: expected object, received undefined",
        "- rows: expected number, received undefined",
        "The paths above are wrong; unknown extra fields are fine. Was it written by another version of Slipway? [INVALID_DOCUMENT]",
      ],
    },
    {
      what: "a threshold against a reference that a smoke test has not",
      with: { url: "http://127.0.0.1:1", thresholds: "p95_ms <= production" },
      reads: [
        `Input thresholds is "p95_ms <= production": Threshold line 1, column 11: "production" is no reference. Known are v1.2.3. ${thresholdHelp}`,
      ],
    },
  ],
  "drift-check": [
    {
      what: "no file matches",
      with: drift,
      files: { "ref.csv": weather },
      reads: ["No file matches cur.csv in WORKSPACE.", checkSpelling],
    },
    {
      what: "no rows",
      with: drift,
      files: { "ref.csv": weather, "cur.csv": { copy: "bad/header_only.csv" } },
      reads: [
        "The current data has no row: cur.csv.",
        "Was the model asked anything in this time? Look at current:, window: and the model's name in the log. [NO_ROWS]",
      ],
    },
    {
      what: "no column in common",
      with: drift,
      files: { "ref.csv": weather, "cur.csv": { copy: "penguins.csv" } },
      reads: [
        "The current data shares no column with the reference: it has species, island, beak_length_mm, beak_depth_mm, flipper_length_mm, body_mass_g, sex; the reference has location, date, precipitation, temp_max, temp_min, wind, weather.",
        "Is it the right model's data? Names are compared letter by letter. [NO_SHARED_COLUMN]",
      ],
    },
    {
      what: "a profile of a later release",
      with: { ...drift, reference: "profile.json" },
      files: { "cur.csv": weather, "profile.json": '{"schema":"slipway/profile@2"}' },
      reads: [
        "profile.json is slipway/profile@2; this release of Slipway reads slipway/profile@1.",
        "Use a newer release of drift-check, or make the profile again with this one. [FUTURE_PROFILE]",
      ],
    },
    {
      what: "a file that is cut off",
      with: { ...drift, current: "cur.parquet" },
      files: { "ref.csv": weather, "cur.parquet": { copy: "bad/truncated.parquet" } },
      reads: [
        'cur.parquet starts as a Parquet file but its 86,824 bytes do not end with the footer\'s "PAR1": it is cut off.',
        "Download or write it again and compare its size and digest. [TRUNCATED_PARQUET]",
      ],
    },
  ],
};

let workspace: string;
beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), "slipway-mistake-"));
});
afterEach(() => rm(workspace, { recursive: true }));

/** Runs a built action as the runner would; its exit code and the errors that a user reads. */
async function runBundle(action: string, inputs: Readonly<Record<string, string>>) {
  const environment: Record<string, string> = {
    PATH: process.env["PATH"] ?? "",
    HOME: workspace,
    GITHUB_WORKSPACE: workspace,
    GITHUB_REPOSITORY: "acme/models",
    RUNNER_TEMP: workspace,
    INPUT_TOKEN: "a token",
  };
  for (const [name, value] of Object.entries(inputs))
    environment[`INPUT_${name.toUpperCase()}`] = value;
  return new Promise<{ readonly code: number; readonly errors: readonly string[] }>((done) => {
    const options = { cwd: workspace, env: environment, timeout: 30_000 };
    const child = execFile(
      process.execPath,
      [join(root, `dist/${action}.mjs`)],
      options,
      (_error, stdout) => {
        const errors = stdout.split("\n").filter((line) => line.startsWith("::error::"));
        done({ code: child.exitCode ?? -1, errors: errors.map(unescapeCommand) });
      },
    );
  });
}

function unescapeCommand(line: string): string {
  return line
    .slice("::error::".length)
    .replaceAll("%0A", "\n")
    .replaceAll("%25", "%")
    .replaceAll(workspace, "WORKSPACE");
}

describe.each(Object.entries(MISTAKES))("%s tells a user", (action, mistakes) => {
  it.each(mistakes.map((mistake) => [mistake.what, mistake] as const))(
    "about %s",
    async (_, mistake) => {
      for (const [name, content] of Object.entries(mistake.files ?? {})) {
        await mkdir(dirname(join(workspace, name)), { recursive: true });
        if (typeof content === "string") await writeFile(join(workspace, name), content);
        else await copyFile(join(data, content.copy), join(workspace, name));
      }
      const { code, errors } = await runBundle(action, mistake.with);
      expect(errors).toEqual([mistake.reads.join("\n")]);
      expect(code).toBe(1);
    },
  );
});

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { InputError } from "#core";
import { modelName } from "./inputs/name-fields.ts";
import { number } from "./inputs/number-fields.ts";
import { inputs, parserOf } from "./inputs/parse-inputs.ts";
import { text } from "./inputs/text-fields.ts";
import { describeError, runAction, type RenderedOutcome } from "./run-action.ts";

const parseInputs = parserOf(
  inputs({
    model: modelName("Model.", { required: true }),
    seed: number("Seed.", { default: "42" }),
    target: text("Target."),
    token: text("Token.", { secret: true }),
    config: text("Config."),
  }),
);

let folder: string;
let written: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-action-"));
  await writeFile(join(folder, "output"), "");
  await writeFile(join(folder, "summary"), "");
  written = [];
  vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    written.push(String(chunk));
    return true;
  });
  vi.stubEnv("GITHUB_OUTPUT", join(folder, "output"));
  vi.stubEnv("GITHUB_STEP_SUMMARY", join(folder, "summary"));
  vi.stubEnv("GITHUB_WORKSPACE", folder);
  vi.stubEnv("INPUT_MODEL", "");
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.exitCode = undefined;
  await rm(folder, { recursive: true });
});

const act = (render: (seen: unknown) => RenderedOutcome, run?: () => Promise<never>) =>
  runAction({
    name: "train-model",
    parseInputs,
    ports: () => ({}),
    run: run ?? ((seen) => Promise.resolve(seen)),
    renderOutcome: render,
  });

describe("runAction", () => {
  it("hands the inputs to the story and publishes its outcome", async () => {
    vi.stubEnv("INPUT_MODEL", "weather");
    await act((seen) => ({ outputs: { seen: JSON.stringify(seen) }, summary: "# Done" }));
    const output = await readFile(join(folder, "output"), "utf8");
    expect(output).toContain(
      '{"model":"weather","seed":42,"target":null,"token":null,"config":null}',
    );
    expect(await readFile(join(folder, "summary"), "utf8")).toBe("# Done\n");
    expect(process.exitCode).toBeUndefined();
  });

  it("takes from slipway.yml what the step does not give, the model included", async () => {
    await writeFile(
      join(folder, "slipway.yml"),
      "models:\n  weather:\n    target: kind\n    train-model: { seed: 7 }\n",
    );
    await act((seen) => ({ outputs: { seen: JSON.stringify(seen) } }));
    expect(await readFile(join(folder, "output"), "utf8")).toContain(
      '"model":"weather","seed":7,"target":"kind"',
    );
  });

  it("lets the step's own input win, and names the line of a wrong one", async () => {
    await writeFile(
      join(folder, "slipway.yml"),
      "models:\n  weather:\n    train-model: { seed: many }\n",
    );
    vi.stubEnv("INPUT_SEED", "3");
    await act((seen) => ({ outputs: { seen: JSON.stringify(seen) } }));
    expect(await readFile(join(folder, "output"), "utf8")).toContain('"seed":3');
    vi.stubEnv("INPUT_SEED", "");
    await act(() => ({ outputs: {} }));
    expect(written.join("")).toContain(
      '::error::Input seed (slipway.yml line 3) is "many": expected a number.',
    );
    expect(process.exitCode).toBe(1);
  });

  it("fails the step for a failed verdict without an exception", async () => {
    vi.stubEnv("INPUT_MODEL", "weather");
    await act(() => ({
      outputs: { verdict: "fail" },
      failure: "accuracy is too low",
      annotations: [{ level: "warning", message: "look" }],
    }));
    expect(written.join("")).toContain("::error::accuracy is too low");
    expect(written.join("")).toContain("::warning::look");
    expect(process.exitCode).toBe(1);
  });

  it("shows annotations and failures without what a name in the data could do to a log", async () => {
    vi.stubEnv("INPUT_MODEL", "weather");
    await act(() => ({
      outputs: {},
      failure: "column \u001B[31mred\u202E failed",
      annotations: [{ level: "notice", message: `file ${"y".repeat(10_000)}` }],
    }));
    expect(written).toContain("::error::column red failed\n");
    expect(written).toContain(`::notice::file ${"y".repeat(299)}…\n`);
  });

  it("masks secrets where they are read", async () => {
    vi.stubEnv("INPUT_MODEL", "weather");
    vi.stubEnv("INPUT_TOKEN", "ghs_secret");
    await act(() => ({ outputs: {} }));
    expect(written[0]).toBe("::add-mask::ghs_secret\n");
  });

  it("says what went wrong and what to do, once", async () => {
    vi.stubEnv("INPUT_MODEL", "weather");
    await act(
      () => ({ outputs: {} }),
      () =>
        Promise.reject(new InputError({ code: "A", message: "It is wrong.", hint: "Mend it." })),
    );
    expect(written.filter((line) => line.startsWith("::error::"))).toEqual([
      "::error::It is wrong.%0AMend it. [A]\n",
    ]);
  });

  it("says only that a step was cancelled, and what a story says was left undone", async () => {
    vi.stubEnv("INPUT_MODEL", "weather");
    const cancelled = async (error: Error): Promise<readonly string[]> => {
      written = [];
      await act(
        () => ({ outputs: {} }),
        () => {
          process.emit("SIGTERM");
          return Promise.reject(error);
        },
      );
      return written.filter((line) => line.startsWith("::error::"));
    };
    expect(await cancelled(new Error("The step was cancelled."))).toEqual([
      "::error::Cancelled.\n",
    ]);
    expect(await cancelled(new TypeError("x is not a function"))).toEqual([
      "::error::Cancelled.\n",
    ]);
    expect(await cancelled(new InputError({ code: "A", message: "No tag was written." }))).toEqual([
      "::error::Cancelled. No tag was written. [A]\n",
    ]);
  });

  it("names a config file that is not there", async () => {
    vi.stubEnv("INPUT_CONFIG", "missing.yml");
    await act(() => ({ outputs: {} }));
    expect(written.join("")).toContain("::error::config: missing.yml cannot be read.");
  });
});

describe("describeError", () => {
  it("shows names from data without colours, turned directions or ten thousand letters", () => {
    const name = `\u001B[31mred\u001B[0m\u202E\u0007${"y".repeat(10_000)}`;
    const fault = new InputError({
      code: "A",
      message: `No column ${name}\nnor a class.`,
      hint: `Known are ${name}.`,
    });
    const shown = `red${"y".repeat(296)}…`;
    expect(describeError(fault)).toBe(`No column ${shown}\nnor a class.\nKnown are ${shown} [A]`);
    const many = new InputError({ code: "B", message: "a b ".repeat(5000) });
    expect(describeError(many)).toMatch(/^(?:a b ){999}a b… \[B\]$/);
  });

  it("asks for a report of what is Slipway's own fault", () => {
    expect(describeError(new TypeError("x is not a function"))).toContain(
      "This is a fault in Slipway",
    );
    expect(describeError("odd")).toContain("odd");
  });
});

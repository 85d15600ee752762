import { globSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Script } from "node:vm";
import { buildSync } from "esbuild";
import { isSampled } from "./sample.ts";
import { createTestRegistry, type RegisteredTest } from "./test-registry.ts";

/** What Stryker's instrumented code reads and writes. */
interface Instrumentation {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: unknown;
}

interface MutantRun {
  readonly testFilter?: readonly string[];
  readonly hitLimit?: number;
  readonly activeMutant: { readonly id: string };
  readonly mutantActivation: "runtime" | "static";
}

const instrumentation: Instrumentation = {};
Object.assign(globalThis, { __stryker__: instrumentation });

const requireModule = createRequire(import.meta.url);
const texts = new Map<string, string>();

/** `node:fs` whose text files are read once in a process. */
const fileSystem = {
  ...requireModule("node:fs"),
  readFileSync: (path: URL | string, encoding?: BufferEncoding) => {
    if (encoding === undefined) return readFileSync(path);
    const text = texts.get(String(path)) ?? readFileSync(path, encoding);
    texts.set(String(path), text);
    return text;
  },
};

/**
 * A Stryker test runner that bundles the test files once and evaluates the bundle anew for each
 * mutant in the same process: nothing that a mutant leaves behind reaches the next one.
 */
class InProcessRunner {
  #script: Script | null = null;
  #expect: ExpectOfVitest | null = null;
  readonly #durations = new Map<string, number>();
  #longestLoadMs = FIRST_MS;

  capabilities(): { readonly reloadEnvironment: boolean } {
    return { reloadEnvironment: true };
  }

  async init(): Promise<void> {
    const patterns = (process.env["SLIPWAY_MUTATION_TESTS"] ?? "").split(",").filter(Boolean);
    const files = patterns
      .flatMap((pattern) => globSync(pattern))
      .filter(isForMutants)
      .toSorted();
    if (files.length === 0) throw new Error(`no test file is called ${patterns.join(" or ")}`);
    this.#script = new Script(bundle(files), { filename: "tests.cjs" });
    ({ expect: this.#expect } = (await import("vitest")) as unknown as { expect: ExpectOfVitest });
  }

  async dryRun(): Promise<unknown> {
    Object.assign(instrumentation, { activeMutant: undefined, hitLimit: undefined });
    const tests = [];
    for (const test of this.#load()) {
      instrumentation.currentTestId = test.id;
      const begin = performance.now();
      const fault = await this.#run(test);
      const timeSpentMs = performance.now() - begin;
      instrumentation.currentTestId = undefined;
      if (isHung(fault)) continue;
      this.#durations.set(test.id, timeSpentMs);
      const shared = { id: test.id, name: test.id, timeSpentMs };
      tests.push(
        fault === null
          ? { ...shared, status: 0 }
          : { ...shared, status: 1, failureMessage: (fault as Error).message },
      );
    }
    // Only one of the processes runs the tests without a mutant; all run in the same folder.
    writeFileSync(durationsFile, JSON.stringify([...this.#durations]));
    return { status: "complete", tests, mutantCoverage: instrumentation.mutantCoverage };
  }

  async mutantRun(run: MutantRun): Promise<unknown> {
    const { activeMutant, hitLimit, mutantActivation } = run;
    if (!isSampled(activeMutant.id)) return { status: "error", errorMessage: "not in the sample" };
    if (this.#durations.size === 0) this.#readDurations();
    const isStatic = mutantActivation === "static";
    Object.assign(instrumentation, {
      hitCount: 0,
      hitLimit,
      activeMutant: isStatic ? activeMutant.id : undefined,
    });
    const wanted = run.testFilter === undefined ? null : new Set(run.testFilter);
    let tests: readonly RegisteredTest[];
    try {
      tests = this.#load();
    } catch (error) {
      const first = [...(wanted ?? this.#durations.keys())].slice(0, 1);
      return ending({ fault: error, killedBy: first, nrOfTests: 0 });
    }
    instrumentation.activeMutant = activeMutant.id;
    const cost = ({ id }: RegisteredTest): number => this.#durations.get(id) ?? Infinity;
    const chosen = tests.filter(
      (test) => (wanted === null || wanted.has(test.id)) && cost(test) <= LONGEST_TEST_MS,
    );
    let nrOfTests = 0;
    let spentMs = 0;
    for (const test of chosen.toSorted((left, right) => cost(left) - cost(right))) {
      spentMs += cost(test);
      if (spentMs > MUTANT_MS) break;
      nrOfTests++;
      const fault = await this.#run(test);
      if (fault !== null) return ending({ fault, killedBy: [test.id], nrOfTests });
    }
    return { status: "survived", nrOfTests };
  }

  #readDurations(): void {
    const kept = JSON.parse(readFileSync(durationsFile, "utf8")) as [string, number][];
    for (const [id, timeSpentMs] of kept) this.#durations.set(id, timeSpentMs);
  }

  #load(): readonly RegisteredTest[] {
    const { tests, api } = createTestRegistry();
    const vitest = { ...api, expect: this.#expect };
    const evaluate = this.#script?.runInThisContext() as Evaluate;
    const give = (name: string): unknown => {
      if (name === "vitest") return vitest;
      return name === "node:fs" ? fileSystem : requireModule(name);
    };
    const begin = performance.now();
    runWithin(this.#longestLoadMs, () => evaluate(give));
    if (this.#longestLoadMs === FIRST_MS)
      this.#longestLoadMs = TEST_MS + 5 * (performance.now() - begin);
    return tests;
  }

  /** What a test threw; `null` where it passed. */
  async #run({ id, run }: RegisteredTest): Promise<unknown> {
    const expect = this.#expect;
    expect?.setState({ assertionCalls: 0, isExpectingAssertions: false });
    const known = this.#durations.get(id);
    try {
      await runWithin(known === undefined ? 2 * LONGEST_TEST_MS : TEST_MS + 5 * known, run);
    } catch (error) {
      return error ?? new Error("nothing");
    }
    const { assertionCalls, isExpectingAssertions } = expect?.getState() ?? {};
    return isExpectingAssertions === true && assertionCalls === 0
      ? new Error("nothing was expected")
      : null;
  }
}

/** Milliseconds, beside five times its usual ones, after which a test or the evaluation of all test files counts as hung. */
const TEST_MS = 2000;

/** The same for the first evaluation of all test files. */
const FIRST_MS = 120_000;

/**
 * Tests that take longer without a mutant, slowed by the counting of what they reach, kill none: the
 * score can only be higher with them.
 */
const LONGEST_TEST_MS = 3000;

/** What the tests of one mutant may take together, by the same measure, the shortest first. */
const MUTANT_MS = 9000;

/** In Stryker's copy of the project. */
const durationsFile = ".test-durations.json";

/**
 * Runs a function and ends it when it takes too long, endless loops too: the process lives on.
 *
 * @throws what the function throws, and an error of code ERR_SCRIPT_EXECUTION_TIMEOUT
 */
function runWithin(timeoutMs: number, run: () => unknown): unknown {
  Object.assign(globalThis, { __slipwayRun__: run });
  return callRun.runInThisContext({ timeout: Math.ceil(timeoutMs) });
}

const callRun = new Script("__slipwayRun__()");

type Evaluate = (require: (name: string) => unknown) => void;

interface ExpectOfVitest {
  setState(state: Readonly<Record<string, unknown>>): void;
  getState(): { readonly assertionCalls?: number; readonly isExpectingAssertions?: boolean };
}

/** Simulations prove what they prove by their length; here they would only be slow. */
function isForMutants(file: string): boolean {
  return !file.includes("simulated");
}

interface Ending {
  readonly fault: unknown;
  readonly killedBy: readonly string[];
  readonly nrOfTests: number;
}

function ending({ fault, killedBy, nrOfTests }: Ending): unknown {
  const { hitCount = 0, hitLimit = Infinity } = instrumentation;
  const { message = String(fault) } = fault as { message?: string };
  return isHung(fault) || hitCount > hitLimit
    ? { status: "timeout", reason: message }
    : { status: "killed", killedBy, failureMessage: message, nrOfTests };
}

function isHung(fault: unknown): boolean {
  return (fault as { code?: unknown } | null)?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
}

/** The test files with everything of the project that they import, as one function of `require`. */
function bundle(files: readonly string[]): string {
  const folder = resolve("test/golden");
  const { outputFiles } = buildSync({
    stdin: {
      contents: files.map((file) => `import ${JSON.stringify(`./${file}`)};`).join("\n"),
      resolveDir: process.cwd(),
      loader: "ts",
    },
    bundle: true,
    write: false,
    format: "cjs",
    platform: "node",
    target: "node24",
    // Both stand in place of what only a file of its own would know.
    define: { "import.meta.url": JSON.stringify(pathToFileURL(join(folder, "bundle.ts")).href) },
    packages: "external",
    // package.json says that nothing has side effects: registering tests is one.
    ignoreAnnotations: true,
    logLevel: "error",
  });
  const code = outputFiles[0]?.text ?? "";
  return `(function (require) { const module = { exports: {} }; const exports = module.exports; ${code}\n})`;
}

/** What Stryker loads. */
export const strykerPlugins = [
  { kind: "TestRunner", name: "in-process", injectableClass: InProcessRunner },
];

import { globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Script } from "node:vm";
import { buildSync } from "esbuild";
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
      this.#durations.set(test.id, timeSpentMs);
      const shared = { id: test.id, name: test.id, timeSpentMs };
      tests.push(
        fault === null ? { ...shared, status: 0 } : { ...shared, status: 1, failureMessage: fault },
      );
    }
    return { status: "complete", tests, mutantCoverage: instrumentation.mutantCoverage };
  }

  async mutantRun(run: MutantRun): Promise<unknown> {
    const { activeMutant, hitLimit, mutantActivation } = run;
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
      return ending([...(wanted ?? this.#durations.keys())].slice(0, 1), String(error), 0);
    }
    instrumentation.activeMutant = activeMutant.id;
    const chosen = tests.filter(({ id }) => wanted === null || wanted.has(id));
    const cost = ({ id }: RegisteredTest): number => this.#durations.get(id) ?? 0;
    let nrOfTests = 0;
    for (const test of chosen.toSorted((left, right) => cost(left) - cost(right))) {
      nrOfTests++;
      const fault = await this.#run(test);
      if (fault !== null) return ending([test.id], fault, nrOfTests);
    }
    return { status: "survived", nrOfTests };
  }

  #load(): readonly RegisteredTest[] {
    const { tests, api } = createTestRegistry();
    const vitest = { ...api, expect: this.#expect };
    const evaluate = this.#script?.runInThisContext() as Evaluate;
    evaluate((name) => {
      if (name === "vitest") return vitest;
      return name === "node:fs" ? fileSystem : requireModule(name);
    });
    return tests;
  }

  /** Why a test failed; `null` where it passed. */
  async #run({ run }: RegisteredTest): Promise<string | null> {
    const expect = this.#expect;
    expect?.setState({ assertionCalls: 0, isExpectingAssertions: false });
    try {
      await run();
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    const { assertionCalls, isExpectingAssertions } = expect?.getState() ?? {};
    return isExpectingAssertions === true && assertionCalls === 0 ? "nothing was expected" : null;
  }
}

type Evaluate = (require: (name: string) => unknown) => void;

interface ExpectOfVitest {
  setState(state: Readonly<Record<string, unknown>>): void;
  getState(): { readonly assertionCalls?: number; readonly isExpectingAssertions?: boolean };
}

/** Simulations prove what they prove by their length; here they would only be slow. */
function isForMutants(file: string): boolean {
  return !file.includes("simulated");
}

function ending(killedBy: readonly string[], failureMessage: string, nrOfTests: number): unknown {
  const { hitCount = 0, hitLimit = Infinity } = instrumentation;
  return hitCount > hitLimit
    ? { status: "timeout", reason: `the mutant was reached ${hitCount} times` }
    : { status: "killed", killedBy, failureMessage, nrOfTests };
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

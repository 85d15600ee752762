/** A test as `test(name, run)` registered it. */
export interface RegisteredTest {
  readonly id: string;
  readonly run: () => unknown;
}

type Body = (...values: never[]) => unknown;
type Each = (cases: readonly unknown[]) => (name: string, body: Body) => void;

/** The part of vitest that registers tests. */
export interface TestRegistry {
  readonly tests: RegisteredTest[];
  /** What test files import as `vitest`, without `expect`. */
  readonly api: Readonly<Record<string, unknown>>;
}

/**
 * Registers tests without running them: in one process, again for each mutant, at a thousandth of
 * what a start of vitest costs.
 */
export function createTestRegistry(): TestRegistry {
  const tests: RegisteredTest[] = [];
  const path: string[] = [];
  const counts = new Map<string, number>();
  const register = (name: string, run: () => unknown): void => {
    const full = [...path, name].join(" > ");
    const count = (counts.get(full) ?? 0) + 1;
    counts.set(full, count);
    tests.push({ id: count === 1 ? full : `${full} (${count})`, run });
  };
  const group = (name: string, body: () => unknown): void => {
    path.push(name);
    body();
    path.pop();
  };
  const eachOf =
    (add: (name: string, run: () => unknown) => void): Each =>
    (cases) =>
    (name, body) =>
      cases.forEach((one, at) => {
        const values = Array.isArray(one) ? one : [one];
        add(`${name} [${at}]`, () => body(...(values as never[])));
      });
  const test = Object.assign(register, { each: eachOf(register) });
  const describe = Object.assign(group, { each: eachOf(group) });
  return { tests, api: { test, it: test, describe } };
}

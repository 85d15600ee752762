import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError, type Table } from "#core";
import {
  checkExpectations,
  formatExpectations,
  inferExpectations,
  parseExpectations,
  type Expectation,
  type ExpectationResult,
} from "#data";

/** What the data checks found. */
export interface DataChecks {
  readonly results: readonly ExpectationResult[];
  /** Whether one of severity `error` failed. */
  readonly failed: boolean;
  /** The checks as a file to commit, where they were inferred. */
  readonly inferred: string | null;
}

/** What checking data needs of the world. */
export interface CheckOptions {
  readonly workspace: string;
  readonly now: Date;
  /** Asked only when a check compares with the last version. */
  readonly previousRows: () => Promise<number | null>;
}

/**
 * Holds a table against the input `expectations`.
 *
 * @throws InputError `EXPECTATIONS_NOT_FOUND`, `BAD_EXPECTATIONS`
 */
export async function checkData(
  table: Table,
  expectations: string | null,
  options: CheckOptions,
): Promise<DataChecks> {
  if (expectations === null) return { results: [], failed: false, inferred: null };
  const infer = expectations === "infer";
  const checks = infer
    ? inferExpectations(table)
    : await readChecks(expectations, options.workspace);
  const compares = checks.some(({ check }) => check === "row-count-change");
  const results = checkExpectations(table, checks, {
    now: options.now,
    previousRows: compares ? await options.previousRows() : null,
  });
  return {
    results,
    failed: results.some(({ passed, severity }) => !passed && severity === "error"),
    inferred: infer ? await formatExpectations(checks) : null,
  };
}

async function readChecks(written: string, workspace: string): Promise<readonly Expectation[]> {
  if (!/^\S[^\n]*\.(?:ya?ml|json)$/.test(written)) return parseExpectations(written);
  const text = await readFile(join(workspace, written), "utf8").catch((cause: unknown) => {
    throw new InputError({
      code: "EXPECTATIONS_NOT_FOUND",
      message: `expectations: the file ${written} cannot be read.`,
      hint: "Give its path relative to the repository's root, or write the checks themselves.",
      cause,
    });
  });
  return parseExpectations(text, written);
}

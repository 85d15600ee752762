import { defineConfig } from "vitest/config";

/** Tests of one part of packages/stats, as globs between commas; all of them when left out. */
const chosen = process.env["SLIPWAY_MUTATION_TESTS"];

/** The tests that may kill a mutant: beside the code, and the golden values. */
export default defineConfig({
  test: {
    include: chosen?.split(",") ?? [
      "packages/stats/src/**/*.test.ts",
      "test/golden/stats-*.test.ts",
    ],
    isolate: false,
    testTimeout: 20_000,
  },
});

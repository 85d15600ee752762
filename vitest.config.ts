import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    reporters: ["default", "./test/suite-counts.ts"],
    projects: [
      {
        extends: true,
        test: { name: "unit", include: ["{actions,packages}/**/src/**/*.test.ts"] },
      },
      {
        extends: true,
        test: { name: "contract", include: ["test/contract/**/*.test.ts"], testTimeout: 60_000 },
      },
      { extends: true, test: { name: "golden", include: ["test/golden/**/*.test.ts"] } },
      {
        extends: true,
        test: {
          name: "end-to-end",
          include: ["test/end-to-end/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
    ],
    coverage: {
      provider: "v8",
      include: ["packages/core/src/**", "packages/stats/src/**"],
      exclude: ["**/*.test.ts", "**/index.ts", "**/testing/**"],
      reporter: ["text-summary", "json-summary"],
      thresholds: { lines: 95, branches: 95 },
    },
  },
});

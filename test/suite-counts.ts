import type { Reporter, TestModule } from "vitest/node";

/** Prints at the end how many tests each suite had: `unit: 812 passed, 0 failed`. */
export default class SuiteCounts implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = new Map<string, { passed: number; failed: number; skipped: number }>();
    for (const module of modules) {
      const count = counts.get(module.project.name) ?? { passed: 0, failed: 0, skipped: 0 };
      counts.set(module.project.name, count);
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed" || state === "failed" || state === "skipped") count[state] += 1;
      }
    }
    console.log("");
    for (const [name, { passed, failed, skipped }] of counts) {
      console.log(
        `${name}: ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`,
      );
    }
  }
}

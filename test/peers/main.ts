/** Holds Slipway against the tools that its files are for: `npm run test:peers`. */
import { runSuites } from "./check.ts";
import { pageSuite } from "../pictures/page-suite.ts";
import { gtoSuite } from "./gto.ts";
import { onnxruntimeSuite } from "./onnxruntime.ts";
import { predictCommandSuite } from "./predict-command.ts";
import { randomTablesSuite } from "./random-tables.ts";
import { scikitLearnSuite } from "./scikit-learn.ts";
import { installTools } from "./tools.ts";
import { treeModelsSuite } from "./tree-models.ts";
import { actionlintSuite, zizmorSuite } from "./workflow-linters.ts";

const startedAt = performance.now();
const seconds = () => Math.round((performance.now() - startedAt) / 1000);

try {
  console.log("Installing the pinned peers where they are missing (once, up to a few minutes) …");
  const tools = await installTools();
  console.log(`Ready after ${seconds()} s.`);
  const suites = [
    actionlintSuite,
    zizmorSuite,
    scikitLearnSuite,
    onnxruntimeSuite,
    treeModelsSuite,
    randomTablesSuite,
    predictCommandSuite,
    gtoSuite,
    pageSuite,
  ];
  const { passed, failed } = await runSuites(suites, tools);
  console.log(`peers: ${passed} passed, ${failed} failed (${seconds()} s)`);
  process.exitCode = failed === 0 ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

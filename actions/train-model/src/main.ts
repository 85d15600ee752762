import { join } from "node:path";
import { connectGithub, githubHistory } from "#github";
import { googleCredentials, objectStore } from "#google";
import { githubArtifacts, openRunDirectory, runAction, runInGroup } from "#toolkit";
import { parseInputs } from "./inputs.ts";
import { countPreviousRows } from "./previous-rows.ts";
import type { Ports } from "./ports.ts";
import { storedFiles } from "./stored-files.ts";

await runAction({
  name: "train-model",
  parseInputs,
  // Loaded after the inputs were read: a wrong input is told at once.
  run: async (inputs, ports: Ports) => (await import("./run.ts")).trainModel(inputs, ports),
  renderOutcome: async (outcome) => (await import("./report.ts")).renderOutcome(outcome),
  ports: ({ github, environment, temporaryDirectory, ...world }) => ({
    ...world,
    environment,
    temporaryDirectory,
    openDirectory: openRunDirectory,
    artifacts: environment["ACTIONS_RUNTIME_TOKEN"] ? githubArtifacts() : null,
    runAttempt: github.runAttempt,
    source: github,
    remote: {
      gs: storedFiles(
        objectStore({ environment, credentials: googleCredentials({ environment }) }),
        join(temporaryDirectory, "slipway-data"),
      ),
    },
    runCommand: runInGroup,
    output: { stdout: process.stdout, stderr: process.stderr },
    previousRows: (model) =>
      countPreviousRows(githubHistory(connectGithub(github, world), temporaryDirectory), model),
  }),
});

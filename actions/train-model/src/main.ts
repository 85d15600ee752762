import { join } from "node:path";
import { connectGithub, githubHistory } from "#github";
import { googleCredentials, objectStore } from "#google";
import { githubArtifacts, openRunDirectory, runAction, runInGroup } from "#toolkit";
import { parseInputs } from "./inputs.ts";
import { countPreviousRows } from "./previous-rows.ts";
import { renderOutcome } from "./report.ts";
import { trainModel } from "./run.ts";
import { storedFiles } from "./stored-files.ts";

await runAction({
  name: "train-model",
  parseInputs,
  run: trainModel,
  renderOutcome,
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

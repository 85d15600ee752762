import { connectGithub, githubHistory, runUrl } from "#github";
import { googleCredentials, objectStore } from "#google";
import { githubArtifacts, runAction } from "#toolkit";
import { storedFiles } from "./cloud-files.ts";
import { githubIssues, githubRetraining } from "./github-desk.ts";
import { parseInputs } from "./inputs.ts";
import { renderOutcome } from "./report.ts";
import { checkDrift } from "./run.ts";

await runAction({
  name: "drift-check",
  parseInputs,
  run: checkDrift,
  renderOutcome,
  ports: ({ github, environment, workspace, temporaryDirectory, clock, log }, { model }) => {
    const connection = connectGithub(github, { log });
    const store = objectStore({ environment, credentials: googleCredentials({ environment }) });
    const files = storedFiles(store);
    return {
      history: githubHistory(connection, temporaryDirectory),
      issues: githubIssues(connection, model),
      retraining: githubRetraining(connection),
      artifacts: githubArtifacts(),
      remote: { gs: files, https: files },
      workspace,
      temporaryDirectory,
      canUpload: (environment["ACTIONS_RUNTIME_TOKEN"] ?? "") !== "",
      attempt: github.runAttempt,
      checkKey: `${github.runId}-${github.job}`,
      runUrl: runUrl(connection),
      clock,
      log,
    };
  },
});

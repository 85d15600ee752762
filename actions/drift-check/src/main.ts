import { connectGithub, githubHistory, runUrl } from "#github";
import { cloudStorageFiles } from "#google";
import { githubArtifacts, runAction } from "#toolkit";
import { githubIssues, githubRetraining } from "./github-desk.ts";
import { parseInputs } from "./inputs.ts";
import type { Ports } from "./ports.ts";

await runAction({
  name: "drift-check",
  parseInputs,
  // Loaded after the inputs were read: a wrong input is told at once.
  run: async (inputs, ports: Ports) => (await import("./run.ts")).checkDrift(inputs, ports),
  renderOutcome: async (outcome) => (await import("./report.ts")).renderOutcome(outcome),
  ports: (
    { github, environment, workspace, temporaryDirectory, clock, log, signal },
    { model },
  ) => {
    const connection = connectGithub(github, { log, signal });
    const files = cloudStorageFiles(environment);
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
      // Outside of a workflow every check is one of its own.
      checkKey: github.runId === 0 ? clock.now().toISOString() : `${github.runId}-${github.job}`,
      runUrl: runUrl(connection),
      clock,
      log,
      signal,
    };
  },
});

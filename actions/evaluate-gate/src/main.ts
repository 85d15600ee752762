import { connectGithub, createCheckRun, githubHistory, runUrl, writeStickyComment } from "#github";
import { cloudStorageFiles } from "#google";
import { githubArtifacts, runAction } from "#toolkit";
import { branchRuns } from "./branch-runs.ts";
import { gitRepository } from "./git-repository.ts";
import { githubReports } from "./github-reports.ts";
import { parseInputs } from "./inputs.ts";
import type { Ports } from "./ports.ts";
import { readPullRequest } from "./pull-request.ts";
import { settingsThresholds } from "./settings-thresholds.ts";
import { shellCommands } from "./shell-command.ts";
import { readThresholdFiles } from "./threshold-files.ts";

await runAction({
  name: "evaluate-gate",
  parseInputs,
  // Loaded after the inputs were read: a wrong input is told at once.
  run: async (inputs, ports: Ports) => {
    const { model, reportRun } = inputs;
    if (reportRun === null) return (await import("./run.ts")).evaluateGate(inputs, ports);
    return (await import("./post-report.ts")).postReport({ model, runId: reportRun }, ports);
  },
  renderOutcome: async (outcome) => (await import("./report.ts")).renderOutcome(outcome),
  ports: ({ github, environment, workspace, temporaryDirectory, clock, log, signal }, inputs) => {
    const connection = connectGithub(github, { log, signal });
    const files = cloudStorageFiles(environment);
    return {
      history: github.repository === "" ? null : githubHistory(connection, temporaryDirectory),
      artifacts: githubArtifacts(),
      repository: gitRepository({ workspace, temporaryDirectory, access: github }),
      runs: branchRuns(connection, environment["GITHUB_WORKFLOW_REF"] ?? ""),
      runCommand: shellCommands(environment, { log, signal }),
      native: async () =>
        (await import("#models")).provisionedNative({ environment, signal, onDownload: log.info }),
      signal,
      settings: settingsThresholds({ workspace, ...inputs }),
      writeComment: (comment) => writeStickyComment(connection, comment),
      reports: githubReports(connection),
      createCheckRun: (check) => createCheckRun(connection, check),
      pullRequest: readPullRequest(github),
      commit: github.sha,
      thresholdFiles: () => readThresholdFiles({ workspace, environment, config: inputs.config }),
      remote: { gs: files, https: files },
      workspace,
      temporaryDirectory,
      canUpload: (environment["ACTIONS_RUNTIME_TOKEN"] ?? "") !== "",
      attempt: github.runAttempt,
      runUrl: runUrl(connection),
      clock,
      stopwatch: () => performance.now(),
      log,
    };
  },
});

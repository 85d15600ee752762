import { join } from "node:path";
import { connectGithub, githubHistory } from "#github";
import { googleCredentials } from "#google";
import { runAction, writeWholeFile } from "#toolkit";
import { authoriseRequests } from "./authorisation.ts";
import { expectVersion } from "./expectation.ts";
import { parseInputs } from "./inputs.ts";
import { composeReport, renderOutcome } from "./report.ts";
import { smokeTest } from "./run.ts";

await runAction({
  name: "smoke-test",
  parseInputs,
  run: smokeTest,
  renderOutcome,
  ports: (
    { github, environment, workspace, temporaryDirectory, maskSecret, clock, log, signal },
    { runDirectory },
  ) => ({
    clock,
    log,
    signal,
    expect: (inputs) => {
      const history = githubHistory(connectGithub(github, { log }), temporaryDirectory);
      return expectVersion(inputs, { history, workspace, temporaryDirectory });
    },
    authorise: (inputs) => {
      const identityToken = (audience: string) =>
        googleCredentials({ environment }).identityToken(audience);
      return authoriseRequests(inputs, { identityToken, maskSecret, signal });
    },
    writeReport: async (outcome) => {
      const path = join(workspace, runDirectory, "smoke-test.md");
      await writeWholeFile(path, composeReport(outcome));
      return path;
    },
  }),
});

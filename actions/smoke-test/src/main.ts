import { resolve } from "node:path";
import { connectGithub, githubHistory } from "#github";
import { googleCredentials } from "#google";
import { runAction, writeWholeFile } from "#toolkit";
import { parseInputs } from "./inputs.ts";
import type { Ports } from "./run.ts";

await runAction({
  name: "smoke-test",
  parseInputs,
  // Loaded after the inputs were read: a wrong input is told at once.
  run: async (inputs, ports: Ports) => (await import("./run.ts")).smokeTest(inputs, ports),
  renderOutcome: async (outcome) => (await import("./report.ts")).renderOutcome(outcome),
  ports: (
    { github, environment, workspace, temporaryDirectory, maskSecret, clock, log, signal },
    { runDirectory },
  ) => ({
    clock,
    log,
    signal,
    expect: async (inputs) => {
      const { expectVersion } = await import("./expectation.ts");
      const history = githubHistory(connectGithub(github, { log, signal }), temporaryDirectory);
      return expectVersion(inputs, { history, workspace, temporaryDirectory });
    },
    authorise: async (inputs) => {
      const { authoriseRequests } = await import("./authorisation.ts");
      const identityToken = (audience: string) =>
        googleCredentials({ environment }).identityToken(audience);
      return authoriseRequests(inputs, { identityToken, maskSecret, signal });
    },
    writeReport: async (outcome) => {
      const path = resolve(workspace, runDirectory, "smoke-test.md");
      const { composeReport } = await import("./report.ts");
      await writeWholeFile(path, composeReport(outcome));
      return path;
    },
  }),
});

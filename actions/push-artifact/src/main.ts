import { resolve } from "node:path";
import { connectGithub, githubHistory } from "#github";
import { googleCredentials, objectStore } from "#google";
import { openRunDirectory, runAction } from "#toolkit";
import { parseInputs } from "./inputs.ts";
import type { Ports } from "./run.ts";
import { versionFiles } from "./version-files.ts";

await runAction({
  name: "push-artifact",
  parseInputs,
  // Loaded after the inputs were read: a wrong input is told at once.
  run: async (inputs, ports: Ports) => (await import("./run.ts")).pushArtifact(inputs, ports),
  renderOutcome: async (outcome) => (await import("./report.ts")).renderOutcome(outcome),
  ports: ({ github, environment, workspace, temporaryDirectory, ...world }, inputs) => {
    const history = githubHistory(connectGithub(github, world), temporaryDirectory);
    const directory = openRunDirectory(resolve(workspace, inputs.runDirectory));
    return {
      ...world,
      history,
      files: versionFiles(directory, { history, temporaryDirectory }),
      store: objectStore({
        environment,
        credentials: googleCredentials({ environment }),
        endpoint: inputs.endpoint ?? undefined,
        userProject: inputs.project ?? undefined,
        chunkMib: inputs.chunkMib,
      }),
    };
  },
});

import { resolve } from "node:path";
import { connectGithub, githubHistory } from "#github";
import { googleCredentials, objectStore } from "#google";
import { openRunDirectory, runAction } from "#toolkit";
import { parseInputs } from "./inputs.ts";
import { renderOutcome } from "./report.ts";
import { pushArtifact } from "./run.ts";
import { versionFiles } from "./version-files.ts";

await runAction({
  name: "push-artifact",
  parseInputs,
  run: pushArtifact,
  renderOutcome,
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

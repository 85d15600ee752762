import { createHash } from "node:crypto";
import { connectGithub } from "#github";
import { githubArtifacts, githubArtifactsOf, runAction } from "#toolkit";
import { parseInputs } from "./inputs.ts";
import { githubRegistry } from "./registry.ts";
import { renderOutcome } from "./report.ts";
import { registerVersion } from "./run.ts";

await runAction({
  name: "register-version",
  parseInputs,
  run: registerVersion,
  renderOutcome,
  ports: ({ github, temporaryDirectory, workspace, clock, log, signal }) => ({
    registry: githubRegistry(connectGithub(github, { log, signal }), temporaryDirectory),
    artifacts: githubArtifacts(),
    artifactsOf: (runId) => githubArtifactsOf({ runId, access: github }),
    temporaryDirectory,
    actor: github.actor,
    sha: github.sha,
    workspace,
    clock,
    log,
    sha256: (text) => `sha256:${createHash("sha256").update(text).digest("hex")}`,
  }),
});

import { createHash } from "node:crypto";
import { connectGithub } from "#github";
import { githubArtifacts, githubArtifactsOf, runAction } from "#toolkit";
import { parseInputs } from "./inputs.ts";
import { githubRegistry } from "./registry.ts";
import type { Ports } from "./ports.ts";

await runAction({
  name: "register-version",
  parseInputs,
  // Loaded after the inputs were read: a wrong input is told at once.
  run: async (inputs, ports: Ports) => (await import("./run.ts")).registerVersion(inputs, ports),
  renderOutcome: async (outcome) => (await import("./report.ts")).renderOutcome(outcome),
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

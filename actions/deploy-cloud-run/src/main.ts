import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import {
  assignStage,
  connectGithub,
  createDeployment,
  githubHistory,
  reportDeployment,
  runUrl,
} from "#github";
import { googleCredentials } from "#google";
import { artifactName, githubArtifacts, openRunDirectory, runAction } from "#toolkit";
import type { RolloutMark } from "./cancel-check.ts";
import { googleServices, runIdentity } from "./google-services.ts";
import { parseInputs } from "./inputs.ts";
import type { Ports } from "./ports.ts";

await runAction({
  name: "deploy-cloud-run",
  parseInputs,
  // Loaded after the inputs were read: a wrong input is told at once.
  run: async (inputs, ports: Ports) => (await import("./run.ts")).deployCloudRun(inputs, ports),
  renderOutcome: async (outcome) => (await import("./report.ts")).renderOutcome(outcome),
  ports: async (context, inputs) => {
    const { authoriseCaller, findExpectation, smokeDeployment } = await import("#probe");
    const { github, environment, workspace, temporaryDirectory, clock, log, signal } = context;
    const { model, region } = inputs;
    const connection = connectGithub(github, { log, signal });
    const history = githubHistory(connection, temporaryDirectory);
    const credentials = googleCredentials({ environment, projectId: inputs.project ?? undefined });
    const project = await credentials.projectId();
    const identity = runIdentity(github, { model, url: runUrl(connection) });
    const mark: RolloutMark = { service: inputs.service, region, project, run: identity.id };
    context.saveState("rollout", JSON.stringify(mark));
    return {
      ...googleServices({ credentials, environment, project, region }),
      history,
      records: {
        startDeployment: (request) => createDeployment(connection, request),
        reportDeployment: (id, progress) => reportDeployment(connection, id, progress),
        assignStage: (assignment) =>
          assignStage(connection, {
            ...assignment,
            model,
            readHistory: () => history.read(model),
            now: clock.now(),
          }),
      },
      project,
      identity,
      clock,
      log,
      signal,
      newRolloutId: () => randomUUID(),
      probe: (plan) => smokeDeployment(plan, { clock, log, signal }),
      authorise: (url, audience) =>
        authoriseCaller(
          { url, audience },
          {
            identityToken: (wanted) => credentials.identityToken(wanted),
            maskSecret: context.maskSecret,
            signal,
          },
        ),
      expect: (entry, cases) =>
        findExpectation(
          { model: entry.model, entry, cases, casesInput: "smoke: cases" },
          { history, workspace, temporaryDirectory },
        ),
      writeDeployment: async (document) => {
        const directory = openRunDirectory(resolve(workspace, inputs.runDirectory));
        await directory.writeDocument("deployment.json", document);
        if (inputs.upload === "false" || !environment["ACTIONS_RUNTIME_TOKEN"]) {
          log.info("deployment.json is not uploaded: there is no artifact service here.");
          return;
        }
        const name = artifactName({
          model,
          action: "deploy-cloud-run",
          attempt: github.runAttempt,
          // Legs of a matrix may bring one model to several services.
          shard: `${inputs.service}-${region}`,
        });
        const files = [directory.resolve("deployment.json")];
        await githubArtifacts().upload(name, files, directory.path);
      },
    };
  },
});

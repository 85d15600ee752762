/** Downloads artifacts of this run, or of another when a token is given. */
import path from "node:path";
import { DefaultArtifactClient, type Artifact, type FindOptions } from "@actions/artifact";
import { getBooleanInput, getInput, info, setFailed, setOutput } from "@actions/core";
import { compilePattern } from "../../filter-patterns.ts";

function findOptions(): FindOptions {
  const token = getInput("github-token");
  if (token === "") return {};
  const [repositoryOwner = "", repositoryName = ""] = getInput("repository").split("/");
  return {
    findBy: { token, workflowRunId: Number(getInput("run-id")), repositoryOwner, repositoryName },
  };
}

async function choose(
  client: DefaultArtifactClient,
  options: FindOptions,
): Promise<readonly Artifact[]> {
  const name = getInput("name");
  const ids = getInput("artifact-ids");
  if (name !== "" && ids !== "")
    throw new Error("Inputs 'name' and 'artifact-ids' cannot be used together");
  if (name !== "") return [(await client.getArtifact(name, options)).artifact];
  const { artifacts } = await client.listArtifacts({ ...options, latest: true });
  if (ids !== "") {
    const wanted = ids.split(",").map(Number);
    const missing = wanted.filter((id) => !artifacts.some((artifact) => artifact.id === id));
    if (missing.length > 0)
      throw new Error(`artifact-ids: this run has no artifact ${missing.join(", ")}`);
    return artifacts.filter((artifact) => wanted.includes(artifact.id));
  }
  const pattern = getInput("pattern");
  return pattern === ""
    ? artifacts
    : artifacts.filter((artifact) => compilePattern(pattern).test(artifact.name));
}

async function run(): Promise<void> {
  const directory = path.resolve(process.env["GITHUB_WORKSPACE"] ?? ".", getInput("path"));
  const client = new DefaultArtifactClient();
  const options = findOptions();
  const artifacts = await choose(client, options);
  const together =
    getInput("name") !== "" ||
    getBooleanInput("merge-multiple") ||
    (getInput("artifact-ids") !== "" && artifacts.length === 1);
  for (const artifact of artifacts) {
    const target = together ? directory : path.join(directory, artifact.name);
    const { digest } = artifact;
    const downloaded = await client.downloadArtifact(artifact.id, {
      ...options,
      path: target,
      ...(digest === undefined ? {} : { expectedHash: digest }),
    });
    if (downloaded.digestMismatch)
      throw new Error(`Artifact ${artifact.name} does not have its digest ${digest}`);
    info(`Downloaded artifact ${artifact.name} to ${target}`);
  }
  setOutput("download-path", directory);
}

await run().catch((error: unknown) =>
  setFailed(error instanceof Error ? error.message : String(error)),
);

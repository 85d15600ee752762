/** Uploads files as an artifact. */
import { stat } from "node:fs/promises";
import path from "node:path";
import { DefaultArtifactClient } from "@actions/artifact";
import { getBooleanInput, getInput, info, setFailed, setOutput, warning } from "@actions/core";
import { create } from "@actions/glob";

/** Files that the patterns match, and the folder that their names in the artifact start from. */
async function findFiles(
  patterns: string,
): Promise<{ readonly files: string[]; readonly root: string }> {
  const globber = await create(patterns, {
    excludeHiddenFiles: !getBooleanInput("include-hidden-files"),
    implicitDescendants: true,
  });
  const files: string[] = [];
  for await (const file of globber.globGenerator())
    if ((await stat(file)).isFile()) files.push(file);
  const searched = globber.getSearchPaths();
  if (searched.length > 1) return { files, root: commonFolder(searched) };
  const [only = "."] = searched;
  return { files, root: files.length === 1 && files[0] === only ? path.dirname(only) : only };
}

function commonFolder(folders: readonly string[]): string {
  const split = folders.map((folder) => folder.split(path.sep));
  const [first = []] = split;
  const end = first.findIndex((part, index) => !split.every((parts) => parts[index] === part));
  return first.slice(0, end === -1 ? first.length : end).join(path.sep) || path.sep;
}

function reportMissing(patterns: string): void {
  const message = `No files were found with the provided path: ${patterns}. No artifacts will be uploaded.`;
  const reaction = getInput("if-no-files-found");
  if (reaction === "error") setFailed(message);
  else if (reaction === "warn") warning(message);
  else if (reaction === "ignore") info(message);
  else throw new Error(`if-no-files-found: expected warn, error or ignore, found "${reaction}"`);
}

async function run(): Promise<void> {
  const patterns = getInput("path", { required: true });
  const name = getInput("name");
  const { files, root } = await findFiles(patterns);
  if (files.length === 0) return reportMissing(patterns);
  const client = new DefaultArtifactClient();
  if (getBooleanInput("overwrite")) await client.deleteArtifact(name).catch(() => {});
  const retentionDays = Number(getInput("retention-days"));
  const uploaded = await client.uploadArtifact(name, files, root, {
    compressionLevel: Number(getInput("compression-level")),
    ...(retentionDays > 0 ? { retentionDays } : {}),
  });
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID } = process.env;
  setOutput("artifact-id", uploaded.id);
  setOutput("artifact-digest", uploaded.digest);
  setOutput(
    "artifact-url",
    `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}/artifacts/${uploaded.id}`,
  );
  info(`Artifact ${name} with ${files.length} files has been uploaded (id ${uploaded.id}).`);
}

await run().catch((error: unknown) =>
  setFailed(error instanceof Error ? error.message : String(error)),
);

import type { FileEntry } from "#core";
import { profileTable } from "#data";
import { artifactName } from "#toolkit";
import type { Run } from "./prepare-run.ts";
import type { RunFiles } from "./run-files.ts";

/** Writes the parts' last file and the profile, and lists every file of the run. */
export async function finishFiles(run: Run, trained: RunFiles): Promise<readonly FileEntry[]> {
  const { directory, plan, divided, folder } = run;
  // The test part comes last, so that no command finds it where it may write.
  await folder.write("test", divided.parts.test);
  await writeProfile(run);
  const own: FileEntry[] = [];
  for (const { path } of Object.values(plan.split.parts)) {
    if (path !== null) own.push({ path, role: "split", ...(await directory.measure(path)) });
  }
  own.push({ path: "profile.json", role: "profile", ...(await directory.measure("profile.json")) });
  if (await directory.has("expectations.yml")) {
    own.push({
      path: "expectations.yml",
      role: "other",
      ...(await directory.measure("expectations.yml")),
    });
  }
  return [...trained.files, ...own].toSorted((left, right) => (left.path < right.path ? -1 : 1));
}

/** The reference profile: features on the training part; evaluate-gate adds predictions and target. */
async function writeProfile({ directory, divided, columns }: Run): Promise<void> {
  const { table } = divided.parts.train;
  const features = new Set(columns.features);
  const profile = profileTable({
    rows: table.rows,
    columns: table.columns.filter(({ name }) => features.has(name)),
  });
  await directory.writeDocument("profile.json", profile);
}

/** Uploads files of the run as this step's artifact; `null` where that is not asked for or cannot be. */
export async function upload(
  { inputs, ports, directory }: Pick<Run, "inputs" | "ports" | "directory">,
  files: readonly string[],
  shard?: string,
): Promise<number | null> {
  if (inputs.upload === "false") return null;
  if (ports.artifacts === null) {
    const line = "The run is not uploaded: this is no runner with artifacts.";
    if (inputs.upload === "true") ports.log.warning(line);
    else ports.log.info(line);
    return null;
  }
  const name = artifactName({
    model: inputs.model,
    action: "train-model",
    attempt: ports.runAttempt,
    shard,
  });
  const paths = files.map((file) => directory.resolve(file));
  return ports.artifacts.upload(name, paths, directory.path);
}

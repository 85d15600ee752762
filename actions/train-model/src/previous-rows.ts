import { latestVersion, type VersionHistory } from "#core";

/** Rows that the newest version of a model was trained from; `null` before the first. */
export async function countPreviousRows(
  history: Pick<VersionHistory, "read" | "manifest">,
  model: string,
): Promise<number | null> {
  const latest = latestVersion(await history.read(model));
  if (latest === null) return null;
  const { run } = await history.manifest(latest);
  return run.data
    .filter((entry) => entry["part"] !== "test")
    .reduce((sum, { rows }) => sum + rows, 0);
}

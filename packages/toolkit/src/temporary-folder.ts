import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";

/**
 * Gives work a folder of its own under another, and takes it away again, however the work ends: two
 * steps never meet in it, and no rows are left on the machine.
 *
 * @param parent made where it is not there
 * @param prefix of the folder's name
 */
export async function inTemporaryFolder<T>(
  parent: string,
  prefix: string,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, prefix));
  try {
    return await work(folder);
  } finally {
    // What cannot be removed (a file that Windows holds open) goes with the job's own folder.
    await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

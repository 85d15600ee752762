import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

/** The data files that the repository carries for tests. */
export const fixtures = fileURLToPath(new URL("../../../test/fixtures/data", import.meta.url));

/** A directory for this test file's own files; removed at its end. */
export async function temporaryDirectory(): Promise<{
  readonly path: string;
  write(name: string, content: string | Uint8Array): Promise<void>;
}> {
  const path = await mkdtemp(join(tmpdir(), "slipway-data-"));
  afterAll(() => rm(path, { recursive: true, force: true }));
  return { path, write: (name, content) => writeFile(join(path, name), content) };
}

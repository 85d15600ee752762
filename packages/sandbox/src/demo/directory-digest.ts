import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** The files of a folder and all below it, relative, in the order of their names. */
function listFiles(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)))
    .map((file) => file.split(path.sep).join("/"))
    .sort();
}

/** SHA-256 over the `sha256  path` lines of a folder's files, as `sha256sum` writes them. */
export function digestDirectory(directory: string): string {
  const whole = createHash("sha256");
  for (const file of listFiles(directory)) {
    const digest = createHash("sha256")
      .update(readFileSync(path.join(directory, file)))
      .digest("hex");
    whole.update(`${digest}  ${file}\n`);
  }
  return whole.digest("hex");
}

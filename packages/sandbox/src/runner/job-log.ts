import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";

/** A job's log: a file with the time before each line, and whoever watches. */
export interface JobLog {
  readonly file: string;
  /** Writes text whose secrets are already hidden. */
  write(text: string): void;
  close(): Promise<void>;
}

/** Opens a job's log file. */
export async function openJobLog(file: string, onLine: (line: string) => void): Promise<JobLog> {
  await mkdir(path.dirname(file), { recursive: true });
  const stream = createWriteStream(file, { flags: "a" });
  return {
    file,
    write(text) {
      for (const line of text.split("\n")) {
        stream.write(`${new Date().toISOString()} ${line}\n`);
        onLine(line);
      }
    },
    close: () =>
      new Promise((resolve, reject) => {
        stream.once("error", reject);
        stream.end(resolve);
      }),
  };
}

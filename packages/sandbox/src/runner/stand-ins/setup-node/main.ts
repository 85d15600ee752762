/** Puts a Node.js of this machine on the PATH that fits the asked version. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { addPath, getInput, info, setFailed, setOutput } from "@actions/core";
import { satisfies, validRange } from "semver";

function askedRange(): string {
  const version = getInput("node-version");
  const file = getInput("node-version-file");
  if (version !== "" || file === "") return version;
  const content = readFileSync(path.resolve(process.env["GITHUB_WORKSPACE"] ?? ".", file), "utf8");
  if (!file.endsWith("package.json")) return content.trim().replace(/^v/, "");
  const manifest = JSON.parse(content) as {
    engines?: { node?: string };
    volta?: { node?: string };
  };
  return manifest.volta?.node ?? manifest.engines?.node ?? "";
}

function installedVersions(): { readonly file: string; readonly version: string }[] {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter);
  const files = [process.execPath, ...folders.map((folder) => path.join(folder, "node"))];
  return [...new Set(files)]
    .filter((file) => existsSync(file))
    .flatMap((file) => {
      try {
        return [
          {
            file,
            version: execFileSync(file, ["--version"], { encoding: "utf8" }).trim().slice(1),
          },
        ];
      } catch {
        return [];
      }
    });
}

try {
  const range = askedRange();
  if (range !== "" && validRange(range) === null) {
    throw new Error(
      `node-version: "${range}" is not a version range; the local stand-in knows no aliases such as lts/*`,
    );
  }
  const installed = installedVersions();
  const found = installed.find(({ version }) => range === "" || satisfies(version, range));
  if (found === undefined) {
    const versions = installed.map(({ version }) => version).join(", ") || "none";
    throw new Error(
      `node-version: no Node.js ${range} on this machine (found ${versions}). Install it and put it on the PATH.`,
    );
  }
  addPath(path.dirname(found.file));
  setOutput("node-version", `v${found.version}`);
  setOutput("cache-hit", false);
  info(`Found Node.js ${found.version} at ${found.file}`);
} catch (error) {
  setFailed(error instanceof Error ? error.message : String(error));
}

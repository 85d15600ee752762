/** Puts a Python of this machine on the PATH, as `python` and `python3`. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import {
  addPath,
  exportVariable,
  getBooleanInput,
  getInput,
  info,
  setFailed,
  setOutput,
} from "@actions/core";
import { satisfies, validRange } from "semver";

function askedRange(): string {
  const version = getInput("python-version").split("\n")[0]?.trim() ?? "";
  const file = getInput("python-version-file");
  if (version !== "" || file === "") return version;
  return readFileSync(path.resolve(process.env["GITHUB_WORKSPACE"] ?? ".", file), "utf8").trim();
}

/** Programs on the PATH that may be Python, plain names first. */
function candidates(): readonly string[] {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter).filter(existsSync);
  const named = (pattern: RegExp) =>
    folders.flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => pattern.test(name))
        .map((name) => path.join(folder, name)),
    );
  return [...named(/^python3?$/), ...named(/^python3\.\d+$/)];
}

function installedVersions(): { readonly file: string; readonly version: string }[] {
  // A program on the PATH may be a shim: Python itself knows where it lies.
  const code = "import platform, sys; print(sys.executable); print(platform.python_version())";
  return candidates().flatMap((candidate) => {
    try {
      const stdio = ["ignore", "pipe", "ignore"] as const;
      const output = execFileSync(candidate, ["-c", code], { encoding: "utf8", stdio: [...stdio] });
      const [file = candidate, version = ""] = output.split("\n").map((line) => line.trim());
      return [{ file, version }];
    } catch {
      return [];
    }
  });
}

/** Puts `python`, `python3` and `pip` on the PATH and nothing else of the folder they lie in. */
function makeAvailable(file: string): string {
  const location = path.join(process.env["RUNNER_TOOL_CACHE"] ?? ".", "Python");
  const folder = path.join(location, "bin");
  mkdirSync(folder, { recursive: true });
  const commands = { python: "", python3: "", pip: " -m pip", pip3: " -m pip" };
  for (const [name, extra] of Object.entries(commands)) {
    writeFileSync(path.join(folder, name), `#!/bin/sh\nexec "${file}"${extra} "$@"\n`, {
      mode: 0o755,
    });
  }
  addPath(folder);
  exportVariable("pythonLocation", location);
  return path.join(folder, "python");
}

try {
  const range = askedRange();
  if (range !== "" && validRange(range) === null)
    throw new Error(`python-version: "${range}" is not a version range`);
  const installed = installedVersions();
  const found = installed.find(
    ({ version }) => range === "" || satisfies(version, range, { includePrerelease: true }),
  );
  if (found === undefined) {
    const versions = [...new Set(installed.map(({ version }) => version))].join(", ") || "none";
    throw new Error(
      `python-version: no Python ${range} on this machine (found ${versions}). Install it and put it on the PATH.`,
    );
  }
  const program = getBooleanInput("update-environment") ? makeAvailable(found.file) : found.file;
  setOutput("python-version", found.version);
  setOutput("python-path", program);
  setOutput("cache-hit", false);
  info(`Found Python ${found.version} at ${found.file}`);
} catch (error) {
  setFailed(error instanceof Error ? error.message : String(error));
}

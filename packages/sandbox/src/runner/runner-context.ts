import os from "node:os";
import type { JobDirectories } from "./job-session.ts";

const systems: Readonly<Record<string, string>> = {
  linux: "Linux",
  darwin: "macOS",
  win32: "Windows",
};
const architectures: Readonly<Record<string, string>> = {
  x64: "X64",
  arm64: "ARM64",
  ia32: "X86",
  arm: "ARM",
};

/** The `runner` context. */
export function runnerContextOf(directories: JobDirectories) {
  return {
    name: os.hostname(),
    os: systems[process.platform] ?? process.platform,
    arch: architectures[process.arch] ?? process.arch,
    environment: "self-hosted",
    temp: directories.temp,
    tool_cache: directories.toolCache,
    workspace: directories.root,
    debug: "",
  };
}

/** The variables that carry the `runner` context into processes. */
export function runnerVariables(
  context: ReturnType<typeof runnerContextOf>,
): Record<string, string> {
  return {
    RUNNER_NAME: context.name,
    RUNNER_OS: context.os,
    RUNNER_ARCH: context.arch,
    RUNNER_ENVIRONMENT: context.environment,
    RUNNER_TEMP: context.temp,
    RUNNER_TOOL_CACHE: context.tool_cache,
    RUNNER_WORKSPACE: context.workspace,
  };
}

/** Why this machine cannot run a job with these labels, or `undefined`. */
export function refuseLabels(labels: readonly string[]): string | undefined {
  const foreign = labels.find(
    (label) =>
      (/^windows/i.test(label) && process.platform !== "win32") ||
      (/^macos/i.test(label) && process.platform !== "darwin"),
  );
  if (foreign === undefined) return undefined;
  return `runs-on: ${foreign}: this machine runs ${systems[process.platform] ?? process.platform}`;
}

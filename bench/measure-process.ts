import { join } from "node:path";
import { requireProgram } from "../test/peers/tools.ts";
import { median } from "./bench.ts";

const program = join(import.meta.dirname, "gate/measure.py");

/** What a process took from its start to its end. */
export interface ProcessCost {
  readonly wallSeconds: number;
  /** User and system time of all its threads. */
  readonly cpuSeconds: number;
  /** The most memory that it held at once (`ru_maxrss`, on Linux VmHWM). */
  readonly peakBytes: number;
}

/** A command to be measured. */
export interface Command {
  readonly program: string;
  readonly parameters: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
  readonly directory: string;
}

/** Runs a command to its end and says what it took. Throws with its output when it fails. */
export async function measureProcess(python: string, command: Command): Promise<ProcessCost> {
  const printed = await requireProgram(python, [program, command.program, ...command.parameters], {
    cwd: command.directory,
    env: { PATH: process.env["PATH"], ...command.environment },
  });
  const end = printed.trimEnd().lastIndexOf("\n");
  const cost = JSON.parse(printed.slice(end + 1)) as ProcessCost & { readonly code: number };
  if (cost.code === 0) return cost;
  const said = printed.slice(0, Math.max(0, end)).split("\n").slice(-15).join("\n");
  throw new Error(
    `${command.program} ${command.parameters.join(" ")} ended with ${cost.code}:\n${said}`,
  );
}

/** Each figure's median over runs. */
export function medianCost(costs: readonly ProcessCost[]): ProcessCost {
  return {
    wallSeconds: median(costs.map(({ wallSeconds }) => wallSeconds)),
    cpuSeconds: median(costs.map(({ cpuSeconds }) => cpuSeconds)),
    peakBytes: median(costs.map(({ peakBytes }) => peakBytes)),
  };
}

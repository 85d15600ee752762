import { access, writeFile } from "node:fs/promises";
import { constants } from "node:fs";
import path from "node:path";
import { evaluateText } from "./expressions.ts";
import { scopeOf, type Conclusion, type StepFrame, type StepRecord } from "./job-session.ts";
import { runProgram } from "./run-program.ts";
import { refuse } from "./tokens.ts";
import type { RunStep } from "./workflow-model.ts";

const builtInShells: Readonly<
  Record<string, { readonly format: string; readonly extension: string }>
> = {
  bash: { format: "bash --noprofile --norc -eo pipefail {0}", extension: ".sh" },
  sh: { format: "sh -e {0}", extension: ".sh" },
  python: { format: "python {0}", extension: ".py" },
  pwsh: { format: "pwsh -command . '{0}'", extension: ".ps1" },
};

async function isOnPath(command: string, searchPath: string): Promise<boolean> {
  for (const directory of searchPath.split(path.delimiter)) {
    const found = await access(path.join(directory, command), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}

/** Command line of a shell, as GitHub documents it; `{0}` stands for the script. */
async function resolveShell(step: RunStep, shell: string | undefined, searchPath: string) {
  if (shell === undefined || shell === "") {
    const command = (await isOnPath("bash", searchPath)) ? "bash" : "sh";
    return { format: `${command} -e {0}`, extension: ".sh" };
  }
  const builtIn = builtInShells[shell];
  if (builtIn !== undefined) return builtIn;
  if (!shell.includes("{0}")) {
    return refuse(
      step.place,
      `shell "${shell}" is not known: use bash, sh, python, pwsh or a command line with {0} in it`,
    );
  }
  return { format: shell, extension: "" };
}

/** Runs a step's script in its shell. */
export async function runScript(
  step: RunStep,
  frame: StepFrame,
  {
    record,
    stepEnv,
    signal,
    actionName,
  }: {
    readonly record: StepRecord;
    readonly stepEnv: Readonly<Record<string, string>>;
    readonly signal: AbortSignal;
    readonly actionName: string;
  },
): Promise<Conclusion> {
  const { session } = frame;
  const scope = scopeOf(frame, stepEnv);
  const script = (await evaluateText(step.run, scope)) ?? "";
  const searchPath = [...session.pathAdditions, session.baseEnvironment["PATH"] ?? ""].join(
    path.delimiter,
  );
  const shell = await resolveShell(
    step,
    await evaluateText(step.shell ?? frame.defaults.shell, scope),
    searchPath,
  );
  const directory = await evaluateText(
    step.workingDirectory ?? frame.defaults.workingDirectory,
    scope,
  );
  const file = path.join(
    session.directories.temp,
    `step-${session.programCount + 1}${shell.extension}`,
  );
  await writeFile(file, script, { mode: 0o700 });

  session.log.write(session.masker.mask(`##[group]Run ${script.trim().split("\n")[0] ?? ""}`));
  session.log.write(session.masker.mask(script.trimEnd()));
  session.log.write(`shell: ${shell.format}\n##[endgroup]`);
  const [command = "", ...args] = shell.format.split(" ").filter((part) => part !== "");
  const { conclusion } = await runProgram({
    command,
    args: args.map((argument) => argument.replace("{0}", file)),
    cwd: path.resolve(session.directories.workspace, directory ?? ""),
    frame,
    record,
    stepEnv,
    programEnv: { GITHUB_ACTION: actionName, ...actionPlace(frame) },
    isAction: false,
    names: step.id === undefined ? [] : [step.id],
    stage: "main",
    signal,
  });
  return conclusion;
}

/** Where the composite action lies that a step belongs to. */
function actionPlace({ composite }: StepFrame): Record<string, string> {
  if (composite === undefined) return {};
  const { directory, repository, ref } = composite.action;
  return {
    GITHUB_ACTION_PATH: directory,
    GITHUB_ACTION_REPOSITORY: repository ?? "",
    GITHUB_ACTION_REF: ref ?? "",
  };
}

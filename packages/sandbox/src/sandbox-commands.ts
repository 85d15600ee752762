import { spawn } from "node:child_process";
import { mkdirSync, openSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startConsole } from "./console/console-server.ts";
import { describeProgress } from "./print-progress.ts";
import type { ProgressEvent } from "./runner/progress.ts";
import {
  askSandbox,
  findSandbox,
  openControl,
  type SandboxAddress,
  type SandboxControl,
} from "./sandbox-control.ts";
import { startSandbox } from "./sandbox.ts";

/** Where a command writes for people. */
export type Print = (text: string) => void;

/** What the commands have in common. */
export interface CommandOptions {
  readonly stateDirectory: string;
  readonly print: Print;
}

const startTimeoutMs = 30_000;
const stopTimeoutMs = 30_000;

function describeAddress({
  urls,
  consoleUrl,
  workloadIdentityProvider,
  serviceAccount,
}: SandboxAddress): string {
  return [
    ...(consoleUrl === undefined ? [] : [`  state page       ${consoleUrl}`]),
    `  GitHub API       ${urls.github}`,
    `  GitHub git       ${urls.githubServer}/<owner>/<name>.git`,
    `  Cloud Storage    ${urls.storage}`,
    `  Cloud Run        ${urls.run}`,
    `  Google identity  ${urls.identity}`,
    `  identity provider  ${workloadIdentityProvider}`,
    `  service account    ${serviceAccount}`,
  ].join("\n");
}

async function requireSandbox(stateDirectory: string): Promise<SandboxAddress> {
  const address = await findSandbox(stateDirectory);
  if (address === undefined) {
    throw new Error(
      `No sandbox runs on ${stateDirectory}. Start one with: up --state ${stateDirectory}`,
    );
  }
  return address;
}

/** `up`: runs the services until they are asked to stop. */
export async function runUp({ stateDirectory, print }: CommandOptions): Promise<number> {
  if ((await findSandbox(stateDirectory)) !== undefined) {
    throw new Error(
      `A sandbox already runs on ${stateDirectory}. Stop it with: down --state ${stateDirectory}`,
    );
  }
  const controls: SandboxControl[] = [];
  const sandbox = await startSandbox({
    stateDirectory,
    onProgress: (event) => {
      for (const control of controls) control.tell(event);
      const text = describeProgress(event, { lines: false });
      if (text !== undefined) print(text);
    },
  });
  const page = await startConsole(sandbox);
  const control = await openControl(stateDirectory, sandbox, page.url);
  controls.push(control);
  print(`The sandbox runs (state in ${stateDirectory}):\n${describeAddress(control.address)}`);
  const interrupted = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => interrupted.resolve());
  await Promise.race([control.stopAsked, interrupted.promise]);
  print("Stopping …");
  await control.close();
  await page.close();
  await sandbox.close();
  return 0;
}

/** `up --keep`: starts the services in a process of their own, which stays until `down`. */
export async function runUpInBackground(
  { stateDirectory, print }: CommandOptions,
  program: string,
): Promise<number> {
  mkdirSync(stateDirectory, { recursive: true });
  const log = path.join(stateDirectory, "sandbox.log");
  const output = openSync(log, "a");
  const child = spawn(process.execPath, [program, "up", "--state", stateDirectory], {
    detached: true,
    stdio: ["ignore", output, output],
  });
  child.unref();
  const giveUpAt = Date.now() + startTimeoutMs;
  while (Date.now() < giveUpAt && child.exitCode === null) {
    const address = await findSandbox(stateDirectory);
    if (address !== undefined && address.pid === child.pid) {
      print(`The sandbox runs in the background (log in ${log}):\n${describeAddress(address)}`);
      return 0;
    }
    await sleep(100);
  }
  throw new Error(`The sandbox did not start; see ${log}`);
}

/** `down`: asks the sandbox to stop and waits until it has. */
export async function runDown({ stateDirectory, print }: CommandOptions): Promise<number> {
  const address = await requireSandbox(stateDirectory);
  await askSandbox(address, "POST /down");
  const giveUpAt = Date.now() + stopTimeoutMs;
  while (Date.now() < giveUpAt) {
    if ((await findSandbox(stateDirectory)) === undefined) {
      print("The sandbox has stopped; its state is kept.");
      return 0;
    }
    await sleep(100);
  }
  throw new Error(
    `The sandbox (process ${address.pid}) did not stop within ${stopTimeoutMs / 1000} s`,
  );
}

async function callGithub(address: SandboxAddress, route: string, body?: object): Promise<unknown> {
  const response = await fetch(`${address.urls.github}${route}`, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      authorization: `Bearer ${address.githubToken}`,
      accept: "application/vnd.github+json",
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answered = (await response.json()) as { readonly message?: string };
  if (!response.ok) throw new Error(`${route}: ${response.status} ${answered.message ?? ""}`);
  return answered;
}

interface ListedRun {
  readonly id: number;
  readonly name: string;
  readonly event: string;
  readonly status: string;
  readonly conclusion: string | null;
}

/** `status`: what runs and what has run. */
export async function runStatus({ stateDirectory, print }: CommandOptions): Promise<number> {
  const address = await requireSandbox(stateDirectory);
  print(
    `The sandbox runs since ${address.startedAt} (process ${address.pid}):\n${describeAddress(address)}`,
  );
  const repositories = (await callGithub(address, "/user/repos")) as readonly {
    readonly full_name: string;
  }[];
  for (const { full_name: name } of repositories) {
    const listed = (await callGithub(address, `/repos/${name}/actions/runs?per_page=10`)) as {
      readonly workflow_runs: readonly ListedRun[];
    };
    print(`${name}: ${listed.workflow_runs.length === 0 ? "no runs" : "latest runs"}`);
    for (const run of listed.workflow_runs) {
      print(`  ${run.id}  ${run.conclusion ?? run.status}  ${run.name} (${run.event})`);
    }
  }
  return 0;
}

/** A workflow to start by hand. */
export interface RunCommandOptions extends CommandOptions {
  /** File name below `.github/workflows`, or its path. */
  readonly workflow: string;
  /** `owner/name`. */
  readonly repository: string;
  /** Branch or tag; the default branch when absent. */
  readonly ref?: string;
  readonly inputs: Readonly<Record<string, string>>;
}

async function* readEvents(response: Response): AsyncGenerator<ProgressEvent> {
  let rest = "";
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line) as ProgressEvent;
  }
}

async function startDispatched(
  address: SandboxAddress,
  options: RunCommandOptions,
): Promise<number> {
  const { repository, workflow, inputs } = options;
  const settings = (await callGithub(address, `/repos/${repository}`)) as {
    readonly default_branch: string;
  };
  const file = encodeURIComponent(path.posix.basename(workflow));
  const route = `/repos/${repository}/actions/workflows/${file}/dispatches`;
  const ref = options.ref ?? settings.default_branch;
  const body = { ref, inputs, return_run_details: true };
  const started = (await callGithub(address, route, body)) as { readonly workflow_run_id: number };
  return started.workflow_run_id;
}

async function follow(progress: Response, started: number, print: Print): Promise<number> {
  for await (const event of readEvents(progress)) {
    const runId = "run" in event ? event.run.id : event.runId;
    if (runId !== started) continue;
    const text = describeProgress(event, { lines: true });
    if (text !== undefined) print(text);
    if (event.kind === "run-completed") return event.run.conclusion === "success" ? 0 : 1;
    if (event.kind === "run-refused") return 1;
  }
  throw new Error("The sandbox stopped before the run had ended");
}

/** `run`: starts a workflow by dispatch, shows it and ends with 1 unless it succeeds. */
export async function runDispatch(options: RunCommandOptions): Promise<number> {
  const address = await requireSandbox(options.stateDirectory);
  const listening = new AbortController();
  try {
    // Listening begins before the run does: nothing of it is missed.
    const progress = await askSandbox(address, "GET /progress", listening.signal);
    const started = await startDispatched(address, options);
    return await follow(progress, started, options.print);
  } finally {
    listening.abort();
  }
}

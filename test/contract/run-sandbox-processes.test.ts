import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startCloudRun } from "../../packages/sandbox/src/run/cloud-run-service.ts";
import { createWorkspace } from "./run-sandbox-services.ts";

const sandboxModule = pathToFileURL(
  join(import.meta.dirname, "../../packages/sandbox/src/run/cloud-run-service.ts"),
).href;

let workspace: Awaited<ReturnType<typeof createWorkspace>>;

beforeEach(async () => {
  workspace = await createWorkspace();
  const { images, folder, image } = workspace;
  await writeFile(
    join(folder, "sandbox.mjs"),
    `import { startCloudRun } from ${JSON.stringify(sandboxModule)};
const run = await startCloudRun({
  stateDirectory: ${JSON.stringify(join(folder, "state"))}, images: ${JSON.stringify(images)}, operationDelayMs: 1,
});
const services = run.url + "/v2/projects/p/locations/l/services";
const body = { template: { containers: [{ image: ${JSON.stringify(image)} }] }, invokerIamDisabled: true };
const answer = await fetch(services + "?serviceId=s", { method: "POST", body: JSON.stringify(body) });
if (answer.ok) await fetch(run.url + "/v2/" + (await answer.json()).name + ":wait", { method: "POST" });
console.log("serving");
`,
  );
});

afterEach(() => workspace.remove());

async function startSandbox(): Promise<ChildProcess> {
  const sandbox = spawn(process.execPath, [join(workspace.folder, "sandbox.mjs")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const chunk of sandbox.stdout ?? []) if (String(chunk).includes("serving")) break;
  return sandbox;
}

async function readContainers(): Promise<readonly number[]> {
  const text = await readFile(join(workspace.folder, "state", "processes.json"), "utf8");
  return (JSON.parse(text) as { pid: number }[]).map(({ pid }) => pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function diesWithin(pid: number, ms: number): Promise<boolean> {
  for (let waited = 0; waited < ms; waited += 25) {
    if (!isAlive(pid)) return true;
    await sleep(25);
  }
  return false;
}

describe("containers of a sandbox", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("end with it on %s", async (signal) => {
    const sandbox = await startSandbox();
    const [pid = 0] = await readContainers();
    expect(isAlive(pid)).toBe(true);
    sandbox.kill(signal);
    await once(sandbox, "exit");
    expect(await diesWithin(pid, 3000)).toBe(true);
  });

  it("that was killed outright are ended when it starts again", async () => {
    const sandbox = await startSandbox();
    const [pid = 0] = await readContainers();
    sandbox.kill("SIGKILL");
    await once(sandbox, "exit");
    expect(isAlive(pid)).toBe(true);
    const again = await startSandbox();
    expect(await diesWithin(pid, 3000)).toBe(true);
    const [next = 0] = await readContainers();
    expect([next !== pid, isAlive(next)]).toEqual([true, true]);
    again.kill("SIGTERM");
    await once(again, "exit");
    expect(await diesWithin(next, 3000)).toBe(true);
  });
});

describe("a container", () => {
  const services = "/v2/projects/p/locations/l/services";

  it("ends when idle, starts again at a request, and gets the secrets that exist", async () => {
    const cloudRun = await startCloudRun({
      stateDirectory: join(workspace.folder, "state"),
      images: workspace.images,
      secrets: { color: "secret blue" },
      operationDelayMs: 1,
      scaleToZeroAfterMs: 150,
      stopGraceMs: 500,
    });
    const deploy = async (serviceId: string, secret: string): Promise<Record<string, never>> => {
      const env = [{ name: "COLOR", valueSource: { secretKeyRef: { secret, version: "latest" } } }];
      const started = await fetch(`${cloudRun.url}${services}?serviceId=${serviceId}`, {
        method: "POST",
        body: JSON.stringify({
          template: { containers: [{ image: workspace.image, env }] },
          invokerIamDisabled: true,
        }),
      });
      const { name } = (await started.json()) as { name: string };
      const waited = await fetch(`${cloudRun.url}/v2/${name}:wait`, { method: "POST" });
      return (await waited.json()) as Record<string, never>;
    };
    try {
      const { response } = await deploy("idle", "projects/p/secrets/color");
      const [pid = 0] = await readContainers();
      expect(await diesWithin(pid, 3000)).toBe(true);
      const answer = await fetch((response as unknown as { uri: string }).uri);
      expect(await answer.json()).toMatchObject({ color: "secret blue" });
      const [next = 0] = await readContainers();
      expect(next).not.toBe(pid);
      const failed = await deploy("secretless", "taste");
      expect(failed["error"]).toMatchObject({ message: expect.stringContaining("secret: taste") });
    } finally {
      await cloudRun.close();
    }
  });
});

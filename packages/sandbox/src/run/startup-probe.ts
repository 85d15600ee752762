import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { StartupProbe } from "./model.ts";

const pollMs = 50;

/**
 * How long a probe gives a container, in milliseconds. The live service asks once each period; here
 * it is asked more often within the same time, so that a start is noticed at once.
 */
export function startupBudgetMs(probe: StartupProbe | undefined): number {
  const { initialDelaySeconds = 0, timeoutSeconds = 1, periodSeconds = 10 } = probe ?? {};
  const { failureThreshold = 3 } = probe ?? {};
  const seconds = Math.max(periodSeconds * failureThreshold, timeoutSeconds);
  return (initialDelaySeconds + seconds) * 1000;
}

/**
 * Waits until a container on a loopback port passes its probe.
 *
 * @param signal aborts the wait, e.g. because the container has ended
 * @returns whether it passed in time
 */
export async function passesProbe(
  port: number,
  probe: StartupProbe | undefined,
  { budgetMs, signal }: { readonly budgetMs: number; readonly signal: AbortSignal },
): Promise<boolean> {
  const deadline = Date.now() + budgetMs;
  const timeoutMs = Math.min((probe?.timeoutSeconds ?? 1) * 1000, budgetMs);
  while (!signal.aborted && Date.now() < deadline) {
    const path = probe?.httpGet === undefined ? undefined : (probe.httpGet.path ?? "/");
    const passed =
      path === undefined
        ? await acceptsConnection(port)
        : await answersWell(`http://127.0.0.1:${port}${path}`, timeoutMs);
    if (passed) return true;
    await sleep(pollMs);
  }
  return false;
}

function acceptsConnection(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

async function answersWell(url: string, timeoutMs: number): Promise<boolean> {
  try {
    const response = await fetch(url, {
      signal: AbortSignal.timeout(timeoutMs),
      redirect: "manual",
    });
    await response.arrayBuffer();
    return response.status >= 200 && response.status < 400;
  } catch {
    return false;
  }
}

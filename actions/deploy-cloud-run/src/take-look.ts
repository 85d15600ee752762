import type { Clock, Judgement, Log, Verdict } from "#core";
import type { CloudMonitoring } from "#google";
import { ENDS_OF_A_LOOK, isBeyondCeiling, judgeLook, type JudgingRules } from "./judge-look.ts";
import { NO_FIGURES, readFigures, type Reading, type ServedFigures } from "./served-figures.ts";

/** What is looked at, for how long, and how it is judged. */
export interface LookPlan {
  readonly service: string;
  readonly candidate: string;
  /** Revisions that are compared with. */
  readonly stable: readonly string[];
  readonly stableVersion: string | null;
  /** Since when the candidate has its share. */
  readonly start: Date;
  /** Stable's figures of the same time, or (at 100 %) of the time before. */
  readonly compared: { readonly start: Date; readonly end: Date } | "alongside";
  readonly bakeMs: number;
  readonly metricsTimeoutMs: number;
  readonly rules: JudgingRules;
}

/** What a look needs of the world. */
export interface LookPorts {
  readonly monitoring: CloudMonitoring;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Throws when somebody else has taken the service over. */
  readonly guard: () => Promise<void>;
}

/** What a look came to, with its evidence. */
export interface Look {
  readonly verdict: Verdict;
  readonly reason: string;
  readonly judgements: readonly Judgement[];
  readonly candidate: ServedFigures;
  /** `null` when there are no figures of stable. */
  readonly stable: ServedFigures | null;
  readonly finished: Date;
}

const LONGEST_POLL_MS = 10_000;
const SHORTEST_POLL_MS = 250;

/**
 * Watches a candidate until its bake time is over, Monitoring has caught up and enough requests
 * came, at most three bake times, and judges it then; at once where errors are beyond the ceiling.
 */
export async function takeLook(plan: LookPlan, ports: LookPorts): Promise<Look> {
  const { clock, signal } = ports;
  // Three polls a bake, so that a plain failure is seen before its end.
  const pollMs = Math.max(SHORTEST_POLL_MS, Math.min(plan.bakeMs / 3, LONGEST_POLL_MS));
  // A look that goes on after a hold ends now: its bake time has passed long ago.
  const firstEndMs = Math.max(plan.start.getTime() + plan.bakeMs, clock.now().getTime());
  for (let round = 1; ;) {
    const end = new Date(firstEndMs + (round - 1) * plan.bakeMs);
    await ports.guard();
    const now = clock.now();
    const reading = await readCandidate(plan, ports, now < end ? now : end);
    if (reading.kind === "read" && isBeyondCeiling(reading.figures))
      return await concludeAtCeiling(plan, ports, reading.figures);
    const missing = describeMissing(reading, { end, now });
    if (missing === null && reading.kind === "read") {
      const look = await judgeAt(plan, ports, { end, candidate: reading.figures });
      if (look.verdict !== "inconclusive" || round === ENDS_OF_A_LOOK) return look;
      ports.log.info(`${look.reason} The look is extended.`);
      round += 1;
    } else if (now.getTime() >= end.getTime() + plan.metricsTimeoutMs) {
      if (round === ENDS_OF_A_LOOK) return outage(reading, missing ?? "", now);
      round += 1;
    } else {
      const untilEnd = end.getTime() - now.getTime();
      await clock.wait(untilEnd > 0 ? Math.min(pollMs, untilEnd) : pollMs, signal);
    }
  }
}

function readCandidate(plan: LookPlan, ports: LookPorts, end: Date): Promise<Reading> {
  const { service, candidate, start } = plan;
  const query = { service, revisions: [candidate], start, end, signal: ports.signal };
  return readFigures(ports.monitoring, query);
}

/** Why a look cannot end yet, or `null`. */
function describeMissing(
  reading: Reading,
  { end, now }: { readonly end: Date; readonly now: Date },
): string | null {
  if (reading.kind === "unavailable") return `Cloud Monitoring gave no figures: ${reading.why}`;
  if (now < end) return "the look is not over";
  const { newestPointEnd } = reading;
  if (newestPointEnd === null)
    return "Cloud Monitoring has no point of the candidate: no request reached it";
  return newestPointEnd < end
    ? `Cloud Monitoring's newest point of the candidate ends at ${newestPointEnd.toISOString()}, before the look's end`
    : null;
}

async function judgeAt(
  plan: LookPlan,
  ports: LookPorts,
  { end, candidate }: { readonly end: Date; readonly candidate: ServedFigures },
): Promise<Look> {
  const stable = await readStable(plan, ports, end);
  const judged = judgeLook(
    {
      candidate,
      stable: stable.kind === "read" ? stable.figures : { missing: stable.why },
      stableVersion: plan.stableVersion,
    },
    plan.rules,
  );
  return {
    ...judged,
    candidate,
    stable: stable.kind === "read" ? stable.figures : null,
    finished: ports.clock.now(),
  };
}

async function readStable(plan: LookPlan, ports: LookPorts, end: Date): Promise<Reading> {
  const { service, stable: revisions, start, compared } = plan;
  if (revisions.length === 0) return { kind: "unavailable", why: "there is no stable revision" };
  const window = compared === "alongside" ? { start, end } : compared;
  const query = { service, revisions, ...window, signal: ports.signal };
  const reading = await readFigures(ports.monitoring, query);
  return reading.kind === "read"
    ? reading
    : { ...reading, why: `Cloud Monitoring gave no figures of stable: ${reading.why}` };
}

async function concludeAtCeiling(
  plan: LookPlan,
  ports: LookPorts,
  candidate: ServedFigures,
): Promise<Look> {
  const now = ports.clock.now();
  const { judgements, stable } = await judgeAt(plan, ports, { end: now, candidate });
  const { errors, requests } = candidate;
  const reason = `${errors} of ${requests} requests to the candidate ended in 5xx: at 20 % no look is waited for.`;
  return { verdict: "fail", reason, judgements, candidate, stable, finished: now };
}

/** An outage of Monitoring is never a pass. */
function outage(reading: Reading, why: string, finished: Date): Look {
  return {
    verdict: "inconclusive",
    reason: `It cannot be told: ${why}.`,
    judgements: [],
    candidate: reading.kind === "read" ? reading.figures : NO_FIGURES,
    stable: null,
    finished,
  };
}

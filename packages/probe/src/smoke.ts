import {
  judgeThreshold,
  judgeWhole,
  type Clock,
  type Judgement,
  type Log,
  type Measure,
  type Threshold,
} from "#core";
import { sendBadRequests, type BadRequestResult } from "./bad-requests.ts";
import { isMatch, runCases, type CaseResult } from "./cases.ts";
import type { Tolerance } from "./compare.ts";
import type { Expectation } from "./expectation.ts";
import { measureLoad, type LoadFigures } from "./load.ts";
import { protocolOf, type Protocol, type ProtocolName } from "./protocols.ts";
import { readIdentity, waitUntilReady, type Identity, type Readiness } from "./readiness.ts";
import type { Target } from "./request.ts";

/** What a deployed model is asked. Times are milliseconds. */
export interface SmokePlan {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly expectation: Expectation;
  readonly protocol: ProtocolName;
  readonly tolerance: Tolerance;
  readonly thresholds: readonly Threshold[];
  readonly requests: number;
  readonly concurrency: number;
  readonly rate: number | null;
  readonly warmup: number;
  readonly timeoutMs: number;
  readonly readyTimeoutMs: number;
  readonly badRequests: boolean;
}

/** What a smoke test needs of the world. */
export interface SmokePorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Everything that was asked and how it was answered. */
export interface SmokeEvidence {
  readonly url: string;
  readonly expectation: Expectation;
  readonly readiness: Readiness;
  readonly identity: Identity | null;
  readonly cases: readonly CaseResult[];
  readonly badRequests: readonly BadRequestResult[];
  readonly load: LoadFigures | null;
}

/** How a smoke test ended. */
export interface SmokeOutcome {
  readonly verdict: "pass" | "fail";
  readonly reason: string;
  readonly evidence: SmokeEvidence;
  readonly judgements: readonly Judgement[];
  readonly measures: Readonly<Record<string, Measure>>;
}

/** Asks a deployed model whether it is the one, works, and is fast enough; bounded by its plan. */
export async function smokeDeployment(plan: SmokePlan, ports: SmokePorts): Promise<SmokeOutcome> {
  const { expectation } = plan;
  const protocol = protocolOf(plan.protocol, expectation.model ?? "model");
  const url = plan.url.replace(/\/+$/, "");
  const target: Target = { url, headers: plan.headers, timeoutMs: plan.timeoutMs };
  const { clock, signal } = ports;

  const readiness = await waitUntilReady(target, {
    protocol,
    readyTimeoutMs: plan.readyTimeoutMs,
    clock,
    signal,
  });
  const asked = {
    url,
    expectation,
    readiness,
    identity: null,
    cases: [],
    badRequests: [],
    load: null,
  };
  if (readiness.kind === "not-ready") {
    return refuse(
      asked,
      `${url} was not ready after ${seconds(readiness.waitedMs)}: ${readiness.why}.`,
    );
  }
  ports.log.info(`${url} is ready after ${seconds(readiness.waitedMs)}.`);

  // An old revision that answers well is a failure: identity comes before anything else.
  const identity = await readIdentity(target, signal);
  const stranger = describeStranger(expectation, identity);
  if (stranger !== null) return refuse({ ...asked, identity }, stranger);

  const cases = await runCases(target, expectation.cases, {
    protocol,
    tolerance: plan.tolerance,
    signal,
  });
  ports.log.info(`${cases.filter(isMatch).length} of ${cases.length} golden cases match.`);
  const [example] = expectation.cases;
  const badRequests = plan.badRequests
    ? await sendBadRequests(target, { protocol, example, signal })
    : [];
  const load = await measureLatency(plan, { target, protocol, expectation, ports });
  return judge(plan, { ...asked, identity, cases, badRequests, load });
}

async function measureLatency(
  plan: SmokePlan,
  {
    target,
    protocol,
    expectation,
    ports,
  }: {
    readonly target: Target;
    readonly protocol: Protocol;
    readonly expectation: Expectation;
    readonly ports: SmokePorts;
  },
): Promise<LoadFigures | null> {
  if (plan.requests === 0) return null;
  const predictions = expectation.cases.map(({ request }) => protocol.encode(request));
  // Without cases the readiness path is what can be timed: it says how near the server is, not how fast the model.
  const bodies =
    predictions.length > 0
      ? predictions
      : [{ method: "GET", path: protocol.readyPaths[0] ?? "/" } as const];
  const { requests, concurrency, rate, warmup } = plan;
  return measureLoad(target, { requests, concurrency, rate, warmup, bodies }, ports);
}

function describeStranger(expectation: Expectation, identity: Identity | null): string | null {
  const { model, version } = expectation;
  if (model === null && version === null) return null;
  const wanted = [model, version].filter((part) => part !== null).join(" ");
  if (identity === null)
    return `The server does not say what it is: GET /metadata has no answer. Expected ${wanted}.`;
  const wrong =
    (model !== null && identity.model !== model) ||
    (version !== null && identity.version !== version);
  if (!wrong) return null;
  return `The server says it is ${identity.model ?? "no model"} ${identity.version ?? "without a version"}, expected ${wanted}.`;
}

function judge(plan: SmokePlan, evidence: SmokeEvidence): SmokeOutcome {
  const measures = measuresOf(evidence);
  const judgements = plan.thresholds.map((threshold) =>
    judgeThreshold(
      threshold,
      {
        measure: measures[threshold.metric] ?? { value: null, reason: "it was not measured" },
        references: {},
      },
      { plainBounds: "point" },
    ),
  );
  const whole = judgeWhole(judgements, "fail");
  return {
    verdict: whole.verdict === "pass" ? "pass" : "fail",
    reason: whole.reason,
    evidence,
    judgements,
    measures,
  };
}

function measuresOf(evidence: SmokeEvidence): Readonly<Record<string, Measure>> {
  const { load, cases, readiness, badRequests, expectation } = evidence;
  const loaded = (value: number | null | undefined): Measure =>
    load === null
      ? { value: null, reason: "requests: 0 measures no latency" }
      : { value: value ?? null, n: load.requests };
  const unanswered = cases.filter((result) => result.failure !== null).length;
  const asked = cases.length + (load?.requests ?? 0);
  return {
    p50_ms: loaded(load?.p50Ms),
    p95_ms: loaded(load?.p95Ms),
    p99_ms: loaded(load?.p99Ms),
    rps: loaded(load?.rps),
    cold_start_ms: { value: readiness.waitedMs },
    error_rate:
      asked === 0
        ? { value: null, reason: "nothing was asked" }
        : { value: (unanswered + (load?.errors ?? 0)) / asked, n: asked },
    mismatches: {
      value: cases.filter((result) => !isMatch(result)).length,
      n: cases.length,
      ...(cases.length === 0 && { reason: expectation.casesFrom }),
    },
    bad_requests_accepted: {
      value: badRequests.filter((result) => !result.refused).length,
      n: badRequests.length,
    },
  };
}

function refuse(evidence: SmokeEvidence, reason: string): SmokeOutcome {
  return { verdict: "fail", reason, evidence, judgements: [], measures: {} };
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

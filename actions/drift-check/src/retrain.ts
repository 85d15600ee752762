import type { Clock } from "#core";
import { driftedColumns, type DriftCheck } from "./check.ts";
import type { Inputs } from "./inputs.ts";
import { composeIssue } from "./issue-text.ts";
import {
  countInARow,
  readIssueState,
  type IssueState,
  type RetrainingState,
} from "./issue-state.ts";
import type { IssueDesk, Retraining } from "./ports.ts";
import type { NamedCheck, TrackedIssue } from "./track-issue.ts";

/** What became of the retraining. */
export type RetrainingOutcome =
  | { readonly kind: "started"; readonly id: number | null; readonly url: string | null }
  /** This very check had started it before it was run again. */
  | { readonly kind: "already-started"; readonly id: number | null; readonly url: string | null }
  | { readonly kind: "held"; readonly why: string };

/** What starting a retraining needs. */
export interface RetrainingPorts {
  readonly issues: IssueDesk;
  readonly retraining: Retraining;
  readonly clock: Clock;
}

/** How long another check may take between claiming a retraining and starting it. */
const CLAIM_MS = 5 * 60_000;

/**
 * Starts the retraining workflow, once in a cool-down. The issue's memory is written before the
 * workflow is asked for: of a check that is killed in between, the next finds the claim, looks
 * whether a run was started since, and starts it only if none was.
 */
export async function startRetraining(
  inputs: Inputs,
  { named, issue }: { readonly named: NamedCheck; readonly issue: TrackedIssue },
  ports: RetrainingPorts,
): Promise<RetrainingOutcome> {
  const workflow = inputs.retrainWorkflow ?? "";
  const inARow = countInARow(issue.state);
  if (inARow < inputs.consecutive)
    return { kind: "held", why: `drift ${inARow} of ${inputs.consecutive} checks in a row` };

  const now = ports.clock.now();
  const last = issue.state.retraining;
  const decision = decideStart(last, { now, key: named.key, cooldownMs: inputs.cooldown });
  if (decision.kind !== "look" && decision.kind !== "start") return decision;
  if (decision.kind === "look" && last !== null) {
    const run = await ports.retraining.startedSince(workflow, new Date(last.at));
    if (run !== null) {
      await rememberRetraining(
        named.check,
        issue,
        { ...last, status: "started", run: run.id, url: run.url },
        ports,
      );
      return { kind: "already-started", ...run };
    }
  }

  const claim: RetrainingState = {
    status: "claimed",
    at: now.toISOString(),
    check: named.key,
    run: null,
    url: null,
  };
  const claimed = await rememberRetraining(named.check, issue, claim, ports);
  if (!(await isStillMine(issue.number, named.key, ports.issues)))
    return { kind: "held", why: "another check is starting it" };
  const run = await ports.retraining.start(workflow, composeInputs(inputs, named.check, issue));
  await rememberRetraining(
    named.check,
    { ...issue, state: claimed },
    { ...claim, status: "started", run: run.id, url: run.url },
    ports,
  );
  return { kind: "started", ...run };
}

type Decision = RetrainingOutcome | { readonly kind: "start" } | { readonly kind: "look" };

function decideStart(
  last: RetrainingState | null,
  {
    now,
    key,
    cooldownMs,
  }: { readonly now: Date; readonly key: string; readonly cooldownMs: number },
): Decision {
  if (last === null) return { kind: "start" };
  const ageMs = now.getTime() - Date.parse(last.at);
  if (last.status === "claimed") {
    const isOther = last.check !== key && ageMs < CLAIM_MS;
    return isOther ? { kind: "held", why: "another check is starting it" } : { kind: "look" };
  }
  if (last.check === key) return { kind: "already-started", id: last.run, url: last.url };
  if (ageMs >= cooldownMs) return { kind: "start" };
  const until = new Date(Date.parse(last.at) + cooldownMs).toISOString();
  return {
    kind: "held",
    why: `the last retraining began ${last.at}; none before ${until} (cooldown)`,
  };
}

async function rememberRetraining(
  check: DriftCheck,
  issue: Pick<TrackedIssue, "number" | "state">,
  retraining: RetrainingState,
  { issues }: RetrainingPorts,
): Promise<IssueState> {
  const state = { ...issue.state, retraining };
  await issues.update(issue.number, composeIssue(check, state));
  return state;
}

async function isStillMine(number: number, key: string, issues: IssueDesk): Promise<boolean> {
  const issue = (await issues.list()).find((candidate) => candidate.number === number);
  return readIssueState(issue?.body ?? "")?.retraining?.check === key;
}

/** What the workflow is told: which model, why, and where it can be followed. */
export function composeInputs(
  inputs: Pick<Inputs, "retrainInputs">,
  check: DriftCheck,
  issue: Pick<TrackedIssue, "number">,
): Readonly<Record<string, string>> {
  const further = Object.entries(inputs.retrainInputs ?? {}).map(
    ([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)] as const,
  );
  return {
    model: check.model,
    reason: composeReason(check),
    issue: String(issue.number),
    ...Object.fromEntries(further),
  };
}

const MOST_REASON = 300;

/** `drift since v1.1.0: 4 of 5 columns, most temp_min (js 0.41)`, on one line. */
export function composeReason(check: DriftCheck): string {
  const drifted = driftedColumns(check);
  const since = check.reference.version ?? check.reference.name;
  const most = drifted
    .slice(0, 5)
    .map(({ name, statistic, score }) =>
      score === null ? name : `${name} (${statistic} ${Number(score.toPrecision(3))})`,
    );
  const judged = check.columns.filter(({ score, drifted: has }) => score !== null || has).length;
  const text = `drift since ${since}: ${drifted.length} of ${judged} columns${most.length > 0 ? `: ${most.join(", ")}` : ""}`;
  return text.replaceAll(/\s+/g, " ").slice(0, MOST_REASON);
}

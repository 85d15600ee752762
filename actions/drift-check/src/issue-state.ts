import { verdictSchema } from "#core";
import * as z from "zod/mini";
import { driftedColumns, type DriftCheck } from "./check.ts";

/** How many checks an issue remembers. */
export const KEPT_CHECKS = 30;

const pastCheckSchema = z.looseObject({
  /** Names the check; a job that is run again has the same. */
  key: z.string(),
  at: z.string(),
  version: z.nullable(z.string()),
  rows: z.number(),
  verdict: verdictSchema,
  drifted: z.number(),
  judged: z.number(),
  /** The farthest column and its score. */
  worst: z.nullable(z.looseObject({ name: z.string(), score: z.nullable(z.number()) })),
  url: z.nullable(z.string()),
});
/** One row of an issue's table of checks. */
export type PastCheck = z.infer<typeof pastCheckSchema>;

const retrainingSchema = z.looseObject({
  /** `claimed` before the workflow is asked for, `started` when it has been. */
  status: z.enum(["claimed", "started"]),
  at: z.string(),
  /** The check that did it. */
  check: z.string(),
  run: z.nullable(z.number()),
  url: z.nullable(z.string()),
});
/** The last retraining that drift started. */
export type RetrainingState = z.infer<typeof retrainingSchema>;

const issueStateSchema = z.looseObject({
  schema: z.literal("slipway/drift-issue@1"),
  /** Oldest first. */
  checks: z.array(pastCheckSchema),
  retraining: z.nullable(retrainingSchema),
});
/** What an issue remembers between checks, in a hidden comment of its body. */
export type IssueState = z.infer<typeof issueStateSchema>;

/** Nothing remembered yet. */
export const EMPTY_STATE: IssueState = {
  schema: "slipway/drift-issue@1",
  checks: [],
  retraining: null,
};

/** Reads the memory in an issue's body; `null` where there is none or somebody broke it. */
export function readIssueState(body: string): IssueState | null {
  const text = /<!-- slipway-drift-state (.*?) -->/s.exec(body)?.[1];
  if (text === undefined) return null;
  try {
    const result = issueStateSchema.safeParse(JSON.parse(text));
    return result.success ? result.data : null;
  } catch {
    return null;
  }
}

/** The memory as a hidden comment: nothing in it can end the comment. */
export function formatIssueState(state: IssueState): string {
  const text = JSON.stringify(state).replaceAll("<", "\\u003c").replaceAll(">", "\\u003e");
  return `<!-- slipway-drift-state ${text} -->`;
}

/** The state with this check in it; a check that is run again takes its own place. */
export function recordCheck(state: IssueState, check: PastCheck): IssueState {
  const others = state.checks.filter(({ key }) => key !== check.key);
  const checks = [...others, check].toSorted((left, right) => left.at.localeCompare(right.at));
  return { ...state, checks: checks.slice(-KEPT_CHECKS) };
}

/** How many checks up to the last were drifted, one after the other; inconclusive ones neither count nor break. */
export function countInARow({ checks }: IssueState): number {
  let count = 0;
  for (const { verdict } of checks.toReversed()) {
    if (verdict === "pass") break;
    if (verdict === "fail") count++;
  }
  return count;
}

/** A check as the issue remembers it. */
export function summariseCheck(check: DriftCheck, key: string): PastCheck {
  const [worst] = driftedColumns(check);
  return {
    key,
    at: check.at,
    version: check.reference.version,
    rows: check.data.rows,
    verdict: check.verdict,
    drifted: check.columns.filter(({ drifted }) => drifted).length,
    judged: check.columns.filter(({ score, drifted }) => score !== null || drifted).length,
    worst: worst === undefined ? null : { name: worst.name.slice(0, 60), score: worst.score },
    url: check.runUrl,
  };
}

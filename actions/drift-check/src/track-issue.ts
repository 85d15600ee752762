import type { DriftCheck } from "./check.ts";
import { composeIssue, describeGone, describeReturn } from "./issue-text.ts";
import {
  EMPTY_STATE,
  readIssueState,
  recordCheck,
  summariseCheck,
  type IssueState,
} from "./issue-state.ts";
import type { DriftIssue, IssueDesk } from "./ports.ts";

/** What became of the model's drift issue. */
export interface TrackedIssue {
  readonly kind: "opened" | "reopened" | "updated" | "closed";
  readonly number: number;
  readonly url: string;
  readonly state: IssueState;
}

/** A check and the name under which it is remembered. */
export interface NamedCheck {
  readonly check: DriftCheck;
  readonly key: string;
}

/**
 * Keeps one issue for a model's drift: opened (or opened again) on drift, updated by every check
 * while open, closed with a comment when drift is gone. `null` when there is nothing to say.
 *
 * Every step can be done twice: what a killed check left half done, the next one finishes.
 */
export async function trackIssue(
  named: NamedCheck,
  issues: IssueDesk,
): Promise<TrackedIssue | null> {
  const known = await issues.list();
  const open = known.filter((issue) => issue.open);
  const [oldest, ...others] = open;
  for (const duplicate of others)
    await issues.closeDuplicate(duplicate.number, oldest?.number ?? 0);
  switch (named.check.verdict) {
    case "fail":
      return oldest === undefined
        ? raiseIssue(named, known.at(-1) ?? null, issues)
        : updateIssue(named, oldest, issues);
    case "pass":
      return oldest === undefined ? null : closeIssue(named, oldest, issues);
    case "inconclusive":
      return oldest === undefined ? null : updateIssue(named, oldest, issues);
  }
}

/** The last closed one is opened again, so that a model has one issue; the first time one is made. */
async function raiseIssue(
  named: NamedCheck,
  closed: DriftIssue | null,
  issues: IssueDesk,
): Promise<TrackedIssue> {
  if (closed !== null) {
    const state = remember(named, closed);
    await issues.comment(closed.number, `back ${named.key}`, describeReturn(named.check));
    const issue = await issues.update(closed.number, {
      ...composeIssue(named.check, state),
      state: "open",
    });
    return { kind: "reopened", number: issue.number, url: issue.url, state };
  }
  const state = remember(named, null);
  const mine = await issues.open(composeIssue(named.check, state));
  return settleRace(named, { mine, state }, issues);
}

/** Of two checks that opened one at the same time the older issue stays. */
async function settleRace(
  named: NamedCheck,
  { mine, state }: { readonly mine: DriftIssue; readonly state: IssueState },
  issues: IssueDesk,
): Promise<TrackedIssue> {
  const [oldest] = (await issues.list()).filter((issue) => issue.open);
  if (oldest === undefined || oldest.number >= mine.number)
    return { kind: "opened", number: mine.number, url: mine.url, state };
  await issues.closeDuplicate(mine.number, oldest.number);
  return updateIssue(named, oldest, issues);
}

async function updateIssue(
  named: NamedCheck,
  issue: DriftIssue,
  issues: IssueDesk,
): Promise<TrackedIssue> {
  const state = remember(named, issue);
  const updated = await issues.update(issue.number, composeIssue(named.check, state));
  return { kind: "updated", number: updated.number, url: updated.url, state };
}

/** The comment first: a check that is killed between both is run again and finds the issue still open. */
async function closeIssue(
  named: NamedCheck,
  issue: DriftIssue,
  issues: IssueDesk,
): Promise<TrackedIssue> {
  const state = remember(named, issue);
  await issues.comment(issue.number, `gone ${named.key}`, describeGone(named.check));
  const closed = await issues.update(issue.number, {
    ...composeIssue(named.check, state),
    state: "closed",
  });
  return { kind: "closed", number: closed.number, url: closed.url, state };
}

function remember({ check, key }: NamedCheck, issue: DriftIssue | null): IssueState {
  const state = issue === null ? null : readIssueState(issue.body);
  return recordCheck(state ?? EMPTY_STATE, summariseCheck(check, key));
}

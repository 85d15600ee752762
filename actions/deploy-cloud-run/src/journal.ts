import { SlipwayError, type Clock, type Judgement, type Log, type Verdict } from "#core";
import type { SmokeOutcome } from "#probe";
import type { ServedFigures } from "./served-figures.ts";

/** A step of a rollout, as it went. */
export interface StepRecord {
  readonly percent: number;
  readonly started: Date;
  readonly finished: Date;
  readonly candidate: ServedFigures;
  readonly stable: ServedFigures | null;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly judgements: readonly Judgement[];
}

/** From when on the candidate had which percentage. */
export interface TrafficMark {
  readonly at: Date;
  readonly percent: number;
}

/** What is noted while a rollout goes on, so that its report tells of one that broke off too. */
export interface Journal {
  readonly started: Date;
  readonly steps: StepRecord[];
  readonly marks: TrafficMark[];
  readonly warnings: string[];
  smoke: SmokeOutcome | null;
}

/** An empty journal. */
export function startJournal(clock: Clock): Journal {
  return { started: clock.now(), steps: [], marks: [], warnings: [], smoke: null };
}

/** Notes the candidate's share from now on. */
export function markTraffic(journal: Journal, clock: Clock, percent: number): void {
  journal.marks.push({ at: clock.now(), percent });
}

/** Says something that went wrong without deciding the rollout. */
export function warn(journal: Journal, log: Log, message: string): void {
  journal.warnings.push(message);
  log.warning(message);
}

/** Does what GitHub's records want; a refusal is a warning, never a failed rollout. */
export async function recordOrWarn<T>(
  { journal, log, what }: { readonly journal: Journal; readonly log: Log; readonly what: string },
  work: () => Promise<T>,
): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    const hint = error.hint === undefined ? "" : ` ${error.hint}`;
    warn(journal, log, `${what}: ${error.message}${hint}`);
    return null;
  }
}

import { InputError } from "#core";
import type { Direction } from "./trial.ts";

/** What a search is after: a direction and the metric it reads. */
export interface Objective {
  readonly direction: Direction;
  readonly metric: string;
}

/**
 * Reads `maximize f1_macro` or `minimize log_loss`.
 *
 * @throws InputError for any other form
 */
export function parseObjective(written: string): Objective {
  const match = /^\s*(minimi[sz]e|maximi[sz]e)\s+(\S.*?)\s*$/i.exec(written);
  const [, verb, metric] = match ?? [];
  if (verb === undefined || metric === undefined) {
    throw new InputError({
      code: "WRONG_OBJECTIVE",
      message: `objective is ${JSON.stringify(written)}; \`maximize <metric>\` or \`minimize <metric>\` was expected.`,
      hint: "For example: maximize f1_macro.",
    });
  }
  return { direction: /^mini/i.test(verb) ? "minimize" : "maximize", metric };
}

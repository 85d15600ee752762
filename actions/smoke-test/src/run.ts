import { smokeDeployment, type Expectation, type SmokeOutcome, type SmokePorts } from "#probe";
import { smokePlanOf } from "#toolkit";
import type { Inputs } from "./inputs.ts";

/** What smoke-test needs of the world. */
export interface Ports extends SmokePorts {
  expect(inputs: Inputs): Promise<Expectation>;
  /** Headers that let a request in. */
  authorise(inputs: Inputs): Promise<Readonly<Record<string, string>>>;
  /** Writes the report; its path. */
  writeReport(outcome: SmokeOutcome): Promise<string>;
}

export interface Outcome extends SmokeOutcome {
  readonly reportPath: string;
}

/** Asks a deployed model whether it is the one, works, and is fast enough. */
export async function smokeTest(inputs: Inputs, ports: Ports): Promise<Outcome> {
  const outcome = await smokeDeployment(
    {
      url: inputs.url,
      headers: await ports.authorise(inputs),
      expectation: await ports.expect(inputs),
      ...smokePlanOf(inputs),
    },
    ports,
  );
  return { ...outcome, reportPath: await ports.writeReport(outcome) };
}

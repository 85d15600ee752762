import { dryRun } from "./dry-run.ts";
import { composeDeployment } from "./deployment-document.ts";
import type { Inputs } from "./inputs.ts";
import { startJournal, warn } from "./journal.ts";
import { openRollout } from "./opening.ts";
import type { Outcome, RolloutOutcome } from "./outcome.ts";
import type { Ports } from "./ports.ts";
import { rollBack } from "./rollback.ts";
import { rollOut } from "./roll-out.ts";
import { readStatus } from "./status.ts";
import { readSubject, selectForDeploy } from "./subject.ts";

/**
 * Puts a version in front of users, step by step, and takes it back when it is worse; or gives the
 * traffic back to an earlier one at once; or says what serves.
 */
export async function deployCloudRun(inputs: Inputs, ports: Ports): Promise<Outcome> {
  if (inputs.mode === "status") return await readStatus(inputs, ports);
  if (inputs.dryRun) return await dryRun(inputs, ports);
  const outcome =
    inputs.mode === "rollback" ? await undo(inputs, ports) : await deploy(inputs, ports);
  await noteDeployment(outcome, ports);
  return outcome;
}

/** The traffic has moved: a full disk or a refused artifact must not hide where to. */
async function noteDeployment(outcome: RolloutOutcome, ports: Ports): Promise<void> {
  try {
    await ports.writeDeployment(composeDeployment(outcome));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    warn(outcome.journal, ports.log, `deployment.json could not be written or uploaded: ${why}`);
  }
}

async function deploy(inputs: Inputs, ports: Ports): Promise<RolloutOutcome> {
  const history = await ports.history.read(inputs.model);
  const subject = await readSubject(inputs, selectForDeploy(inputs, history), ports);
  const journal = startJournal(ports.clock);
  const opening = await openRollout(inputs, subject, { ports, journal });
  const { strategy } = inputs;
  return await rollOut({ inputs, subject, strategy, mode: "deploy", ports, journal }, opening);
}

async function undo(inputs: Inputs, ports: Ports): Promise<RolloutOutcome> {
  return await rollBack(inputs, { ports, journal: startJournal(ports.clock) });
}

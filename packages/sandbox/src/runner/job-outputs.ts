import { evaluateText } from "./expressions.ts";
import { scopeOf, type StepFrame } from "./job-session.ts";
import { entriesOf } from "./tokens.ts";
import type { StepsJob } from "./workflow-model.ts";

/** GitHub's limit of one job's outputs, counted in UTF-16. */
const maxOutputsBytes = 1024 * 1024;

/**
 * Evaluates the outputs of a job; one that holds a secret is left out, as on GitHub.
 *
 * @throws Error naming the output that goes over GitHub's limit
 */
export async function collectOutputs(
  job: StepsJob,
  steps: StepFrame,
): Promise<Record<string, string>> {
  const { session } = steps;
  const outputs: Record<string, string> = {};
  let sizeBytes = 0;
  for (const [name, template] of entriesOf(job.outputs)) {
    const value = (await evaluateText(template, scopeOf(steps))) ?? "";
    sizeBytes += Buffer.byteLength(value, "utf16le");
    if (session.masker.mask(value) !== value) {
      session.log.write(`##[warning]Skip output '${name}' since it may contain secret.`);
    } else if (sizeBytes > maxOutputsBytes) {
      throw new Error(
        `The outputs of job ${job.id} are more than GitHub's 1 MiB; '${name}' went over it.`,
      );
    } else if (value !== "") outputs[name] = value;
  }
  return outputs;
}

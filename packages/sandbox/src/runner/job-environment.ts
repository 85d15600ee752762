import { openDeployment, type JobDeployment } from "./deployments.ts";
import { evaluateText, type Scope } from "./expressions.ts";
import type { JobLeg } from "./job-leg.ts";
import { createRecord, scopeOf, type JobSession, type StepFrame } from "./job-session.ts";
import { report } from "./step-output.ts";
import { entriesOf } from "./tokens.ts";
import { describeError } from "./workflow-error.ts";

/** `environment:` of a job after evaluation. */
export interface JobEnvironment {
  readonly name: string;
  readonly deployment: boolean;
}

/** Reads the environment of a job, a name or a mapping. */
export async function evaluateEnvironment(
  { job }: JobLeg,
  scope: Scope,
): Promise<JobEnvironment | undefined> {
  const { environment } = job;
  if (environment === undefined) return undefined;
  const keys = entriesOf(environment);
  const name = (await evaluateText(keys.get("name") ?? environment, scope)) ?? "";
  if (name === "") return undefined;
  return { name, deployment: (await evaluateText(keys.get("deployment"), scope)) !== "false" };
}

/** Files the deployment of a job with an environment; when that fails the log says so. */
export async function openJobDeployment(
  leg: JobLeg,
  environment: JobEnvironment | undefined,
  { session, jobId }: { readonly session: JobSession; readonly jobId: number },
): Promise<JobDeployment | undefined> {
  if (environment === undefined || !environment.deployment) return undefined;
  const job = { jobId, name: leg.name, environment: environment.name };
  return openDeployment(leg.frame.context, job).catch((error: unknown) => {
    report(session, createRecord(), {
      level: "warning",
      message: `No deployment was filed: ${describeError(error)}`,
    });
    return undefined;
  });
}

/** The environment's url, which may name outputs of steps. */
export async function evaluateUrl(leg: JobLeg, steps: StepFrame): Promise<string | undefined> {
  const { environment } = leg.job;
  const url = entriesOf(environment).get("url");
  return evaluateText(url, scopeOf(steps)).catch(() => undefined);
}

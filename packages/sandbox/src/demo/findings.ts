/** What the steps of the story look at: versions, stages, traffic, outputs of steps. */
import type { ModelHistory } from "#core";
import type { ServiceState } from "../console/read-state.ts";
import type { RunOutcome } from "../runner/outcomes.ts";
import { names } from "./project.ts";
import { findStep } from "./workflow-runs.ts";
import type { World } from "./world.ts";

/** The demo's model as its tags tell it. */
export async function readModel({ state, repository }: World): Promise<ModelHistory | undefined> {
  const { repositories } = await state();
  return repositories
    .find(({ name }) => name === repository)
    ?.models.find(({ model }) => model === names.model);
}

/** The demo's service, or `undefined` before the first deployment. */
export async function readService({ state }: World): Promise<ServiceState | undefined> {
  return (await state()).services.find(({ name }) => name === names.service);
}

/** Which version a revision carries: the true one from what its container was told. */
export function versionOf(service: ServiceState, revision: string): string {
  const found = service.revisions.find(({ name }) => name === revision);
  return found?.environment["MODEL_VERSION"] ?? revision;
}

/** `v1.0.0 75 %, v1.1.0 25 %` */
export function describeTraffic(service: ServiceState | undefined): string {
  const serving = service?.traffic.filter(({ percent }) => percent > 0) ?? [];
  if (service === undefined || serving.length === 0) return "nothing serves yet";
  return serving
    .map(({ revision, percent }) => `${versionOf(service, revision)} ${percent} %`)
    .join(", ");
}

/** An output of a step, empty when the step or the output is not there. */
export function outputOf(run: RunOutcome, step: string, output: string): string {
  return findStep(run, step)?.outputs[output] ?? "";
}

/** A few numbers out of an output that holds a JSON map. */
export function numbersOf(json: string, wanted: readonly string[]): string {
  const metrics = (json === "" ? {} : JSON.parse(json)) as Readonly<Record<string, number | null>>;
  return wanted
    .flatMap((name) => {
      const value = metrics[name];
      return typeof value === "number" ? `${name} ${value.toFixed(3)}` : [];
    })
    .join(", ");
}

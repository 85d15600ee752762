import { describeTraffic, trafficTag, type RevisionTemplate, type Service } from "#google";
import type { Inputs } from "./inputs.ts";
import { nameRevision, readCandidate } from "./opening.ts";
import type { DryRunOutcome } from "./outcome.ts";
import type { Ports } from "./ports.ts";
import { findRevision, selectForRollback } from "./rollback.ts";
import { serviceSettings, maskOf } from "./service-settings.ts";
import { readSubject, selectForDeploy } from "./subject.ts";
import { composeTraffic, resolveTraffic } from "./traffic.ts";
import { stepsOf } from "./walk-steps.ts";

/** Lets Cloud Run check the first change of a deployment or rollback, and says what would happen. */
export async function dryRun(inputs: Inputs, ports: Ports): Promise<DryRunOutcome> {
  const service = await ports.run.getService(inputs.service, { signal: ports.signal });
  if (inputs.mode === "rollback") {
    const found = await dryRollback(inputs, service, ports);
    if (found !== null) return found;
  }
  return await dryDeploy(inputs, service, ports);
}

async function dryRollback(
  inputs: Inputs,
  service: Service | null,
  ports: Ports,
): Promise<DryRunOutcome | null> {
  const entry = await selectForRollback(inputs, service, ports);
  const revision = service === null ? null : await findRevision(inputs, entry, ports);
  if (service === null || revision === null) return null;
  const traffic = composeTraffic({
    service: inputs.service,
    stable: resolveTraffic(service),
    candidate: { revision, tag: trafficTag(inputs.service, entry.version) },
    percent: 100,
  });
  await validate(inputs, { traffic, updateMask: ["traffic"], fields: {} }, { ports, service });
  const now = describeTraffic(resolveTraffic(service));
  return {
    kind: "dry-run",
    mode: "rollback",
    model: inputs.model,
    version: entry.version,
    service: inputs.service,
    revision,
    url: service.uri ?? null,
    changes: [`traffic: ${now} → ${describeTraffic(traffic)}`],
    traffic,
  };
}

async function dryDeploy(
  inputs: Inputs,
  service: Service | null,
  ports: Ports,
): Promise<DryRunOutcome> {
  const entry =
    inputs.mode === "rollback"
      ? await selectForRollback(inputs, service, ports)
      : selectForDeploy(inputs, await ports.history.read(inputs.model));
  const { version } = entry;
  const subject = await readSubject(inputs, entry, ports);
  const candidate = await readCandidate(subject, { ports, service });
  const { config, template, stable, already } = candidate;
  const name = { service: inputs.service, version, config, taken: new Set<string>() };
  const revision = already ?? (await nameRevision(ports, name));
  const tag = trafficTag(inputs.service, version);
  const percent = stable.length === 0 ? 100 : 0;
  const plan = { service: inputs.service, stable, candidate: { revision, tag } };
  const traffic = already === null ? composeTraffic({ ...plan, percent }) : stable;
  const settings = serviceSettings(inputs, service);
  if (already === null) {
    const fields = { ...settings, template: { ...template, revision } };
    const updateMask = ["template", "traffic", ...maskOf(settings)];
    await validate(inputs, { traffic, updateMask, fields }, { ports, service });
  }
  const steps = stepsOf({
    inputs,
    strategy: inputs.mode === "rollback" ? "all-at-once" : inputs.strategy,
  });
  return {
    kind: "dry-run",
    mode: inputs.mode === "rollback" ? "rollback" : "deploy",
    model: inputs.model,
    version,
    service: inputs.service,
    revision,
    url: service?.uri ?? null,
    changes: [
      ...(already === null ? describeTemplate(candidate.base, template) : []),
      ...Object.entries(settings).map(([field, value]) => `${field}: ${JSON.stringify(value)}`),
      ...(already === null
        ? [
            `traffic: ${service === null ? "nothing" : describeTraffic(resolveTraffic(service))} → ${describeTraffic(traffic)}`,
            ...(percent === 0 ? [`then ${steps.map((step) => `${step} %`).join(", ")}`] : []),
          ]
        : []),
    ],
    traffic,
  };
}

async function validate(
  inputs: Inputs,
  change: {
    readonly traffic: DryRunOutcome["traffic"];
    readonly fields: object;
    readonly updateMask: readonly string[];
  },
  { ports, service }: { readonly ports: Ports; readonly service: Service | null },
): Promise<void> {
  await ports.run.patchService({
    service: inputs.service,
    fields: { ...change.fields, traffic: change.traffic },
    updateMask: change.updateMask,
    etag: service?.etag,
    allowMissing: service === null,
    validateOnly: true,
    signal: ports.signal,
  });
}

/** One line for each leaf of a template that changes. */
export function describeTemplate(
  before: RevisionTemplate | null,
  after: RevisionTemplate,
): readonly string[] {
  const [old, now] = [leavesOf(before ?? {}), leavesOf(after)];
  const names = [...new Set([...old.keys(), ...now.keys()])].sort();
  return names.flatMap((name) => {
    const [was, is] = [old.get(name), now.get(name)];
    if (was === is) return [];
    return [`${name}: ${was ?? "not set"} → ${is ?? "not set"}`];
  });
}

/** Lists of named things are told by their names: `containers[0].env.MODEL_URI`. */
function leavesOf(value: unknown, path = ""): Map<string, string> {
  const leaves = new Map<string, string>();
  const visit = (item: unknown, at: string): void => {
    if (Array.isArray(item)) {
      for (const [index, each] of item.entries()) visit(each, placeOf(each, at, index));
    } else if (typeof item === "object" && item !== null) {
      for (const [key, each] of Object.entries(item)) {
        if (key !== "name") visit(each, at === "" ? key : `${at}.${key}`);
      }
    } else if (item !== undefined)
      leaves.set(at, typeof item === "string" ? item : JSON.stringify(item));
  };
  visit(value, path);
  return leaves;
}

function placeOf(item: unknown, at: string, index: number): string {
  const name = (item as { readonly name?: unknown } | null)?.name;
  return typeof name === "string" ? `${at}.${name}` : `${at}[${index}]`;
}

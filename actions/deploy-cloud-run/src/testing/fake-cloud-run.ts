import { isDeepStrictEqual } from "node:util";
import { InputError, RemoteError, type Clock } from "#core";
import {
  isSettled,
  type CloudMonitoring,
  type CloudRun,
  type FiguresOutcome,
  type IamPolicy,
  type Operation,
  type Revision,
  type RevisionTemplate,
  type Service,
  type ServiceFields,
  type ServicePatch,
  type TrafficTarget,
} from "#google";
import { shortRevision } from "../traffic.ts";
import { composeFigures, type Behaviour, type TrafficMoment } from "./fake-monitoring.ts";

/** What a fake Cloud Run is made of. */
export interface FakeCloudOptions {
  readonly clock: Clock;
  /** Requests a second to each service. */
  requestsPerSecond: number;
  /** By the version in a revision's environment. */
  readonly behaviours: Record<string, Behaviour>;
  /** How late a point shows. */
  metricsLagMs: number;
  metricsDown: boolean;
}

/** Cloud Run and Monitoring in memory: revisions, traffic, etags and figures that follow from them. */
export interface FakeCloud {
  readonly run: CloudRun;
  readonly monitoring: CloudMonitoring;
  readonly options: FakeCloudOptions;
  /** What a person does in the console, past every etag. */
  setTraffic(service: string, traffic: readonly TrafficTarget[]): void;
  service(name: string): Service;
  revisions(service: string): readonly Revision[];
  policy(service: string): IamPolicy;
  /** How many PATCHes were accepted. */
  changes(): number;
}

interface Stored {
  readonly service: Service;
  readonly revisions: readonly Revision[];
  readonly policy: IamPolicy;
  readonly history: readonly TrafficMoment[];
}

const PARENT = "projects/acme-prod/locations/europe-west1";
const SETTLE_MS = 1000;

/** Starts a {@link FakeCloud} without services. */
export function fakeCloud(
  given: Pick<FakeCloudOptions, "clock"> & Partial<FakeCloudOptions>,
): FakeCloud {
  const options: FakeCloudOptions = {
    requestsPerSecond: 20,
    behaviours: {},
    metricsLagMs: 0,
    metricsDown: false,
    ...given,
  };
  const stored = new Map<string, Stored>();
  let changes = 0;
  const find = (name: string): Stored => {
    const found = stored.get(name);
    if (found === undefined) throw new Error(`there is no service ${name}`);
    return found;
  };

  const patchService: CloudRun["patchService"] = async (patch) => {
    patch.signal?.throwIfAborted();
    const before = stored.get(patch.service) ?? null;
    refuse(patch, before);
    const after = apply(patch, before, options);
    if (patch.validateOnly === true) return { kind: "validated", service: after.service };
    stored.set(patch.service, after);
    changes += 1;
    await options.clock.wait(SETTLE_MS);
    const failed = after.service.terminalCondition?.state === "CONDITION_FAILED";
    const operation: Operation<Service> = {
      name: `${PARENT}/operations/${changes}`,
      done: true,
      ...(failed ? { error: { code: 9, message: "failed" } } : { response: after.service }),
    };
    return { kind: "started", operation };
  };

  return {
    options,
    monitoring: { requestFigures: (query) => Promise.resolve(figures(query, find, options)) },
    service: (name) => find(name).service,
    revisions: (name) => find(name).revisions,
    policy: (name) => find(name).policy,
    changes: () => changes,
    setTraffic: (name, traffic) => {
      const before = find(name);
      stored.set(
        name,
        apply({ service: name, fields: { traffic }, updateMask: ["traffic"] }, before, options),
      );
    },
    run: {
      getService: (name, { signal } = {}) => {
        signal?.throwIfAborted();
        return Promise.resolve(stored.get(name)?.service ?? null);
      },
      patchService,
      getRevision: (name, revision) =>
        Promise.resolve(
          stored.get(name)?.revisions.find((each) => shortRevision(each.name) === revision) ?? null,
        ),
      listRevisions: (name) => Promise.resolve(find(name).revisions.toReversed()),
      waitOperation: (operation) =>
        operation.error === undefined
          ? Promise.resolve(operation.response)
          : Promise.reject(startFailure()),
      waitSettled: (name, { traffic, revision }) => {
        const { service, revisions } = find(name);
        const made = revisions.find((each) => shortRevision(each.name) === revision) ?? null;
        const settlement = isSettled(service, {
          revision: made,
          ...(traffic === undefined ? {} : { traffic }),
        });
        if (settlement.kind === "settled") return Promise.resolve(service);
        return Promise.reject(
          settlement.kind === "failed" ? settlement.error : new Error(settlement.why),
        );
      },
      getIamPolicy: (name) => Promise.resolve(find(name).policy),
      setIamPolicy: (name, policy) => {
        stored.set(name, { ...find(name), policy });
        return Promise.resolve(policy);
      },
      changeInvokers: (name, { add = [], remove = [] }) => {
        const { policy } = find(name);
        const members = new Set((policy.bindings ?? []).flatMap((each) => each.members ?? []));
        for (const member of remove) members.delete(member);
        for (const member of add) members.add(member);
        const changed = { bindings: [{ role: "roles/run.invoker", members: [...members] }] };
        stored.set(name, { ...find(name), policy: changed });
        return Promise.resolve(changed);
      },
    },
  };
}

function startFailure(): RemoteError {
  return new RemoteError({
    code: "HEALTH_CHECK_CONTAINER_ERROR",
    message: "The container did not listen. Log: https://console.example/logs",
    hint: "Read its log.",
    call: "wait",
    status: null,
    retryable: false,
  });
}

function refuse(patch: ServicePatch, before: Stored | null): void {
  const fault = (code: string, status: number) =>
    new RemoteError({ code, message: code, call: "PATCH", status, retryable: false });
  if (before === null) {
    if (patch.allowMissing !== true) throw fault("NOT_FOUND", 404);
    return;
  }
  if (patch.etag !== undefined && patch.etag !== before.service.etag)
    throw fault("SERVICE_CHANGED", 409);
  const wanted = patch.updateMask.includes("template") ? patch.fields.template : undefined;
  const known = before.revisions.find((each) => shortRevision(each.name) === wanted?.revision);
  if (wanted === undefined || known === undefined) return;
  if (isDeepStrictEqual(fieldsOf(known), fieldsOf(withDefaults(wanted)))) return;
  throw new InputError({ code: "REVISION_EXISTS", message: `${wanted.revision} exists.` });
}

/** As the live service does, a template is filled in. */
function withDefaults(template: RevisionTemplate): RevisionTemplate {
  return {
    ...template,
    timeout: template.timeout ?? "300s",
    maxInstanceRequestConcurrency: template.maxInstanceRequestConcurrency ?? 80,
    containers: (template.containers ?? []).map((container) => ({
      ...container,
      ports: container.ports ?? [{ name: "http1", containerPort: 8080 }],
    })),
  };
}

function fieldsOf(template: Revision | RevisionTemplate) {
  const { labels, annotations, containers, timeout, scaling } = template as RevisionTemplate;
  return { labels, annotations, containers, timeout, scaling };
}

function apply(patch: ServicePatch, before: Stored | null, options: FakeCloudOptions): Stored {
  const name = `${PARENT}/services/${patch.service}`;
  const fields = before === null ? patch.fields : maskedFields(patch);
  const template = fields.template === undefined ? undefined : withDefaults(fields.template);
  const generation = String(Number(before?.service.generation ?? "0") + 1);
  const revisions = withRevision(before?.revisions ?? [], { name, template, generation, options });
  const wanted = { ...before?.service, ...fields, ...(template && { template }) };
  const traffic = wanted.traffic ?? [];
  const latestReady =
    revisions.findLast((each) => isUp(each))?.name ?? before?.service.latestReadyRevision;
  const made = revisions.find((each) => shortRevision(each.name) === template?.revision);
  const failed = made !== undefined && !isUp(made);
  const statuses = failed
    ? (before?.service.trafficStatuses ?? [])
    : serve(patch.service, traffic, latestReady);
  const state = failed ? "CONDITION_FAILED" : "CONDITION_SUCCEEDED";
  const service: Service = {
    ...wanted,
    name,
    generation,
    observedGeneration: generation,
    etag: `"${generation}"`,
    uri: `https://${patch.service}.example`,
    terminalCondition: {
      type: "Ready",
      state,
      ...(failed && { reason: "HEALTH_CHECK_CONTAINER_ERROR", message: "it did not listen" }),
    },
    ...(latestReady !== undefined && { latestReadyRevision: latestReady }),
    trafficStatuses: statuses,
  };
  const history = [
    ...(before?.history ?? []),
    { atMs: options.clock.now().getTime(), traffic: statuses },
  ];
  return { service, revisions, policy: before?.policy ?? {}, history };
}

function maskedFields({ fields, updateMask }: ServicePatch): ServiceFields {
  const names = updateMask.map((path) => path.split(".")[0] ?? "");
  return Object.fromEntries(names.map((name) => [name, fields[name]]));
}

function withRevision(
  revisions: readonly Revision[],
  facts: {
    readonly name: string;
    readonly template: RevisionTemplate | undefined;
    readonly generation: string;
    readonly options: FakeCloudOptions;
  },
): readonly Revision[] {
  const { name, template, generation, options } = facts;
  if (template === undefined) return revisions;
  const { revision: short = `${name.split("/").at(-1)}-${generation}`, ...content } = template;
  if (revisions.some((each) => shortRevision(each.name) === short)) return revisions;
  const fails = options.behaviours[versionIn(template)]?.startFails === true;
  const state = fails ? "CONDITION_FAILED" : "CONDITION_SUCCEEDED";
  return [
    ...revisions,
    {
      ...content,
      name: `${name}/revisions/${short}`,
      createTime: options.clock.now().toISOString(),
      conditions: [
        { type: "Ready", state, ...(fails && { reason: "HEALTH_CHECK_CONTAINER_ERROR" }) },
      ],
    },
  ];
}

/** The version that a template's container is told to serve. */
export function versionIn({ containers = [] }: Pick<RevisionTemplate, "containers">): string {
  return containers[0]?.env?.find(({ name }) => name === "MODEL_VERSION")?.value ?? "none";
}

function isUp({ conditions }: Revision): boolean {
  return conditions?.some(({ state }) => state === "CONDITION_SUCCEEDED") === true;
}

function serve(service: string, traffic: readonly TrafficTarget[], latest: string | undefined) {
  const targets: readonly TrafficTarget[] =
    traffic.length === 0
      ? [{ type: "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", percent: 100 }]
      : traffic;
  return targets.map((target) => ({
    ...target,
    ...(target.tag !== undefined && { uri: `https://${target.tag}---${service}.example` }),
    served: shortRevision(target.revision ?? latest ?? ""),
  }));
}

function figures(
  query: Parameters<CloudMonitoring["requestFigures"]>[0],
  find: (name: string) => Stored,
  options: FakeCloudOptions,
): FiguresOutcome {
  if (options.metricsDown) return { kind: "unavailable", why: "Monitoring answered 503." };
  const { history, revisions } = find(query.service);
  const made = revisions.find((each) => shortRevision(each.name) === query.revision);
  return composeFigures(query, {
    history,
    behaviour: options.behaviours[versionIn(made ?? {})] ?? {},
    requestsPerSecond: options.requestsPerSecond,
    shownMs: options.clock.now().getTime() - options.metricsLagMs,
  });
}

import { setTimeout as sleep } from "node:timers/promises";
import type { Fronts } from "./front.ts";
import type { Instances, StartFailure } from "./instances.ts";
import {
  isReady,
  serviceName,
  type Condition,
  type RevisionRecord,
  type Route,
  type ServiceRecord,
} from "./model.ts";
import { asAny, type Operations } from "./operations.ts";
import { renderService, type Addresses } from "./render-service.ts";
import type { RunStore } from "./run-store.ts";
import { settleTraffic } from "./traffic.ts";

/** Makes what is into what is asked for. */
export interface Reconciler {
  /** Works towards a service's present generation and finishes the operation with the outcome. */
  enqueue(service: string, operation: string): void;
  /** After a start of the sandbox: opens every address, starts what serves, resumes the rest. */
  resume(): Promise<void>;
  /** Ends a service's processes and addresses. */
  retire(service: ServiceRecord): Promise<void>;
  /** Begins nothing more and resolves when nothing is under way; what was is resumed at the next start. */
  close(): Promise<void>;
}

/** What the reconciler works with. */
export interface ReconcilerContext {
  readonly store: RunStore;
  readonly operations: Operations;
  readonly instances: Instances;
  readonly fronts: Fronts;
  readonly addresses: Addresses;
  /** What an operation takes at least, as at the live service where it takes seconds. */
  readonly operationDelayMs: number;
}

/** Reconciles each service's generations one after the other. */
export function createReconciler(context: ReconcilerContext): Reconciler {
  const { store, operations, instances, fronts, addresses } = context;
  const queues = new Map<string, Promise<void>>();
  let isClosing = false;

  function enqueue(name: string, operation: string): void {
    const before = queues.get(name) ?? Promise.resolve();
    const work = before.then(() => reconcile(name, operation));
    queues.set(name, work);
  }

  async function reconcile(name: string, operation: string): Promise<void> {
    if (!isClosing) await sleep(context.operationDelayMs);
    if (isClosing) return;
    const generation = store.operation(operation)?.generation ?? 0;
    const failure = await work(name, generation).catch(internalFailure);
    // Ended by the end of the sandbox: that says nothing of the service.
    if (isClosing) return;
    const service = settle(name, generation, failure);
    const result = service === undefined ? {} : asAny("Service", renderService(service, addresses));
    operations.finish(operation, outcome(result, failure), result);
  }

  /** Starts and routes; returns why it could not. */
  async function work(name: string, generation: number): Promise<StartFailure | undefined> {
    const before = store.service(name);
    if (before === undefined) return deleted;
    const made = before.revisions.find(({ serviceGeneration }) => serviceGeneration === generation);
    if (made !== undefined && !isReady(made)) {
      const started = await instances.ensure(before, made);
      const conditions = revisionConditions(started.kind === "failed" ? started : undefined);
      store.updateService(name, ({ revisions }) => ({
        revisions: revisions.map((each) =>
          each.name === made.name ? { ...each, conditions, updated: now() } : each,
        ),
        ...(started.kind === "ready" ? { latestReady: made.name } : {}),
      }));
      if (started.kind === "failed") return started;
    }
    return route(name);
  }

  async function route(name: string): Promise<StartFailure | undefined> {
    const service = store.service(name);
    if (service === undefined) return deleted;
    const { spec, revisions, latestReady = "" } = service;
    const settled = settleTraffic(spec.traffic ?? [], revisions, latestReady);
    if (settled.kind === "missing") return missingRevision(settled.revision);
    for (const { revision } of settled.routes) {
      const record = revisions.find((each) => each.name === revision);
      if (record === undefined) continue;
      const started = await instances.ensure(service, record);
      if (started.kind === "failed") return started;
    }
    const routed = await openTags(name, settled.routes);
    await retireUnrouted(routed);
    return undefined;
  }

  async function openTags(
    name: string,
    routes: readonly Route[],
  ): Promise<ServiceRecord | undefined> {
    const before = store.service(name);
    const tags = routes.flatMap(({ target }) => (target.tag === undefined ? [] : [target.tag]));
    const open = before?.routes.flatMap(({ target }) => target.tag ?? []) ?? [];
    for (const tag of open.filter((tag) => !tags.includes(tag))) await fronts.close(name, tag);
    const ports: Record<string, number> = { ...before?.tagPorts };
    for (const tag of tags.filter((tag) => !open.includes(tag))) {
      ports[tag] = await fronts.open(name, tag, ports[tag]);
    }
    return store.updateService(name, () => ({ routes, tagPorts: ports }));
  }

  async function retireUnrouted(service: ServiceRecord | undefined): Promise<void> {
    for (const { name } of service?.revisions ?? []) {
      const isRouted = service?.routes.some(({ revision }) => revision === name) === true;
      if (service !== undefined && !isRouted && instances.isRunning(service, name)) {
        // Requests under way end in order: the server drains on SIGTERM.
        void instances.stop(service, name);
      }
    }
  }

  function settle(
    name: string,
    generation: number,
    failure: StartFailure | undefined,
  ): ServiceRecord | undefined {
    return store.updateService(name, (before) => ({
      observedGeneration: generation,
      updated: now(),
      ...(before.generation === generation
        ? serviceConditions(failure)
        : { terminalCondition: before.terminalCondition }),
    }));
  }

  return {
    enqueue,
    retire: async (service) => {
      await fronts.close(serviceName(service));
      await Promise.all(service.revisions.map(({ name }) => instances.stop(service, name)));
    },
    close: async () => {
      isClosing = true;
      await Promise.all(queues.values());
    },
    resume: async () => {
      for (const service of store.services()) await reopen(context, service);
      for (const { name, service, done, metadata } of store.operations()) {
        if (done) continue;
        if (metadata["deleteTime"] === undefined) enqueue(service, name);
        else operations.finish(name, { response: metadata }, metadata);
      }
    },
  };
}

async function reopen(
  { store, fronts, instances }: ReconcilerContext,
  service: ServiceRecord,
): Promise<void> {
  const name = serviceName(service);
  const port = await fronts.open(name, undefined, service.port);
  const tagPorts: Record<string, number> = { ...service.tagPorts };
  for (const { target } of service.routes) {
    if (target.tag === undefined) continue;
    tagPorts[target.tag] = await fronts.open(name, target.tag, tagPorts[target.tag]);
  }
  store.updateService(name, () => ({ port, tagPorts }));
  const serving = new Set(service.routes.map(({ revision }) => revision));
  const started = service.revisions
    .filter((revision) => serving.has(revision.name))
    .map((revision) => instances.ensure(service, revision));
  await Promise.all(started);
}

const now = (): string => new Date().toISOString();

const deleted: StartFailure = {
  kind: "failed",
  code: 10,
  message: "The service was deleted meanwhile.",
};

function internalFailure(error: unknown): StartFailure {
  const message = error instanceof Error ? error.message : String(error);
  return { kind: "failed", code: 13, reason: "INTERNAL", message: `Internal error: ${message}` };
}

function missingRevision(revision: string): StartFailure {
  return {
    kind: "failed",
    code: 9,
    reason: "REVISION_FAILED",
    message: `Revision '${revision}' does not exist or is deleted. Update all traffic to route to currently available revisions.`,
  };
}

function outcome(
  response: Readonly<Record<string, unknown>>,
  failure: StartFailure | undefined,
): Parameters<Operations["finish"]>[1] {
  if (failure === undefined) return { response };
  return { error: { code: failure.code, message: failure.message } };
}

function condition(type: string, failure: StartFailure | undefined): Condition {
  if (failure === undefined) {
    return { type, state: "CONDITION_SUCCEEDED", lastTransitionTime: now() };
  }
  const { message, reason, revisionReason } = failure;
  return {
    type,
    state: "CONDITION_FAILED",
    message,
    lastTransitionTime: now(),
    ...(reason === undefined ? {} : { reason }),
    ...(revisionReason === undefined ? {} : { revisionReason }),
  };
}

function serviceConditions(
  failure: StartFailure | undefined,
): Pick<ServiceRecord, "terminalCondition" | "conditions"> {
  return {
    terminalCondition: condition("Ready", failure),
    conditions: [condition("RoutesReady", failure), condition("ConfigurationsReady", failure)],
  };
}

/** Conditions of a service whose newest generation is not there yet. */
export function reconcilingConditions(): Pick<ServiceRecord, "terminalCondition" | "conditions"> {
  const pending = (type: string): Condition => ({
    type,
    state: "CONDITION_RECONCILING",
    lastTransitionTime: now(),
  });
  return {
    terminalCondition: pending("Ready"),
    conditions: [pending("RoutesReady"), pending("ConfigurationsReady")],
  };
}

function revisionConditions(failure: StartFailure | undefined): RevisionRecord["conditions"] {
  const isImage = failure?.reason === "CONTAINER_MISSING";
  return [
    condition("Ready", failure),
    { type: "ResourcesAvailable", state: "CONDITION_SUCCEEDED", lastTransitionTime: now() },
    condition("ContainerReady", isImage ? failure : undefined),
    condition("ContainerHealthy", failure),
  ];
}

import { randomUUID } from "node:crypto";
import { serviceName, type OperationRecord, type ServiceRecord } from "./model.ts";
import type { JsonObject } from "./proto-json.ts";
import type { RunStore } from "./run-store.ts";

/** Long-running operations: they take their time, and somebody may wait for them. */
export interface Operations {
  /** Begins an operation on a service. */
  begin(service: ServiceRecord, metadata: JsonObject): OperationRecord;
  /** An operation that was done before anybody could ask, and is not kept. */
  immediate(service: ServiceRecord, response: JsonObject): OperationRecord;
  finish(
    name: string,
    result: Pick<OperationRecord, "response" | "error">,
    metadata: JsonObject,
  ): void;
  /** Resolves when the operation is done, or after `timeoutMs`. */
  wait(name: string, timeoutMs: number): Promise<void>;
}

/** The operations kept in a store. */
export function createOperations(store: RunStore): Operations {
  const waiting = new Map<string, Set<() => void>>();

  function create(service: ServiceRecord, metadata: JsonObject): OperationRecord {
    const { project, location, generation } = service;
    return {
      name: `projects/${project}/locations/${location}/operations/${randomUUID()}`,
      started: new Date().toISOString(),
      service: serviceName(service),
      generation,
      done: false,
      metadata,
    };
  }

  return {
    begin: (service, metadata) => {
      const operation = create(service, metadata);
      store.saveOperation(operation);
      return operation;
    },
    immediate: (service, response) => ({
      ...create(service, response),
      done: true,
      response,
    }),
    finish: (name, result, metadata) => {
      const operation = store.operation(name);
      if (operation === undefined || operation.done) return;
      store.saveOperation({ ...operation, ...result, metadata, done: true });
      for (const resolve of waiting.get(name) ?? []) resolve();
      waiting.delete(name);
    },
    wait: async (name, timeoutMs) => {
      if (store.operation(name)?.done !== false) return;
      const listeners = waiting.get(name) ?? new Set();
      waiting.set(name, listeners);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(end, timeoutMs);
        function end(): void {
          clearTimeout(timer);
          listeners.delete(end);
          resolve();
        }
        listeners.add(end);
      });
    },
  };
}

/** The `google.longrunning.Operation` of Cloud Run. */
export function renderOperation({
  name,
  done,
  metadata,
  response,
  error,
}: OperationRecord): JsonObject {
  return {
    name,
    metadata,
    ...(done ? { done } : {}),
    ...(response === undefined ? {} : { response }),
    ...(error === undefined ? {} : { error }),
  };
}

/** A message as an `Any`. */
export function asAny(typeName: "Service" | "Revision", message: JsonObject): JsonObject {
  return { "@type": `type.googleapis.com/google.cloud.run.v2.${typeName}`, ...message };
}

import { join } from "node:path";
import { readJsonFile, writeJsonFile } from "../google-identity/json-file.ts";
import { serviceName, type OperationRecord, type ServiceRecord } from "./model.ts";

/** Services and operations, in memory and in `state.json`, saved with each change. */
export interface RunStore {
  service(name: string): ServiceRecord | undefined;
  services(): readonly ServiceRecord[];
  saveService(service: ServiceRecord): void;
  /** Replaces a service by what `change` makes of it as it is now; nothing when it is gone. */
  updateService(
    name: string,
    change: (before: ServiceRecord) => Partial<ServiceRecord>,
  ): ServiceRecord | undefined;
  removeService(name: string): void;
  operation(name: string): OperationRecord | undefined;
  operations(): readonly OperationRecord[];
  saveOperation(operation: OperationRecord): void;
}

interface State {
  readonly services: readonly ServiceRecord[];
  readonly operations: readonly OperationRecord[];
}

const keptOperations = 500;

/** Opens the state kept in `stateDirectory`. */
export function openRunStore(stateDirectory: string): RunStore {
  const file = join(stateDirectory, "state.json");
  const before = (readJsonFile(file) ?? { services: [], operations: [] }) as State;
  const services = new Map(before.services.map((service) => [serviceName(service), service]));
  const operations = new Map(before.operations.map((operation) => [operation.name, operation]));

  const save = (): void =>
    writeJsonFile(file, {
      services: [...services.values()],
      operations: [...operations.values()].slice(-keptOperations),
    } satisfies State);

  function saveService(service: ServiceRecord): void {
    services.set(serviceName(service), service);
    save();
  }

  return {
    service: (name) => services.get(name),
    services: () => [...services.values()],
    saveService,
    updateService: (name, change) => {
      const now = services.get(name);
      if (now === undefined) return undefined;
      const after = { ...now, ...change(now), version: now.version + 1 };
      saveService(after);
      return after;
    },
    removeService: (name) => {
      services.delete(name);
      save();
    },
    operation: (name) => operations.get(name),
    operations: () => [...operations.values()],
    saveOperation: (operation) => {
      operations.set(operation.name, operation);
      save();
    },
  };
}

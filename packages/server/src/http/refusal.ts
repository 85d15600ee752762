import { MOST_FAULTS, type InstanceFault } from "../check-instances.ts";

/** One thing that is wrong with a request, by its place in the body. */
export interface RequestFault {
  /** `instances[0].temp_max` */
  readonly path: string;
  readonly message: string;
}

/** A request that gets no predictions. */
export interface Refusal {
  readonly status: 400 | 404 | 405 | 408 | 413 | 415 | 422 | 500 | 503 | 504;
  readonly code: string;
  readonly message: string;
  readonly faults?: readonly RequestFault[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal of values, with every fault in its message too, for people who read only that. */
export function refuseFaults(faults: readonly RequestFault[]): Refusal {
  const lines = faults.map(({ path, message }) => `${path}: ${message}`);
  const more = faults.length >= MOST_FAULTS ? ["(only the first are listed)"] : [];
  return {
    status: 422,
    code: "INVALID_INSTANCES",
    message: [...lines, ...more].join("\n"),
    faults,
  };
}

/** Where a fault of an instance stands: `instances[2].wind`. */
export function instancePath({ row, column }: InstanceFault): string {
  if (column === null) return `instances[${row}]`;
  const isPlain = /^[A-Za-z_$][\w$]*$/.test(column);
  return `instances[${row}]${isPlain ? `.${column}` : `[${JSON.stringify(column)}]`}`;
}

/** The whole body is not what the route takes. */
export function refuseShape(message: string): Refusal {
  return { status: 400, code: "INVALID_REQUEST", message };
}

/** The server cannot answer now, but may soon. */
export function refuseBusy(code: string, message: string): Refusal {
  return { status: 503, code, message, headers: { "retry-after": "1" } };
}

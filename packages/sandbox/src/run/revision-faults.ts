import { ApiError } from "../google-identity/api-error.ts";

/** A fault that the front puts before the revisions of one service. */
export interface RevisionFault {
  /** Short name of the service. */
  readonly service: string;
  /** Regular expression that a revision's whole name must match. */
  readonly revisionPattern: string;
  /** Share of requests that are answered with 500 without reaching the container. */
  readonly errorRate: number;
  readonly extraLatencyMs: number;
}

/** The open revision faults. */
export interface RevisionFaults {
  add(fault: RevisionFault): void;
  list(): readonly RevisionFault[];
  /** Ends all faults, or those of one service. */
  clear(service?: string): void;
  /** What a request to a revision suffers: all its faults together. */
  effect(
    service: string,
    revision: string,
  ): { readonly errorRate: number; readonly extraLatencyMs: number };
}

/** Revision faults, none at first. */
export function createRevisionFaults(): RevisionFaults {
  let open: readonly RevisionFault[] = [];
  return {
    add: (fault) => {
      open = [...open, fault];
    },
    list: () => open,
    clear: (service) => {
      open = service === undefined ? [] : open.filter((fault) => fault.service !== service);
    },
    effect: (service, revision) => {
      const hits = open.filter(
        (fault) =>
          fault.service === service && new RegExp(`^(?:${fault.revisionPattern})$`).test(revision),
      );
      return {
        errorRate: 1 - hits.reduce((passes, { errorRate }) => passes * (1 - errorRate), 1),
        extraLatencyMs: hits.reduce((sum, { extraLatencyMs }) => sum + extraLatencyMs, 0),
      };
    },
  };
}

/**
 * Reads a fault from a request's body.
 *
 * @throws ApiError 400 that names the field
 */
export function parseRevisionFault(body: Readonly<Record<string, unknown>>): RevisionFault {
  const { service, revisionPattern = ".*", errorRate = 0, extraLatencyMs = 0, ...rest } = body;
  const fail = (what: string): never => {
    throw new ApiError("INVALID_ARGUMENT", what);
  };
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) return fail(`Unknown name "${unknown}".`);
  if (typeof service !== "string") return fail("service: expected the service's short name.");
  if (typeof revisionPattern !== "string") return fail("revisionPattern: expected a string.");
  try {
    void new RegExp(revisionPattern);
  } catch {
    return fail("revisionPattern: expected a regular expression.");
  }
  if (typeof errorRate !== "number" || errorRate < 0 || errorRate > 1) {
    return fail("errorRate: expected a number from 0 to 1.");
  }
  if (typeof extraLatencyMs !== "number" || extraLatencyMs < 0) {
    return fail("extraLatencyMs: expected a number, 0 or more.");
  }
  return { service, revisionPattern, errorRate, extraLatencyMs };
}

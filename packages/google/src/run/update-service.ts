import { InputError, RemoteError } from "#core";
import { GoogleError, isStatus } from "../remote-errors.ts";
import { backoffMs } from "../retry.ts";
import { carriesUpdate } from "./patch.ts";
import type { RunParts } from "./run-parts.ts";
import { describeTraffic } from "./settled.ts";
import type { Operation, Service, ServiceFields } from "./types.ts";

/** A change to a service. */
export interface ServicePatch {
  /** The service's own short name. */
  readonly service: string;
  readonly fields: ServiceFields;
  readonly updateMask: readonly string[];
  /** The etag of the service as it was read: another one's change in between is refused. */
  readonly etag?: string | undefined;
  /** Checks the change and makes none. */
  readonly validateOnly?: boolean;
  /** Creates the service when there is none. */
  readonly allowMissing?: boolean;
  readonly signal?: AbortSignal;
}

/** What became of a change to a service. */
export type PatchOutcome =
  /** Accepted: wait for the operation. */
  | { readonly kind: "started"; readonly operation: Operation<Service> }
  /** An attempt whose answer was lost had arrived: the service already carries the change. */
  | { readonly kind: "applied"; readonly service: Service }
  /** `validateOnly`: the change would be accepted; nothing was changed. */
  | { readonly kind: "validated"; readonly service: Service | null };

/** A change and how the service is read before it is repeated. */
export interface Update {
  readonly patch: ServicePatch;
  readonly current: () => Promise<Service | null>;
}

/** Sends a PATCH; see `CloudRun.patchService` for how it is repeated. */
export async function updateService(
  parts: RunParts,
  name: string,
  update: Update,
): Promise<PatchOutcome> {
  const { signal } = update.patch;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await sendPatch(parts, name, update.patch);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof GoogleError)) throw error;
      if (isStatus(error, 409)) {
        // A repetition may have met its own predecessor.
        const arrived = attempt === 1 ? null : await seeWhatArrived(update, error);
        if (arrived !== null) return arrived;
        throw conflict(error, update.patch);
      }
      if (!error.retryable || attempt >= parts.retryPolicy.attempts) throw error;
      const { retryAfterMs } = error;
      const policy = parts.retryPolicy;
      await parts.clock.wait(backoffMs({ policy, attempt, retryAfterMs }, parts.random()), signal);
      const arrived = await seeWhatArrived(update, error);
      if (arrived !== null) return arrived;
    }
  }
}

async function sendPatch(
  { transport, endpoint }: RunParts,
  name: string,
  patch: ServicePatch,
): Promise<PatchOutcome> {
  const query = new URLSearchParams({
    updateMask: patch.updateMask.join(","),
    ...(patch.validateOnly ? { validateOnly: "true" } : {}),
    ...(patch.allowMissing ? { allowMissing: "true" } : {}),
  });
  const body = JSON.stringify({
    ...patch.fields,
    name,
    ...(patch.etag === undefined ? {} : { etag: patch.etag }),
  });
  const operation = await transport.json<Operation<Service>>({
    name: `PATCH ${name}`,
    method: "PATCH",
    url: `${endpoint}/v2/${name}?${query.toString()}`,
    headers: { "content-type": "application/json" },
    body: () => body,
    repeat: "once",
    signal: patch.signal,
  });
  return patch.validateOnly
    ? { kind: "validated", service: operation.response ?? null }
    : { kind: "started", operation };
}

/** `null` when nothing has arrived and the change may be sent again. */
async function seeWhatArrived(
  { patch, current }: Update,
  error: GoogleError,
): Promise<PatchOutcome | null> {
  if (patch.validateOnly) return null;
  const service = await current();
  if (service === null) {
    if (patch.allowMissing) return null;
    throw error;
  }
  if (carriesUpdate(service, patch.fields, patch.updateMask)) return { kind: "applied", service };
  if (patch.etag !== undefined && service.etag !== patch.etag) throw interference(patch, service);
  return null;
}

function conflict(error: GoogleError, patch: ServicePatch): Error {
  if (/different configuration|already exists/i.test(error.message)) {
    const revision = patch.fields.template?.revision ?? "of that name";
    return new InputError({
      code: "REVISION_EXISTS",
      message: `Revision ${revision} of service ${patch.service} already exists with a different configuration.`,
      hint: "Revisions never change: deploy under another revision name.",
      cause: error,
    });
  }
  return new RemoteError({
    code: "SERVICE_CHANGED",
    message: `Service ${patch.service} was changed by somebody else since it was read: ${error.message}`,
    hint: "Nothing was changed. Read the service again; go on only if its traffic is as it was left.",
    call: error.call,
    status: 409,
    retryable: false,
    cause: error,
  });
}

function interference(patch: ServicePatch, service: Service): RemoteError {
  return new RemoteError({
    code: "SERVICE_CHANGED",
    message: `Service ${patch.service} was changed by somebody else: it now sends ${describeTraffic(service.traffic ?? [])}.`,
    hint: "Nothing more was changed. Read the service again; go on only if its traffic is as it was left.",
    call: `PATCH ${service.name}`,
    status: 409,
    retryable: false,
  });
}

import type { Clock } from "#core";
import { systemClock } from "../clock.ts";
import type { GoogleCredentials } from "../credentials/credentials.ts";
import { endpointsOf, type Environment } from "../endpoints.ts";
import { isStatus } from "../remote-errors.ts";
import { standardRetryPolicy, type RetryPolicy } from "../retry.ts";
import { createTransport } from "../transport.ts";
import { withInvokers, type InvokerChange } from "./invokers.ts";
import { checkServiceName, shortName } from "./names.ts";
import { awaitOperation, pollUntil, type Waiting } from "./operations.ts";
import { isSettled, type ExpectedService } from "./settled.ts";
import type { IamPolicy, Operation, Revision, Service } from "./types.ts";
import type { RunParts } from "./run-parts.ts";
import { updateService, type PatchOutcome, type ServicePatch } from "./update-service.ts";

/** What {@link cloudRun} is made of. */
export interface CloudRunOptions {
  readonly credentials: Pick<GoogleCredentials, "accessToken">;
  readonly environment: Environment;
  readonly project: string;
  readonly region: string;
  readonly clock?: Clock | undefined;
  readonly random?: (() => number) | undefined;
  readonly retryPolicy?: RetryPolicy | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** Cancels a call. */
export interface Cancelling {
  readonly signal?: AbortSignal;
}

/** Cloud Run's Admin API v2, as far as a rollout needs it. Names are short names. */
export interface CloudRun {
  /** A service, or `null` when there is none. */
  getService(service: string, options?: Cancelling): Promise<Service | null>;
  /**
   * Changes a service. After an answer that was lost or a 429 or 5xx the service is read before
   * the change is repeated; one that somebody else has changed meanwhile is left alone.
   */
  patchService(patch: ServicePatch): Promise<PatchOutcome>;
  getRevision(service: string, revision: string, options?: Cancelling): Promise<Revision | null>;
  /** All revisions of a service, the newest first. */
  listRevisions(service: string, options?: Cancelling): Promise<readonly Revision[]>;
  /**
   * Waits until an operation has ended; throws its error with log link and remedy. `revision` is
   * the full name of the one that the operation makes, whose own words explain a failure best.
   */
  waitOperation(
    operation: Operation<Service>,
    options?: Waiting & { readonly revision?: string },
  ): Promise<Service | undefined>;
  /** Waits until a service has become what was asked, see {@link isSettled}. */
  waitSettled(
    service: string,
    expected: Omit<ExpectedService, "revision"> & { readonly revision?: string },
    options?: Waiting,
  ): Promise<Service>;
  getIamPolicy(service: string, options?: Cancelling): Promise<IamPolicy>;
  setIamPolicy(service: string, policy: IamPolicy, options?: Cancelling): Promise<IamPolicy>;
  /** Adds or removes callers (`allUsers`, `serviceAccount:…`) and keeps all others. */
  changeInvokers(service: string, change: InvokerChange, options?: Cancelling): Promise<IamPolicy>;
}

/** Cloud Run of one project and region. */
export function cloudRun(options: CloudRunOptions): CloudRun {
  const parts = partsOf(options);
  const serviceName = (service: string) => {
    checkServiceName(service);
    return `${parts.parent}/services/${service}`;
  };
  const getService = (service: string, { signal }: Cancelling = {}) =>
    read<Service>(parts, serviceName(service), signal);
  const getRevision = (service: string, revision: string, { signal }: Cancelling = {}) =>
    read<Revision>(parts, `${serviceName(service)}/revisions/${revision}`, signal);
  return {
    getService,
    getRevision,
    patchService: (patch) =>
      updateService(parts, serviceName(patch.service), {
        patch,
        current: () => getService(patch.service, patch),
      }),
    listRevisions: (service, { signal } = {}) => listRevisions(parts, serviceName(service), signal),
    waitOperation: (operation, { revision, ...waiting } = {}) =>
      awaitOperation(operation, {
        ...parts,
        ...waiting,
        ...(revision === undefined
          ? {}
          : { revision: () => read<Revision>(parts, revision, waiting.signal) }),
      }),
    waitSettled: (service, { revision, traffic }, waiting = {}) =>
      pollUntil<Service>({
        ...parts,
        ...waiting,
        what: `service ${service}`,
        async look() {
          const current = await getService(service, waiting);
          if (current === null) return { why: "the service does not exist" };
          const made =
            revision === undefined ? null : await getRevision(service, revision, waiting);
          if (revision !== undefined && made === null) {
            return { why: `revision ${revision} does not exist yet` };
          }
          const settlement = isSettled(current, {
            revision: made,
            ...(traffic === undefined ? {} : { traffic }),
          });
          switch (settlement.kind) {
            case "settled":
              return { done: current };
            case "pending":
              return { why: settlement.why };
            case "failed":
              throw settlement.error;
          }
        },
      }),
    getIamPolicy: (service, { signal } = {}) =>
      parts.transport.json<IamPolicy>({
        name: `GET ${shortName(service)} IAM policy`,
        method: "GET",
        url: `${parts.endpoint}/v2/${serviceName(service)}:getIamPolicy`,
        repeat: "safe",
        signal,
      }),
    setIamPolicy(service, policy, { signal } = {}) {
      return parts.transport.json<IamPolicy>({
        name: `POST ${shortName(service)} IAM policy`,
        method: "POST",
        url: `${parts.endpoint}/v2/${serviceName(service)}:setIamPolicy`,
        headers: { "content-type": "application/json" },
        body: () => JSON.stringify({ policy }),
        // With an etag a repetition of a change that did arrive is refused, not done twice.
        repeat: policy.etag === undefined ? "once" : "safe",
        signal,
      });
    },
    changeInvokers(service, change, cancelling = {}) {
      return withInvokers(change, {
        get: () => this.getIamPolicy(service, cancelling),
        set: (policy) => this.setIamPolicy(service, policy, cancelling),
      });
    },
  };
}

function partsOf(options: CloudRunOptions): RunParts {
  const common = {
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    retryPolicy: options.retryPolicy ?? standardRetryPolicy,
  };
  return {
    ...common,
    transport: createTransport({
      ...common,
      accessToken: (wanted) => options.credentials.accessToken(wanted),
      fetch: options.fetch,
    }),
    endpoint: endpointsOf(options.environment).run,
    parent: `projects/${options.project}/locations/${options.region}`,
  };
}

async function read<T>(
  parts: RunParts,
  name: string,
  signal: AbortSignal | undefined,
): Promise<T | null> {
  try {
    return await parts.transport.json<T>({
      name: `GET ${name}`,
      method: "GET",
      url: `${parts.endpoint}/v2/${name}`,
      repeat: "safe",
      signal,
    });
  } catch (error) {
    if (isStatus(error, 404)) return null;
    throw error;
  }
}

interface RevisionPage {
  readonly revisions?: readonly Revision[];
  readonly nextPageToken?: string;
}

async function listRevisions(
  parts: RunParts,
  service: string,
  signal: AbortSignal | undefined,
): Promise<readonly Revision[]> {
  const revisions: Revision[] = [];
  let pageToken = "";
  do {
    const query = pageToken === "" ? "" : `?pageToken=${encodeURIComponent(pageToken)}`;
    const page: RevisionPage = await parts.transport.json<RevisionPage>({
      name: `LIST ${service}/revisions`,
      method: "GET",
      url: `${parts.endpoint}/v2/${service}/revisions${query}`,
      repeat: "safe",
      signal,
    });
    revisions.push(...(page.revisions ?? []));
    pageToken = page.nextPageToken ?? "";
  } while (pageToken !== "");
  return revisions.toSorted((left, right) =>
    (right.createTime ?? "").localeCompare(left.createTime ?? ""),
  );
}

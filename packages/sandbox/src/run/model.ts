import type { Binding } from "../google-identity/iam-policy.ts";
import type { JsonObject } from "./proto-json.ts";

/** A traffic target as a caller asks for it. */
export interface TrafficTarget {
  readonly type:
    | "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
    | "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION";
  /** Short name of the revision. */
  readonly revision?: string;
  readonly percent?: number;
  readonly tag?: string;
}

/** An environment variable of a container. */
export interface EnvironmentVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueSource?: {
    readonly secretKeyRef?: { readonly secret: string; readonly version?: string };
  };
}

/** How a container says that it has started. */
export interface StartupProbe {
  readonly initialDelaySeconds?: number;
  readonly timeoutSeconds?: number;
  readonly periodSeconds?: number;
  readonly failureThreshold?: number;
  readonly httpGet?: { readonly path?: string; readonly port?: number };
  readonly tcpSocket?: { readonly port?: number };
}

/** A container of a revision template. */
export interface ContainerSpec {
  readonly name?: string;
  readonly image: string;
  readonly env?: readonly EnvironmentVariable[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort?: number }[];
  readonly resources?: JsonObject;
  readonly startupProbe?: StartupProbe;
}

/** What a revision is made from. */
export interface RevisionTemplate {
  readonly revision?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly scaling?: { readonly minInstanceCount?: number; readonly maxInstanceCount?: number };
  readonly timeout?: string;
  readonly serviceAccount?: string;
  readonly containers: readonly ContainerSpec[];
  readonly executionEnvironment?: string;
  readonly maxInstanceRequestConcurrency?: number;
}

/** What a caller wants a service to be. */
export interface ServiceSpec {
  readonly description?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly client?: string;
  readonly clientVersion?: string;
  readonly ingress?: string;
  readonly launchStage?: string;
  readonly template: RevisionTemplate;
  readonly traffic?: readonly TrafficTarget[];
  readonly scaling?: { readonly minInstanceCount?: number; readonly maxInstanceCount?: number };
  readonly invokerIamDisabled?: boolean;
  readonly customAudiences?: readonly string[];
}

/** A condition of a service or a revision. */
export interface Condition {
  readonly type: string;
  readonly state:
    | "CONDITION_PENDING"
    | "CONDITION_RECONCILING"
    | "CONDITION_FAILED"
    | "CONDITION_SUCCEEDED";
  readonly lastTransitionTime: string;
  readonly message?: string;
  readonly severity?: "INFO" | "WARNING";
  readonly reason?: string;
  readonly revisionReason?: string;
}

/** A revision as the local Cloud Run keeps it. */
export interface RevisionRecord {
  readonly name: string;
  readonly uid: string;
  /** Generation of the service that made it. */
  readonly serviceGeneration: number;
  readonly created: string;
  readonly updated: string;
  readonly creator: string;
  readonly template: RevisionTemplate;
  readonly conditions: readonly Condition[];
}

/** Where requests really go: a traffic target with its revision settled. */
export interface Route {
  readonly target: TrafficTarget;
  readonly revision: string;
}

/** A service as the local Cloud Run keeps it. */
export interface ServiceRecord {
  readonly project: string;
  readonly location: string;
  readonly id: string;
  readonly uid: string;
  readonly created: string;
  readonly updated: string;
  readonly creator: string;
  readonly lastModifier: string;
  readonly generation: number;
  readonly observedGeneration: number;
  /** Counts every change of what is asked for and of what is: the etag. */
  readonly version: number;
  readonly spec: ServiceSpec;
  readonly revisions: readonly RevisionRecord[];
  readonly latestReady?: string;
  readonly latestCreated?: string;
  readonly terminalCondition: Condition;
  readonly conditions: readonly Condition[];
  readonly routes: readonly Route[];
  readonly bindings: readonly Binding[];
  /** Loopback ports of the service's URL and of each tag's. */
  readonly port?: number;
  readonly tagPorts: Readonly<Record<string, number>>;
}

/** A long-running operation as the local Cloud Run keeps it. */
export interface OperationRecord {
  readonly name: string;
  readonly started: string;
  readonly service: string;
  readonly generation: number;
  readonly done: boolean;
  /** Message type and value it is about, then its result. */
  readonly metadata: JsonObject;
  readonly response?: JsonObject;
  readonly error?: { readonly code: number; readonly message: string };
}

/** Full resource name of a service. */
export function serviceName({
  project,
  location,
  id,
}: Pick<ServiceRecord, "project" | "location" | "id">): string {
  return `projects/${project}/locations/${location}/services/${id}`;
}

/** Whether a revision's container has been seen healthy. */
export function isReady(revision: RevisionRecord): boolean {
  return revision.conditions.some(
    ({ type, state }) => type === "Ready" && state === "CONDITION_SUCCEEDED",
  );
}

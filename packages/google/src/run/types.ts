/** How a condition stands. */
export type ConditionState =
  | "STATE_UNSPECIFIED"
  | "CONDITION_PENDING"
  | "CONDITION_RECONCILING"
  | "CONDITION_FAILED"
  | "CONDITION_SUCCEEDED";

/** A condition of a service or revision; at most one of the reasons is set. */
export interface Condition {
  readonly type: string;
  readonly state?: ConditionState;
  readonly message?: string;
  readonly severity?: "SEVERITY_UNSPECIFIED" | "ERROR" | "WARNING" | "INFO";
  readonly lastTransitionTime?: string;
  readonly reason?: string;
  readonly revisionReason?: string;
  readonly executionReason?: string;
}

/** Where traffic goes: to a named revision, or to whichever is the latest. */
export type TrafficType =
  | "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
  | "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION";

/** One share of a service's traffic; absent numbers are 0. */
export interface TrafficTarget {
  readonly type?: TrafficType;
  readonly revision?: string;
  readonly percent?: number;
  readonly tag?: string;
}

/** One share as it is served, with the tag's own URL. */
export interface TrafficStatus extends TrafficTarget {
  readonly uri?: string;
}

/** A value in a container's environment. */
export interface EnvironmentVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueSource?: {
    readonly secretKeyRef: { readonly secret: string; readonly version?: string };
  };
}

/** An HTTP or TCP probe. */
export interface Probe {
  readonly initialDelaySeconds?: number;
  readonly timeoutSeconds?: number;
  readonly periodSeconds?: number;
  readonly failureThreshold?: number;
  readonly httpGet?: { readonly path?: string; readonly port?: number };
  readonly tcpSocket?: { readonly port?: number };
  readonly grpc?: { readonly port?: number; readonly service?: string };
}

/** A container of a revision. Fields not named here pass through untouched. */
export interface Container {
  readonly name?: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly EnvironmentVariable[];
  readonly resources?: {
    readonly limits?: Readonly<Record<string, string>>;
    readonly cpuIdle?: boolean;
    readonly startupCpuBoost?: boolean;
  };
  readonly ports?: readonly { readonly name?: string; readonly containerPort?: number }[];
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  readonly [field: string]: unknown;
}

/** What a new revision is made from. Fields not named here pass through untouched. */
export interface RevisionTemplate {
  readonly revision?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly scaling?: { readonly minInstanceCount?: number; readonly maxInstanceCount?: number };
  readonly containers?: readonly Container[];
  readonly volumes?: readonly Readonly<Record<string, unknown>>[];
  readonly vpcAccess?: Readonly<Record<string, unknown>>;
  readonly nodeSelector?: { readonly accelerator?: string };
  readonly timeout?: string;
  readonly serviceAccount?: string;
  readonly maxInstanceRequestConcurrency?: number;
  readonly executionEnvironment?: string;
  readonly [field: string]: unknown;
}

/** The fields of a service that a caller writes. */
export interface ServiceFields {
  readonly description?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly client?: string;
  readonly clientVersion?: string;
  readonly ingress?: string;
  readonly launchStage?: string;
  readonly template?: RevisionTemplate;
  readonly traffic?: readonly TrafficTarget[];
  readonly scaling?: { readonly minInstanceCount?: number; readonly maxInstanceCount?: number };
  readonly invokerIamDisabled?: boolean;
  readonly customAudiences?: readonly string[];
  readonly [field: string]: unknown;
}

/** A Cloud Run service, v2. Numbers of 64 bits are strings, absent ones are 0. */
export interface Service extends ServiceFields {
  /** `projects/P/locations/L/services/S`. */
  readonly name: string;
  readonly uid?: string;
  readonly generation?: string;
  readonly observedGeneration?: string;
  readonly etag?: string;
  readonly uri?: string;
  readonly urls?: readonly string[];
  readonly reconciling?: boolean;
  readonly terminalCondition?: Condition;
  readonly conditions?: readonly Condition[];
  readonly latestReadyRevision?: string;
  readonly latestCreatedRevision?: string;
  readonly trafficStatuses?: readonly TrafficStatus[];
}

/** A Cloud Run revision, v2. */
export interface Revision {
  /** `projects/P/locations/L/services/S/revisions/R`. */
  readonly name: string;
  readonly service?: string;
  readonly generation?: string;
  readonly observedGeneration?: string;
  readonly createTime?: string;
  readonly deleteTime?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly containers?: readonly Container[];
  readonly reconciling?: boolean;
  readonly conditions?: readonly Condition[];
  readonly logUri?: string;
  readonly etag?: string;
  readonly [field: string]: unknown;
}

/** Google's form of an error inside an operation. */
export interface RpcStatus {
  readonly code?: number;
  readonly message?: string;
  readonly details?: readonly unknown[];
}

/** A long-running operation. */
export interface Operation<T> {
  readonly name: string;
  readonly done?: boolean;
  readonly metadata?: unknown;
  readonly response?: T;
  readonly error?: RpcStatus;
}

/** Who may do what with a service. */
export interface IamPolicy {
  readonly version?: number;
  readonly etag?: string;
  readonly bindings?: readonly IamBinding[];
}

/** A role and its members. */
export interface IamBinding {
  readonly role: string;
  readonly members?: readonly string[];
  readonly condition?: Readonly<Record<string, unknown>>;
}

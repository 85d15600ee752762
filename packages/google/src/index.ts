export { systemClock } from "./clock.ts";
export { endpointsOf, type Endpoints, type Environment } from "./endpoints.ts";
export { GoogleError } from "./remote-errors.ts";
export { standardRetryPolicy, type RetryPolicy } from "./retry.ts";
export {
  googleCredentials,
  projectInEnvironment,
  type CredentialOptions,
  type GoogleCredentials,
} from "./credentials/credentials.ts";
export {
  checkIdentityToken,
  readIdentityToken,
  type IdentityClaims,
} from "./credentials/identity-token.ts";
export { digestBytes, digestStream, startDigests, type Digests } from "./storage/digests.ts";
export type {
  ByteRange,
  Created,
  CreateOptions,
  ObjectAttributes,
  ObjectFacts,
  ObjectSource,
  ObjectStore,
  ReadOptions,
  Swapped,
  SwapOptions,
  UploadProgress,
  UploadState,
} from "./storage/object-store.ts";
export {
  checkObjectName,
  formatObjectUri,
  globPrefix,
  isGlob,
  parseObjectUri,
  type ObjectPlace,
} from "./storage/object-uri.ts";
export { cloudStorageFiles, storedFiles, type StoredFiles } from "./storage/stored-files.ts";
export { objectStore, type ObjectStoreOptions } from "./storage/stores.ts";
export { memoryObjectStore } from "./storage/memory-object-store.ts";
export { cloudRun, type Cancelling, type CloudRun, type CloudRunOptions } from "./run/cloud-run.ts";
export type { InvokerChange } from "./run/invokers.ts";
export type { PatchOutcome, ServicePatch } from "./run/update-service.ts";
export {
  describeTraffic,
  failureOfRevision,
  isSettled,
  type ExpectedService,
  type Settlement,
} from "./run/settled.ts";
export { fatalConditionOf, logLink, type FatalCondition } from "./run/conditions.ts";
export {
  checkServiceName,
  dashedVersion,
  revisionName,
  shortName,
  trafficTag,
  type RevisionNaming,
} from "./run/names.ts";
export type { Waiting } from "./run/operations.ts";
export type {
  Condition,
  ConditionState,
  Container,
  EnvironmentVariable,
  IamBinding,
  IamPolicy,
  Operation,
  Probe,
  Revision,
  RevisionTemplate,
  RpcStatus,
  Service,
  ServiceFields,
  TrafficStatus,
  TrafficTarget,
  TrafficType,
} from "./run/types.ts";
export { quantileOfBuckets, sumBuckets, type Buckets } from "./monitoring/buckets.ts";
export {
  cloudMonitoring,
  mergeLatencies,
  type CloudMonitoring,
  type FiguresOutcome,
  type FiguresQuery,
  type LatencyPoint,
  type MonitoringOptions,
  type RequestFigures,
} from "./monitoring/request-figures.ts";

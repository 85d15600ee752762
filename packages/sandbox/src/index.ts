export type {
  Fault,
  GithubService,
  JobCredentials,
  JobRecord,
  LocalGithub,
  RepositoryEvent,
  RunConclusion,
  RunRecord,
  RunStatus,
  Service,
  ServiceOptions,
} from "./contracts.ts";
export { startGithub, type GithubOptions } from "./github/service.ts";
export {
  startGoogleIdentity,
  type GoogleIdentityOptions,
  type GoogleIdentityService,
} from "./google-identity/google-identity.ts";
export { workloadIdentityFile } from "./google-identity/workload-identity-file.ts";
export {
  startCloudRun,
  type CloudRunOptions,
  type CloudRunService,
} from "./run/cloud-run-service.ts";
export { startStorage, type StorageOptions } from "./storage/storage-service.ts";
export {
  parseWorkflowFile,
  runAction,
  runWorkflow,
  startDispatcher,
  WorkflowError,
  type ActionOutcome,
  type ActionSource,
  type ActionSources,
  type Annotation,
  type Dispatcher,
  type DispatcherOptions,
  type JobOutcome,
  type KillStep,
  type ProgressEvent,
  type ProgressListener,
  type RunActionOptions,
  type RunOutcome,
  type RunWorkflowOptions,
  type StepOutcome,
} from "./runner/index.ts";
export { startSandbox, type Sandbox, type SandboxOptions, type SandboxUrls } from "./sandbox.ts";

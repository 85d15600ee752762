export { standardLimits, type ServerLimits } from "./limits.ts";
export type { VersionRequest } from "./fetch-version.ts";
export type { ServedVersion } from "./load-version.ts";
export { operationLog, type OperationLog, type Severity } from "./operation-log.ts";
export { serve, type ProcessParts } from "./serve.ts";
export { readSettings, type LogDestination, type ServerSettings } from "./settings.ts";
export { startServer, type RunningServer, type ServerOptions } from "./start-server.ts";

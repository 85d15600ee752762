import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { closeServer, listen } from "../google-identity/api-server.ts";
import { createChildProcesses, type Child } from "./child-processes.ts";
import { serviceName, type RevisionRecord, type ServiceRecord } from "./model.ts";
import { passesProbe, startupBudgetMs } from "./startup-probe.ts";

/** An image that the local Cloud Run can run: the command of its container. */
export interface LocalImage {
  readonly command: readonly string[];
  /** Variables of the image itself; the template's win. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Why a revision's container cannot serve. */
export interface StartFailure {
  readonly kind: "failed";
  /** Canonical error code of the operation (google.rpc.Code). */
  readonly code: number;
  readonly reason?: string;
  readonly revisionReason?: string;
  readonly message: string;
}

/** A container that answers on a loopback port, or why there is none. */
export type StartResult = { readonly kind: "ready"; readonly port: number } | StartFailure;

/** The containers: at most one instance a revision. */
export interface Instances {
  /** The revision's instance, started (a cold start) when it has none. */
  ensure(service: ServiceRecord, revision: RevisionRecord): Promise<StartResult>;
  /** A request began or ended: an instance with none for long may go. */
  touch(service: ServiceRecord, revision: string, change: 1 | -1): void;
  stop(service: ServiceRecord, revision: string): Promise<void>;
  isRunning(service: ServiceRecord, revision: string): boolean;
  logFile(service: ServiceRecord, revision: string, stream: "stdout" | "stderr"): string;
  close(): Promise<void>;
}

/** What instances are run with. */
export interface InstanceOptions {
  readonly stateDirectory: string;
  readonly images: Readonly<Record<string, LocalImage>>;
  /** Values of secrets, by `name` or `projects/p/secrets/name`; versions are not told apart. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Most a container may take to start, whatever its probe allows. */
  readonly startupTimeoutMs: number;
  /** Idle time after which an instance without `minInstanceCount` is ended. */
  readonly scaleToZeroAfterMs?: number;
  readonly stopGraceMs: number;
  /** Address of the metadata server for instances of a service account. */
  readonly metadataHost: (serviceAccount: string) => Promise<string | undefined>;
  /** Where a person reads a revision's log. */
  readonly logUri: (service: ServiceRecord, revision: string) => string;
}

interface Instance {
  readonly child: Child;
  readonly port: number;
  readonly mayScaleToZero: boolean;
  requests: number;
  idleSince: number;
}

/** Runs revisions' containers as local processes. */
export function createInstances(options: InstanceOptions): Instances {
  const children = createChildProcesses(
    join(options.stateDirectory, "processes.json"),
    options.stopGraceMs,
  );
  const instances = new Map<string, Instance>();
  let isClosed = false;
  const starting = new Map<string, Promise<StartResult>>();
  const key = (service: ServiceRecord, revision: string): string =>
    `${serviceName(service)}/${revision}`;

  const logFile: Instances["logFile"] = ({ project, location, id }, revision, stream) =>
    join(options.stateDirectory, "logs", project, location, id, `${revision}.${stream}.log`);

  async function start(service: ServiceRecord, revision: RevisionRecord): Promise<StartResult> {
    const container = revision.template.containers[0];
    const image = container === undefined ? undefined : options.images[container.image];
    if (container === undefined || image === undefined) {
      return missingImage(revision, container?.image ?? "");
    }
    const environment = await buildEnvironment(options, image, { service, revision });
    if (environment.kind === "failed") return environment;
    const port = await findFreePort();
    const child = children.start({
      command: image.command,
      environment: { ...environment.variables, PORT: String(port) },
      stdoutFile: logFile(service, revision.name, "stdout"),
      stderrFile: logFile(service, revision.name, "stderr"),
    });
    if (isClosed) await child.stop();
    const over = new AbortController();
    void child.ended.then(() => over.abort());
    const { startupProbe } = container;
    const budgetMs = Math.min(startupBudgetMs(startupProbe), options.startupTimeoutMs);
    const passed = await passesProbe(port, startupProbe, { budgetMs, signal: over.signal });
    if (!passed || !child.isRunning()) {
      const end = child.isRunning() ? undefined : await child.ended;
      await child.stop();
      return unhealthy(options, { service, revision, end, logFile });
    }
    const mayScaleToZero =
      (revision.template.scaling?.minInstanceCount ?? 0) === 0 &&
      (service.spec.scaling?.minInstanceCount ?? 0) === 0;
    const instance = { child, port, mayScaleToZero, requests: 0, idleSince: Date.now() };
    const name = key(service, revision.name);
    instances.set(name, instance);
    void child.ended.then(() => forget(name, instance));
    return { kind: "ready", port };
  }

  function forget(name: string, instance: Instance): void {
    if (instances.get(name) === instance) instances.delete(name);
  }

  async function ensure(service: ServiceRecord, revision: RevisionRecord): Promise<StartResult> {
    if (isClosed) return closed;
    const name = key(service, revision.name);
    const instance = instances.get(name);
    if (instance?.child.isRunning() === true) return { kind: "ready", port: instance.port };
    const underWay = starting.get(name);
    if (underWay !== undefined) return underWay;
    const started = start(service, revision).finally(() => starting.delete(name));
    starting.set(name, started);
    return started;
  }

  async function stop(name: string): Promise<void> {
    await starting.get(name);
    const instance = instances.get(name);
    instances.delete(name);
    await instance?.child.stop();
  }

  const { scaleToZeroAfterMs } = options;
  const reaper =
    scaleToZeroAfterMs === undefined
      ? undefined
      : setInterval(
          () => {
            for (const [name, { mayScaleToZero, requests, idleSince }] of instances) {
              const isIdle = requests === 0 && Date.now() - idleSince >= scaleToZeroAfterMs;
              if (mayScaleToZero && isIdle) void stop(name);
            }
          },
          Math.max(50, scaleToZeroAfterMs / 4),
        );

  return {
    ensure,
    touch: (service, revision, change) => {
      const instance = instances.get(key(service, revision));
      if (instance === undefined) return;
      instance.requests += change;
      instance.idleSince = Date.now();
    },
    stop: (service, revision) => stop(key(service, revision)),
    isRunning: (service, revision) =>
      instances.get(key(service, revision))?.child.isRunning() === true,
    logFile,
    close: async () => {
      isClosed = true;
      clearInterval(reaper);
      await children.stopAll();
      await Promise.all(starting.values());
      await children.stopAll();
    },
  };
}

const closed: StartFailure = {
  kind: "failed",
  code: 14,
  message: "The local Cloud Run is being stopped.",
};

type Environment =
  | { readonly kind: "built"; readonly variables: Record<string, string> }
  | StartFailure;

async function buildEnvironment(
  { secrets = {}, metadataHost }: InstanceOptions,
  image: LocalImage,
  { service, revision }: { readonly service: ServiceRecord; readonly revision: RevisionRecord },
): Promise<Environment> {
  const { template, name } = revision;
  // A container does not see its host's variables; these alone are needed to start a program.
  const inherited = ["PATH", "SystemRoot"].flatMap((variable): [string, string][] => {
    const value = process.env[variable];
    return value === undefined ? [] : [[variable, value]];
  });
  const variables: Record<string, string> = {
    ...Object.fromEntries(inherited),
    ...image.environment,
  };
  for (const { name: variable, value = "", valueSource } of template.containers[0]?.env ?? []) {
    const secret = valueSource?.secretKeyRef?.secret;
    const found = secret === undefined ? value : (secrets[secret] ?? secrets[shortName(secret)]);
    if (found === undefined) return missingSecret(revision, secret ?? "");
    variables[variable] = found;
  }
  const host = await metadataHost(template.serviceAccount ?? "");
  return {
    kind: "built",
    variables: {
      ...variables,
      K_SERVICE: service.id,
      K_REVISION: name,
      K_CONFIGURATION: service.id,
      ...(host === undefined ? {} : { GCE_METADATA_HOST: host }),
    },
  };
}

function shortName(resource: string): string {
  return resource.split("/").at(-1) ?? resource;
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server, 0);
  await closeServer(server);
  return port;
}

const notReady = ({ name }: RevisionRecord): string =>
  `Revision '${name}' is not ready and cannot serve traffic.`;

function missingImage(revision: RevisionRecord, image: string): StartFailure {
  return {
    kind: "failed",
    code: 5,
    reason: "CONTAINER_MISSING",
    message: `${notReady(revision)} Image '${image}' not found.`,
  };
}

function missingSecret(revision: RevisionRecord, secret: string): StartFailure {
  return {
    kind: "failed",
    code: 7,
    reason: "SECRETS_ACCESS_CHECK_FAILED",
    message: `${notReady(revision)} Permission denied on secret: ${secret} for Revision service account ${revision.template.serviceAccount ?? "of the project"}, or it does not exist. The service account used must be granted the 'Secret Manager Secret Accessor' role (roles/secretmanager.secretAccessor) at the secret, project or higher level.`,
  };
}

function unhealthy(
  options: InstanceOptions,
  failure: {
    readonly service: ServiceRecord;
    readonly revision: RevisionRecord;
    readonly end: string | undefined;
    readonly logFile: Instances["logFile"];
  },
): StartFailure {
  const { service, revision, end, logFile } = failure;
  const container = revision.template.containers[0];
  const port = container?.ports?.[0]?.containerPort ?? 8080;
  const what =
    container?.startupProbe?.httpGet === undefined
      ? `The user-provided container failed to start and listen on the port defined provided by the PORT=${port} environment variable within the allocated timeout. This can happen when the container port is misconfigured or if the timeout is too short. The health check timeout can be extended.`
      : "The user-provided container failed the configured startup probe checks.";
  const log = (["stderr", "stdout"] as const)
    .map((stream) => readTail(logFile(service, revision.name, stream)))
    .join("");
  const ended = end === undefined ? "" : `\nThe container ended with ${end}.`;
  return {
    kind: "failed",
    code: 9,
    revisionReason: "HEALTH_CHECK_CONTAINER_ERROR",
    message: `${notReady(revision)} ${what} Logs for this revision might contain more information.\n\nLogs URL: ${options.logUri(service, revision.name)}\nFor more troubleshooting guidance, see https://cloud.google.com/run/docs/troubleshooting#container-failed-to-start${ended}${log === "" ? "" : `\nIts last lines:\n${log}`}`,
  };
}

function readTail(file: string): string {
  try {
    return readFileSync(file, "utf8").slice(-2000);
  } catch {
    return "";
  }
}

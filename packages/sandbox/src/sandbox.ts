import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { LocalGithub, Service } from "./contracts.ts";
import { startGithub, type GithubOptions } from "./github/service.ts";
import type { ServiceAccount } from "./google-identity/account-credentials.ts";
import {
  startGoogleIdentity,
  type GoogleIdentityService,
} from "./google-identity/google-identity.ts";
import type { Binding } from "./google-identity/iam-policy.ts";
import { providerName } from "./google-identity/token-exchange.ts";
import {
  startCloudRun,
  type CloudRunOptions,
  type CloudRunService,
} from "./run/cloud-run-service.ts";
import { startDispatcher, type Dispatcher, type DispatcherOptions } from "./runner/dispatcher.ts";
import { startStorage } from "./storage/storage-service.ts";

/** Addresses of the local services. */
export interface SandboxUrls {
  readonly github: string;
  /** Pages and git of the local GitHub. */
  readonly githubServer: string;
  readonly storage: string;
  readonly run: string;
  readonly identity: string;
}

type RunnerOptions = Partial<
  Pick<
    DispatcherOptions,
    | "actionSources"
    | "environment"
    | "keepWorkspaces"
    | "killStep"
    | "ladder"
    | "onProgress"
    | "onRun"
    | "parallelJobs"
  >
>;

type CloudRunSettings = Omit<
  CloudRunOptions,
  "stateDirectory" | "images" | "identityUrl" | "projectPolicy" | "defaultServiceAccount" | "port"
>;

/** How the sandbox is started; everything but the folder has a default. */
export interface SandboxOptions extends RunnerOptions {
  /** All state lives below it and survives a restart. */
  readonly stateDirectory: string;
  /** Login of the person who owns the repositories. */
  readonly login?: string;
  readonly hourlyRequests?: NonNullable<GithubOptions["hourlyRequests"]>;
  readonly project?: string;
  readonly projectNumber?: string;
  readonly region?: string;
  /** Roles on the project beside those of the workflows' and the services' accounts. */
  readonly projectPolicy?: readonly Binding[];
  /** Images that the local Cloud Run can start, by full name with digest. */
  readonly images?: (urls: Omit<SandboxUrls, "run">) => CloudRunOptions["images"];
  readonly cloudRun?: CloudRunSettings;
}

/** All local services, wired together. */
export interface Sandbox {
  readonly stateDirectory: string;
  readonly urls: SandboxUrls;
  readonly github: LocalGithub;
  readonly storage: Service;
  readonly cloudRun: CloudRunService;
  readonly identity: GoogleIdentityService;
  readonly dispatcher: Dispatcher;
  /** Variables by which every program of a job reaches the local services. */
  readonly environment: Readonly<Record<string, string>>;
  /** What workflows name as `workload_identity_provider`. */
  readonly workloadIdentityProvider: string;
  /** What workflows name as `service_account`. */
  readonly serviceAccount: string;
  /** Cancels what runs, ends every program and stops the services. */
  close(): Promise<void>;
}

const pool = "github";
const provider = "github-actions";

interface Project {
  readonly project: string;
  readonly projectNumber: string;
  readonly region: string;
  /** The account of workflows. */
  readonly deployer: string;
  /** The account of services that name none. */
  readonly compute: string;
}

function projectOf(options: SandboxOptions): Project {
  const project = options.project ?? "slipway-sandbox";
  const projectNumber = options.projectNumber ?? "123456789012";
  return {
    project,
    projectNumber,
    region: options.region ?? "europe-west1",
    deployer: `deployer@${project}.iam.gserviceaccount.com`,
    compute: `${projectNumber}-compute@developer.gserviceaccount.com`,
  };
}

function projectPolicyOf({ deployer, compute }: Project): readonly Binding[] {
  const members = [`serviceAccount:${deployer}`];
  const roles = [
    "roles/storage.admin",
    "roles/run.admin",
    "roles/run.invoker",
    "roles/monitoring.viewer",
    "roles/iam.serviceAccountUser",
  ];
  return [
    ...roles.map((role) => ({ role, members })),
    { role: "roles/storage.objectUser", members: [`serviceAccount:${compute}`] },
  ];
}

/** Every workflow of the local GitHub may act as the deployer, and the deployer vouch for itself. */
function serviceAccountsOf({
  deployer,
  compute,
  projectNumber,
}: Project): readonly ServiceAccount[] {
  const workflows = `principalSet://iam.googleapis.com/projects/${projectNumber}/locations/global/workloadIdentityPools/${pool}/*`;
  return [
    {
      email: deployer,
      bindings: [
        { role: "roles/iam.workloadIdentityUser", members: [workflows] },
        { role: "roles/iam.serviceAccountTokenCreator", members: [`serviceAccount:${deployer}`] },
      ],
    },
    { email: compute },
  ];
}

function environmentOf(urls: SandboxUrls): Readonly<Record<string, string>> {
  return {
    CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN: `${urls.run}/`,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_MONITORING: `${urls.run}/`,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: `${urls.storage}/`,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_STS: `${urls.identity}/`,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS: `${urls.identity}/`,
  };
}

async function startGoogle(options: SandboxOptions, github: LocalGithub, opened: Service[]) {
  const project = projectOf(options);
  const folder = (name: string) => path.join(options.stateDirectory, name);
  const projectPolicy = [...projectPolicyOf(project), ...(options.projectPolicy ?? [])];
  const identity = await startGoogleIdentity({
    stateDirectory: folder("google-identity"),
    project: project.project,
    projectNumber: project.projectNumber,
    region: project.region,
    providers: [{ pool, provider, oidcIssuer: github.url }],
    serviceAccounts: serviceAccountsOf(project),
    defaultServiceAccount: project.compute,
  });
  opened.push(identity);
  const access = { identityUrl: identity.url, projectPolicy };
  const { projectNumber } = project;
  const storage = await startStorage({
    stateDirectory: folder("storage"),
    projectNumber,
    ...access,
  });
  opened.push(storage);
  const cloudRun = await startCloudRun({
    stateDirectory: folder("run"),
    ...access,
    defaultServiceAccount: project.compute,
    ...options.cloudRun,
    images:
      options.images?.({
        github: github.url,
        githubServer: github.serverUrl,
        storage: storage.url,
        identity: identity.url,
      }) ?? {},
  });
  opened.push(cloudRun);
  return { project, identity, storage, cloudRun };
}

function startRunner(
  options: SandboxOptions,
  github: LocalGithub,
  environment: Sandbox["environment"],
): Dispatcher {
  const { keepWorkspaces, killStep, ladder, onProgress, onRun, parallelJobs } = options;
  return startDispatcher({
    github,
    workDirectory: path.join(options.stateDirectory, "runner"),
    actionSources: options.actionSources ?? {},
    environment,
    ...(keepWorkspaces === undefined ? {} : { keepWorkspaces }),
    ...(killStep === undefined ? {} : { killStep }),
    ...(ladder === undefined ? {} : { ladder }),
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(onRun === undefined ? {} : { onRun }),
    ...(parallelJobs === undefined ? {} : { parallelJobs }),
  });
}

/** The last one first: model servers still write their logs to the storage that was there before them. */
async function closeAll(opened: readonly Service[]): Promise<void> {
  const failures: unknown[] = [];
  for (const service of opened.toReversed()) {
    await service.close().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
}

/** Starts the local GitHub, Google services and workflow runner, wired together. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  await mkdir(options.stateDirectory, { recursive: true });
  const opened: Service[] = [];
  try {
    const github = await startGithub({
      stateDirectory: path.join(options.stateDirectory, "github"),
      ...(options.login === undefined ? {} : { login: options.login }),
      ...(options.hourlyRequests === undefined ? {} : { hourlyRequests: options.hourlyRequests }),
    });
    opened.push(github);
    const { project, identity, storage, cloudRun } = await startGoogle(options, github, opened);
    const urls: SandboxUrls = {
      github: github.url,
      githubServer: github.serverUrl,
      storage: storage.url,
      run: cloudRun.url,
      identity: identity.url,
    };
    const environment = { ...environmentOf(urls), ...options.environment };
    const dispatcher = startRunner(options, github, environment);
    const resource = providerName(project.projectNumber, { pool, provider });
    return {
      stateDirectory: options.stateDirectory,
      urls,
      github,
      storage,
      cloudRun,
      identity,
      dispatcher,
      environment,
      workloadIdentityProvider: resource.replace("//iam.googleapis.com/", ""),
      serviceAccount: project.deployer,
      async close() {
        await dispatcher.close();
        await closeAll(opened);
      },
    };
  } catch (error) {
    await closeAll(opened).catch(() => {});
    throw error;
  }
}

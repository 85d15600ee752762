import type { ModelHistory } from "#core";
import { githubCalls, storageCalls, type StoredObject } from "../local-calls.ts";
import type { Sandbox } from "../sandbox.ts";
import { readHistories } from "./model-tags.ts";

/** A workflow run as GitHub's API lists it. */
export interface ListedRun {
  readonly id: number;
  readonly name: string;
  readonly event: string;
  readonly display_title: string;
  readonly status: string;
  readonly conclusion: string | null;
  readonly run_started_at: string;
  readonly updated_at: string;
  readonly html_url: string;
}

/** An issue or pull request as GitHub's API lists it. */
export interface ListedIssue {
  readonly number: number;
  readonly title: string;
  readonly state: string;
  readonly body: string | null;
  readonly comments: number;
  readonly labels: readonly { readonly name: string }[];
  readonly pull_request?: object;
}

/** A release as GitHub's API lists it. */
export interface ListedRelease {
  readonly id: number;
  readonly tag_name: string;
  readonly draft: boolean;
  readonly prerelease: boolean;
  readonly html_url: string;
  readonly assets: readonly { readonly id: number; readonly name: string; readonly size: number }[];
}

/** A GitHub Deployment with its newest status. */
export interface ListedDeployment {
  readonly id: number;
  readonly environment: string;
  readonly ref: string;
  readonly created_at: string;
  readonly state: string;
}

/** A repository with what Slipway keeps in it. */
export interface RepositoryState {
  readonly name: string;
  readonly models: readonly ModelHistory[];
  readonly releases: readonly ListedRelease[];
  readonly runs: readonly ListedRun[];
  readonly issues: readonly ListedIssue[];
  readonly deployments: readonly ListedDeployment[];
}

/** A revision of a service with what it has answered. */
export interface RevisionState {
  readonly name: string;
  readonly created: string;
  readonly running: boolean;
  readonly percent: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  /** Answers by status code since the beginning. */
  readonly answers: Readonly<Record<string, number>>;
}

/** A service of the local Cloud Run with its live traffic. */
export interface ServiceState {
  readonly name: string;
  readonly url: string;
  readonly traffic: readonly {
    readonly revision: string;
    readonly percent: number;
    readonly tag: string | null;
  }[];
  readonly revisions: readonly RevisionState[];
}

/** Everything that the page shows. */
export interface SandboxState {
  readonly at: string;
  readonly repositories: readonly RepositoryState[];
  readonly services: readonly ServiceState[];
  readonly buckets: readonly { readonly name: string; readonly objects: readonly StoredObject[] }[];
}

const shownRuns = 50;

async function readDeployments(
  github: ReturnType<typeof githubCalls>,
  repository: string,
): Promise<readonly ListedDeployment[]> {
  const listed = await github.json<readonly Omit<ListedDeployment, "state">[]>(
    `/repos/${repository}/deployments?per_page=${shownRuns}`,
  );
  return Promise.all(
    listed.map(async (deployment) => {
      const statuses = await github.json<readonly { readonly state: string }[]>(
        `/repos/${repository}/deployments/${deployment.id}/statuses`,
      );
      return { ...deployment, state: statuses[0]?.state ?? "pending" };
    }),
  );
}

async function readRepository(sandbox: Sandbox, name: string): Promise<RepositoryState> {
  const github = githubCalls(sandbox.github);
  const directory = sandbox.github.repositoryPath(name);
  const [models, releases, runs, issues, deployments] = await Promise.all([
    directory === undefined ? [] : readHistories(directory),
    github.json<readonly ListedRelease[]>(`/repos/${name}/releases?per_page=100`),
    github.json<{ readonly workflow_runs: readonly ListedRun[] }>(
      `/repos/${name}/actions/runs?per_page=${shownRuns}`,
    ),
    github.json<readonly ListedIssue[]>(`/repos/${name}/issues?state=all&per_page=100`),
    readDeployments(github, name),
  ]);
  return { name, models, releases, runs: runs.workflow_runs, issues, deployments };
}

interface RawTarget {
  readonly revision?: string;
  readonly percent?: number;
  readonly tag?: string;
  readonly type?: string;
}

interface RawService {
  readonly service: {
    readonly name: string;
    readonly uri: string;
    readonly trafficStatuses?: readonly RawTarget[];
    readonly latestReadyRevision?: string;
  };
  readonly revisions: readonly {
    readonly name: string;
    readonly createTime: string;
    readonly running: boolean;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly containers: readonly {
      readonly env?: readonly { readonly name: string; readonly value?: string }[];
    }[];
  }[];
}

interface RawCount {
  readonly service: string;
  readonly revision: string;
  readonly responseCode: number;
  readonly count: number;
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

function readService(raw: RawService, requests: readonly RawCount[]): ServiceState {
  const name = lastPart(raw.service.name);
  const latest = lastPart(raw.service.latestReadyRevision ?? "");
  const traffic = (raw.service.trafficStatuses ?? []).map(({ revision, percent, tag }) => ({
    revision: revision === undefined ? latest : lastPart(revision),
    percent: percent ?? 0,
    tag: tag ?? null,
  }));
  const revisions = raw.revisions.map((revision): RevisionState => {
    const short = lastPart(revision.name);
    const own = requests.filter((count) => count.service === name && count.revision === short);
    const variables = revision.containers[0]?.env ?? [];
    return {
      name: short,
      created: revision.createTime,
      running: revision.running,
      percent: traffic
        .filter((target) => target.revision === short)
        .reduce((sum, { percent }) => sum + percent, 0),
      labels: revision.labels ?? {},
      annotations: revision.annotations ?? {},
      environment: Object.fromEntries(variables.map((entry) => [entry.name, entry.value ?? ""])),
      answers: Object.fromEntries(own.map(({ responseCode, count }) => [responseCode, count])),
    };
  });
  return { name, url: raw.service.uri, traffic, revisions };
}

/** The services of the local Cloud Run with their live traffic. */
export async function readServices({
  urls,
}: Pick<Sandbox, "urls">): Promise<readonly ServiceState[]> {
  const response = await fetch(`${urls.run}/_sandbox/state`);
  const state = (await response.json()) as {
    readonly services: readonly RawService[];
    readonly requests: readonly RawCount[];
  };
  return state.services.map((service) => readService(service, state.requests));
}

async function readBuckets(sandbox: Sandbox): Promise<SandboxState["buckets"]> {
  const storage = storageCalls(sandbox);
  const names = await storage.buckets();
  return Promise.all(names.map(async (name) => ({ name, objects: await storage.list(name) })));
}

/** Asks every local service what there is now. */
export async function readSandboxState(sandbox: Sandbox): Promise<SandboxState> {
  const listed = await githubCalls(sandbox.github).json<readonly { readonly full_name: string }[]>(
    "/user/repos",
  );
  const [repositories, services, buckets] = await Promise.all([
    Promise.all(listed.map(({ full_name: name }) => readRepository(sandbox, name))),
    readServices(sandbox),
    readBuckets(sandbox),
  ]);
  return { at: new Date().toISOString(), repositories, services, buckets };
}

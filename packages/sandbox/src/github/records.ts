import type { JobRecord, RunRecord } from "../contracts.ts";
import type { Collection, Store } from "./store.ts";

/** A person, an organisation or a bot. */
export interface User {
  readonly id: number;
  readonly login: string;
  readonly type: "User" | "Organization" | "Bot";
}

/** A repository's settings; its content is the bare git repository beside it. */
export interface Repository {
  readonly id: number;
  readonly owner: string;
  readonly name: string;
  readonly private: boolean;
  readonly description: string | null;
  readonly homepage: string | null;
  readonly defaultBranch: string;
  readonly immutableReleases: boolean;
  readonly archived: boolean;
  readonly topics: readonly string[];
  readonly latestReleaseId: number | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly pushedAt: string;
}

/** What belongs to one repository. */
interface Owned {
  readonly id: number;
  readonly repositoryId: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface Release extends Owned {
  readonly tagName: string;
  readonly targetCommitish: string;
  readonly name: string | null;
  readonly body: string | null;
  readonly draft: boolean;
  readonly prerelease: boolean;
  readonly immutable: boolean;
  readonly author: string;
  readonly publishedAt: string | null;
}

export interface ReleaseAsset extends Owned {
  readonly releaseId: number;
  readonly name: string;
  readonly label: string | null;
  /** `starter` while, or because, the upload did not come to its end. */
  readonly state: "uploaded" | "starter";
  readonly contentType: string;
  readonly sizeBytes: number;
  readonly digest: string | null;
  readonly downloadCount: number;
  readonly uploader: string;
}

export interface Label {
  readonly id: number;
  readonly repositoryId: number;
  readonly name: string;
  readonly color: string;
  readonly description: string | null;
}

/** An issue, or what a pull request has in common with one. */
export interface Issue extends Owned {
  readonly number: number;
  readonly title: string;
  readonly body: string | null;
  readonly author: string;
  readonly labels: readonly string[];
  readonly assignees: readonly string[];
  readonly state: "open" | "closed";
  readonly stateReason: "completed" | "reopened" | "not_planned" | "duplicate" | null;
  readonly locked: boolean;
  readonly closedAt: string | null;
  readonly closedBy: string | null;
  /** Whether a pull request stands behind this number. */
  readonly isPull: boolean;
}

export interface IssueComment extends Owned {
  readonly issueNumber: number;
  readonly body: string;
  readonly author: string;
}

export interface Pull {
  readonly id: number;
  readonly repositoryId: number;
  readonly number: number;
  readonly headRef: string;
  readonly headSha: string;
  readonly baseRef: string;
  readonly baseSha: string;
  readonly draft: boolean;
  /** The test merge, or after merging the commit on the base branch. */
  readonly mergeCommitSha: string | null;
  readonly mergeable: boolean | null;
  readonly mergedAt: string | null;
  readonly mergedBy: string | null;
}

export interface CheckAnnotation {
  readonly path: string;
  readonly start_line: number;
  readonly end_line: number;
  readonly start_column: number | null;
  readonly end_column: number | null;
  readonly annotation_level: "notice" | "warning" | "failure";
  readonly title: string | null;
  readonly message: string;
  readonly raw_details: string | null;
}

export interface CheckRun {
  readonly id: number;
  readonly repositoryId: number;
  readonly name: string;
  readonly headSha: string;
  readonly status: "queued" | "in_progress" | "completed";
  readonly conclusion: string | null;
  readonly startedAt: string | null;
  readonly completedAt: string | null;
  readonly externalId: string;
  readonly detailsUrl: string | null;
  readonly title: string | null;
  readonly summary: string | null;
  readonly text: string | null;
  readonly annotations: readonly CheckAnnotation[];
}

export interface CommitStatus extends Owned {
  readonly sha: string;
  readonly state: "error" | "failure" | "pending" | "success";
  readonly context: string;
  readonly description: string | null;
  readonly targetUrl: string | null;
  readonly creator: string;
}

export interface Deployment extends Owned {
  readonly sha: string;
  readonly ref: string;
  readonly task: string;
  readonly payload: Readonly<Record<string, unknown>> | string;
  readonly environment: string;
  readonly originalEnvironment: string;
  readonly description: string | null;
  readonly transient: boolean;
  readonly production: boolean;
  readonly creator: string;
}

export interface DeploymentStatus extends Owned {
  readonly deploymentId: number;
  readonly state:
    | "error"
    | "failure"
    | "inactive"
    | "in_progress"
    | "queued"
    | "pending"
    | "success";
  readonly description: string;
  readonly environment: string;
  readonly environmentUrl: string;
  readonly logUrl: string;
  readonly creator: string;
}

export interface Environment extends Owned {
  readonly name: string;
}

export interface Workflow extends Owned {
  readonly path: string;
  readonly state: "active" | "disabled_manually";
}

export interface StoredRun {
  readonly repositoryId: number;
  readonly runNumber: number;
  readonly run: RunRecord;
}

export interface Artifact extends Owned {
  readonly runId: number;
  readonly name: string;
  readonly mimeType: string;
  readonly finalized: boolean;
  readonly sizeBytes: number;
  readonly digest: string | null;
  readonly headBranch: string;
  readonly headSha: string;
  readonly expiresAt: string;
}

export interface CacheEntry extends Owned {
  readonly key: string;
  readonly version: string;
  readonly ref: string;
  readonly finalized: boolean;
  readonly sizeBytes: number;
  readonly lastAccessedAt: string;
}

export interface Setting extends Owned {
  readonly kind: "variable" | "secret";
  readonly name: string;
  readonly value: string;
}

/** A person's token; its key in the collection is its digest. */
interface PersonalToken {
  readonly token: string;
  readonly login: string;
}

/** Every collection of the local GitHub. */
export interface Collections {
  readonly users: Collection<User>;
  readonly repositories: Collection<Repository>;
  readonly releases: Collection<Release>;
  readonly assets: Collection<ReleaseAsset>;
  /** Tag names, `<repository id>:<tag>`, that an immutable release has used up. */
  readonly burnedTags: Collection<{ readonly tag: string }>;
  readonly labels: Collection<Label>;
  readonly issues: Collection<Issue>;
  readonly comments: Collection<IssueComment>;
  readonly pulls: Collection<Pull>;
  readonly checkRuns: Collection<CheckRun>;
  readonly statuses: Collection<CommitStatus>;
  readonly deployments: Collection<Deployment>;
  readonly deploymentStatuses: Collection<DeploymentStatus>;
  readonly environments: Collection<Environment>;
  readonly workflows: Collection<Workflow>;
  readonly runs: Collection<StoredRun>;
  readonly jobs: Collection<JobRecord>;
  readonly artifacts: Collection<Artifact>;
  readonly caches: Collection<CacheEntry>;
  readonly settings: Collection<Setting>;
  readonly tokens: Collection<PersonalToken>;
}

/** Opens every collection of a store. */
export function openCollections(store: Store): Collections {
  return {
    users: store.collection("users"),
    repositories: store.collection("repositories"),
    releases: store.collection("releases"),
    assets: store.collection("assets"),
    burnedTags: store.collection("burned-tags"),
    labels: store.collection("labels"),
    issues: store.collection("issues"),
    comments: store.collection("comments"),
    pulls: store.collection("pulls"),
    checkRuns: store.collection("check-runs"),
    statuses: store.collection("statuses"),
    deployments: store.collection("deployments"),
    deploymentStatuses: store.collection("deployment-statuses"),
    environments: store.collection("environments"),
    workflows: store.collection("workflows"),
    runs: store.collection("runs"),
    jobs: store.collection("jobs"),
    artifacts: store.collection("artifacts"),
    caches: store.collection("caches"),
    settings: store.collection("settings"),
    tokens: store.collection("tokens"),
  };
}

import { findUser, fullName, nodeId, type Github } from "./github.ts";
import type { Repository } from "./records.ts";

/** The REST address of a repository. */
export function repositoryUrl(github: Github, repository: Repository): string {
  return `${github.url}/repos/${fullName(repository)}`;
}

/** The address of a repository's page. */
export function repositoryPage(github: Github, repository: Repository): string {
  return `${github.serverUrl}/${fullName(repository)}`;
}

/** An account as GitHub's API shows it. */
export function presentUser(github: Github, login: string): Record<string, unknown> {
  const user = findUser(github, login);
  const url = `${github.url}/users/${encodeURIComponent(login)}`;
  const page = `${github.serverUrl}/${encodeURIComponent(login)}`;
  return {
    login: user.login,
    id: user.id,
    node_id: nodeId("User", user.id),
    avatar_url: `${page}.png`,
    gravatar_id: "",
    url,
    html_url: page,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: user.type,
    user_view_type: "public",
    site_admin: false,
  };
}

const repositoryLinks: Readonly<Record<string, string>> = {
  archive_url: "/{archive_format}{/ref}",
  assignees_url: "/assignees{/user}",
  blobs_url: "/git/blobs{/sha}",
  branches_url: "/branches{/branch}",
  collaborators_url: "/collaborators{/collaborator}",
  comments_url: "/comments{/number}",
  commits_url: "/commits{/sha}",
  compare_url: "/compare/{base}...{head}",
  contents_url: "/contents/{+path}",
  contributors_url: "/contributors",
  deployments_url: "/deployments",
  downloads_url: "/downloads",
  events_url: "/events",
  forks_url: "/forks",
  git_commits_url: "/git/commits{/sha}",
  git_refs_url: "/git/refs{/sha}",
  git_tags_url: "/git/tags{/sha}",
  hooks_url: "/hooks",
  issue_comment_url: "/issues/comments{/number}",
  issue_events_url: "/issues/events{/number}",
  issues_url: "/issues{/number}",
  keys_url: "/keys{/key_id}",
  labels_url: "/labels{/name}",
  languages_url: "/languages",
  merges_url: "/merges",
  milestones_url: "/milestones{/number}",
  notifications_url: "/notifications{?since,all,participating}",
  pulls_url: "/pulls{/number}",
  releases_url: "/releases{/id}",
  stargazers_url: "/stargazers",
  statuses_url: "/statuses/{sha}",
  subscribers_url: "/subscribers",
  subscription_url: "/subscription",
  tags_url: "/tags",
  teams_url: "/teams",
  trees_url: "/git/trees{/sha}",
};

/** A repository as lists and other objects show it. */
export function presentRepositorySummary(
  github: Github,
  repository: Repository,
): Record<string, unknown> {
  const url = repositoryUrl(github, repository);
  const page = repositoryPage(github, repository);
  return {
    id: repository.id,
    node_id: nodeId("Repository", repository.id),
    name: repository.name,
    full_name: fullName(repository),
    private: repository.private,
    owner: presentUser(github, repository.owner),
    html_url: page,
    description: repository.description,
    fork: false,
    url,
    ...Object.fromEntries(
      Object.entries(repositoryLinks).map(([name, path]) => [name, `${url}${path}`]),
    ),
  };
}

/** A repository whole. */
export function presentRepository(github: Github, repository: Repository): Record<string, unknown> {
  const page = repositoryPage(github, repository);
  const openIssues = github.records.issues
    .all()
    .filter((issue) => issue.repositoryId === repository.id && issue.state === "open").length;
  return {
    ...presentRepositorySummary(github, repository),
    created_at: repository.createdAt,
    updated_at: repository.updatedAt,
    pushed_at: repository.pushedAt,
    git_url: `${page.replace(/^http/, "git")}.git`,
    ssh_url: `git@github.localhost:${fullName(repository)}.git`,
    clone_url: `${page}.git`,
    svn_url: page,
    mirror_url: null,
    homepage: repository.homepage,
    size: 0,
    stargazers_count: 0,
    watchers_count: 0,
    watchers: 0,
    language: null,
    has_issues: true,
    has_projects: false,
    has_downloads: true,
    has_wiki: false,
    has_pages: false,
    has_discussions: false,
    forks_count: 0,
    forks: 0,
    archived: repository.archived,
    disabled: false,
    open_issues_count: openIssues,
    open_issues: openIssues,
    license: null,
    allow_forking: true,
    is_template: false,
    web_commit_signoff_required: false,
    topics: repository.topics,
    visibility: repository.private ? "private" : "public",
    default_branch: repository.defaultBranch,
    network_count: 0,
    subscribers_count: 0,
    allow_squash_merge: true,
    allow_merge_commit: true,
    allow_rebase_merge: false,
    allow_auto_merge: false,
    delete_branch_on_merge: false,
  };
}

/** The app that check runs of workflows belong to. */
export function presentActionsApp(github: Github): Record<string, unknown> {
  return {
    id: 15_368,
    slug: "github-actions",
    node_id: nodeId("App", 15_368),
    owner: presentUser(github, "github"),
    name: "GitHub Actions",
    description: "Automate your workflow from idea to production",
    external_url: "https://help.github.com/en/actions",
    html_url: `${github.serverUrl}/apps/github-actions`,
    created_at: "2018-07-30T09:30:17Z",
    updated_at: "2019-12-10T19:04:12Z",
    permissions: { actions: "write", checks: "write", contents: "write", metadata: "read" },
    events: [],
  };
}

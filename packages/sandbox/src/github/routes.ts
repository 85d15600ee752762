import { archiveRoutes } from "./archives.ts";
import { artifactRoutes } from "./artifacts.ts";
import type { RepositoryRoute, Route } from "./calls.ts";
import { checkRoutes } from "./checks.ts";
import { commentRoutes } from "./comments.ts";
import { commitRoutes } from "./commits.ts";
import { contentRoutes } from "./contents.ts";
import { deploymentRoutes } from "./deployments.ts";
import { dispatchRoutes } from "./dispatches.ts";
import { environmentRoutes } from "./environments.ts";
import { gitDatabaseRoutes } from "./git-database.ts";
import { identityRoutes } from "./identity.ts";
import { issueLabelRoutes } from "./issue-labels.ts";
import { issueRoutes } from "./issues.ts";
import { labelRoutes } from "./labels.ts";
import { pullRoutes } from "./pulls.ts";
import { refRoutes } from "./refs.ts";
import { releaseAssetRoutes } from "./release-assets.ts";
import { releaseRoutes } from "./releases.ts";
import { accountRoutes, repositoryRoutes } from "./repositories.ts";
import { sandboxRoutes } from "./sandbox-admin.ts";
import { searchRoutes } from "./search.ts";
import { settingRoutes } from "./settings.ts";
import { statusRoutes } from "./statuses.ts";
import { workflowRunRoutes } from "./workflow-runs.ts";
import { workflowRoutes } from "./workflows.ts";

/** Routes that are about no one repository. */
export const generalRoutes: readonly Route[] = [
  ...accountRoutes,
  ...searchRoutes,
  ...identityRoutes,
  ...sandboxRoutes,
];

/** Routes below `/repos/:owner/:repo`. The first that matches is taken. */
export const allRepositoryRoutes: readonly RepositoryRoute[] = [
  ...repositoryRoutes,
  // Before the commits: a ref may have slashes.
  ...checkRoutes,
  ...statusRoutes,
  ...pullRoutes,
  ...commitRoutes,
  ...contentRoutes,
  ...gitDatabaseRoutes,
  ...refRoutes,
  ...archiveRoutes,
  ...releaseAssetRoutes,
  ...releaseRoutes,
  ...labelRoutes,
  ...commentRoutes,
  ...issueLabelRoutes,
  ...issueRoutes,
  ...deploymentRoutes,
  ...environmentRoutes,
  ...dispatchRoutes,
  ...workflowRoutes,
  ...workflowRunRoutes,
  ...artifactRoutes,
  ...settingRoutes,
];

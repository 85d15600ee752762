import * as z from "zod/mini";
import {
  idParam,
  paginate,
  param,
  readBody,
  type RepositoryCall,
  type RepositoryRoute,
} from "./calls.ts";
import { now } from "./github.ts";
import { presentLabelsOf } from "./issue-views.ts";
import { emitIssue, hasLabel, labelNames, readLabelNames, requireIssue } from "./issues.ts";
import { ensureLabel } from "./labels.ts";
import { ApiError, ok, type Reply } from "./replies.ts";

function listIssueLabels(call: RepositoryCall): Reply {
  const issue = requireIssue(call, idParam(call, "number"));
  return paginate(call, presentLabelsOf(call.github, call.repository, issue), (shown) => shown);
}

const labelList = z.object({ labels: z.optional(labelNames) });

function replaceLabels(
  merge: (before: readonly string[], given: readonly string[]) => readonly string[],
) {
  return async (call: RepositoryCall): Promise<Reply> => {
    const given =
      call.incoming.method === "DELETE"
        ? []
        : readLabelNames((await readBody(call, labelList, "Issue")).labels ?? []);
    const issue = requireIssue(call, idParam(call, "number"));
    const names = given.map((name) => ensureLabel(call.github, call.repository, name).name);
    const labels = [...new Set(merge(issue.labels, names))];
    const kept = call.github.records.issues.put(issue.id, { ...issue, labels, updatedAt: now() });
    if (labels.length > issue.labels.length) await emitIssue(call, kept, "labeled");
    if (labels.length < issue.labels.length) await emitIssue(call, kept, "unlabeled");
    return call.incoming.method === "DELETE"
      ? { kind: "empty", status: 204 }
      : ok(presentLabelsOf(call.github, call.repository, kept));
  };
}

async function removeLabel(call: RepositoryCall): Promise<Reply> {
  const issue = requireIssue(call, idParam(call, "number"));
  const name = param(call, "name");
  if (!hasLabel(issue, name)) throw new ApiError(404, "Label does not exist");
  const labels = issue.labels.filter((one) => one.toLowerCase() !== name.toLowerCase());
  const kept = call.github.records.issues.put(issue.id, { ...issue, labels, updatedAt: now() });
  await emitIssue(call, kept, "unlabeled");
  return ok(presentLabelsOf(call.github, call.repository, kept));
}

const read = ["issues:read", "pull-requests:read"] as const;
const write = ["issues:write", "pull-requests:write"] as const;
const labelsPath = "/issues/:number/labels";

/** The labels on an issue or pull request. */
export const issueLabelRoutes: readonly RepositoryRoute[] = [
  { method: "GET", path: labelsPath, need: read, handle: listIssueLabels },
  {
    method: "POST",
    path: labelsPath,
    need: write,
    handle: replaceLabels((before, given) => [...before, ...given]),
  },
  {
    method: "PUT",
    path: labelsPath,
    need: write,
    handle: replaceLabels((_before, given) => given),
  },
  { method: "DELETE", path: labelsPath, need: write, handle: replaceLabels(() => []) },
  { method: "DELETE", path: `${labelsPath}/:name`, need: write, handle: removeLabel },
];

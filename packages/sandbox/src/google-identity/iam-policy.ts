import { createHash } from "node:crypto";
import { ApiError, notImplemented } from "./api-error.ts";
import type { Principal } from "./principal.ts";

/** One role and who has it. */
export interface Binding {
  readonly role: string;
  readonly members: readonly string[];
}

/**
 * Permissions of the roles that matter here; `x.*` stands for all that begin so.
 *
 * @see https://cloud.google.com/iam/docs/understanding-roles
 */
const rolePermissions: Readonly<Record<string, readonly string[]>> = {
  "roles/owner": ["*"],
  "roles/storage.admin": ["storage.*"],
  "roles/storage.objectAdmin": ["storage.objects.*"],
  "roles/storage.objectUser": [
    "storage.objects.create",
    "storage.objects.delete",
    "storage.objects.get",
    "storage.objects.list",
    "storage.objects.update",
  ],
  "roles/storage.objectCreator": ["storage.objects.create"],
  "roles/storage.objectViewer": ["storage.objects.get", "storage.objects.list"],
  "roles/storage.legacyBucketReader": ["storage.buckets.get", "storage.objects.list"],
  "roles/storage.legacyBucketWriter": [
    "storage.buckets.get",
    "storage.objects.list",
    "storage.objects.create",
    "storage.objects.delete",
  ],
  "roles/storage.bucketViewer": ["storage.buckets.get", "storage.buckets.list"],
  "roles/run.admin": ["run.*"],
  "roles/run.developer": [
    "run.services.create",
    "run.services.delete",
    "run.services.get",
    "run.services.getIamPolicy",
    "run.services.list",
    "run.services.update",
    "run.revisions.*",
    "run.operations.*",
  ],
  "roles/run.viewer": [
    "run.services.get",
    "run.services.getIamPolicy",
    "run.services.list",
    "run.revisions.get",
    "run.revisions.list",
    "run.operations.get",
    "run.operations.list",
  ],
  "roles/run.invoker": ["run.routes.invoke"],
  "roles/monitoring.viewer": ["monitoring.timeSeries.list"],
  "roles/iam.serviceAccountUser": ["iam.serviceAccounts.actAs"],
  "roles/iam.workloadIdentityUser": [
    "iam.serviceAccounts.getAccessToken",
    "iam.serviceAccounts.getOpenIdToken",
  ],
  "roles/iam.serviceAccountTokenCreator": [
    "iam.serviceAccounts.getAccessToken",
    "iam.serviceAccounts.getOpenIdToken",
  ],
  "roles/iam.serviceAccountOpenIdTokenCreator": ["iam.serviceAccounts.getOpenIdToken"],
};

/** Whether the bindings give `permission` to `principal` (absent: an anonymous caller). */
export function isGranted(
  bindings: readonly Binding[],
  principal: Principal | undefined,
  permission: string,
): boolean {
  return bindings.some(
    ({ role, members }) =>
      members.some((member) => isMember(member, principal)) && hasPermission(role, permission),
  );
}

function isMember(member: string, principal: Principal | undefined): boolean {
  if (member === "allUsers") return true;
  if (principal === undefined) return false;
  return (
    member === "allAuthenticatedUsers" ||
    member === principal.member ||
    principal.sets.includes(member)
  );
}

function hasPermission(role: string, permission: string): boolean {
  const permissions = rolePermissions[role] ?? [];
  return permissions.some((known) =>
    known.endsWith("*") ? permission.startsWith(known.slice(0, -1)) : known === permission,
  );
}

const memberForm =
  /^(allUsers|allAuthenticatedUsers|(serviceAccount|user|group|domain):.+|principal(Set)?:\/\/iam\.googleapis\.com\/.+)$/;

/**
 * The bindings of a policy somebody wants to set.
 *
 * @throws ApiError 400 for a role or member the local IAM cannot judge, 501 for a condition
 */
export function parseBindings(value: unknown): readonly Binding[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    throw new ApiError("INVALID_ARGUMENT", "policy.bindings: expected a list.");
  }
  return value.map((item: unknown) => {
    const { role, members, condition, ...rest } = (item ?? {}) as Record<string, unknown>;
    if (condition !== undefined) throw notImplemented("A binding's condition");
    const unknown = Object.keys(rest)[0];
    if (unknown !== undefined) {
      throw new ApiError("INVALID_ARGUMENT", `Unknown name "${unknown}" at 'policy.bindings'.`);
    }
    if (typeof role !== "string" || rolePermissions[role] === undefined) {
      throw new ApiError(
        "INVALID_ARGUMENT",
        `Role ${String(role)} is not supported for this resource, or the local IAM does not know it.`,
      );
    }
    return { role, members: parseMembers(members) };
  });
}

function parseMembers(value: unknown): readonly string[] {
  const members: readonly unknown[] = Array.isArray(value) ? value : [];
  return members.map((member) => {
    if (typeof member === "string" && memberForm.test(member)) return member;
    throw new ApiError(
      "INVALID_ARGUMENT",
      `Invalid member: ${String(member)}. Members look like allUsers or serviceAccount:name@project.iam.gserviceaccount.com.`,
    );
  });
}

/** The etag of a policy: it changes with its bindings. */
export function policyEtag(bindings: readonly Binding[]): string {
  const digest = createHash("sha256").update(JSON.stringify(bindings)).digest();
  return digest.subarray(0, 8).toString("base64");
}

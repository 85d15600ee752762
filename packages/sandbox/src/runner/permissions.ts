import { entriesOf, literalText, placeOf, refuse, type Template } from "./tokens.ts";
import type { Permissions } from "./workflow-model.ts";

/** Scopes that `read-all` and `write-all` stand for. */
const scopes = [
  "actions",
  "artifact-metadata",
  "attestations",
  "checks",
  "contents",
  "deployments",
  "discussions",
  "id-token",
  "issues",
  "models",
  "packages",
  "pages",
  "pull-requests",
  "security-events",
  "statuses",
];

/** What a token may do in a repository with GitHub's default settings when nothing is asked. */
export const defaultPermissions: Permissions = {
  contents: "read",
  packages: "read",
  metadata: "read",
};

/** Reads a `permissions:` node; `undefined` when it is absent. */
export function readPermissions(template: Template | undefined): Permissions | undefined {
  if (template === undefined) return undefined;
  const shorthand = literalText(template);
  if (shorthand === "read-all" || shorthand === "write-all") {
    const access = shorthand === "read-all" ? "read" : "write";
    const levels = scopes.map((scope) => [
      scope,
      scope === "id-token" && access === "read" ? "none" : access,
    ]);
    return { ...Object.fromEntries(levels), metadata: "read" } as Permissions;
  }
  const permissions: Record<string, "read" | "write" | "none"> = { metadata: "read" };
  for (const [scope, level] of entriesOf(template)) {
    const access = literalText(level);
    if (access !== "read" && access !== "write" && access !== "none") {
      return refuse(placeOf(level), `permission ${scope} must be read, write or none`);
    }
    permissions[scope] = access;
  }
  return permissions;
}

const rank = { none: 0, read: 1, write: 2 } as const;

/** Lowers permissions to what the caller of a reusable workflow has. */
export function capPermissions(asked: Permissions, cap: Permissions | undefined): Permissions {
  if (cap === undefined) return asked;
  return Object.fromEntries(
    Object.entries(asked).map(([scope, access]) => {
      const limit = cap[scope] ?? "none";
      return [scope, rank[access] <= rank[limit] ? access : limit];
    }),
  );
}

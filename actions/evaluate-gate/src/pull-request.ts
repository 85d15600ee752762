import type { GithubAccess } from "#core";
import type { PullRequest } from "./ports.ts";

interface Side {
  readonly sha?: unknown;
  readonly repo?: { readonly full_name?: unknown } | null;
}

/** The pull request in the event that started the job; `null` for any other event. */
export function readPullRequest({ event }: Pick<GithubAccess, "event">): PullRequest | null {
  const found = event["pull_request"] as
    | { readonly number?: unknown; readonly base?: Side; readonly head?: Side }
    | undefined;
  if (typeof found?.number !== "number" || typeof found.base?.sha !== "string") return null;
  return {
    number: found.number,
    baseCommit: found.base.sha,
    headCommit: typeof found.head?.sha === "string" ? found.head.sha : null,
    fromFork: found.head?.repo?.full_name !== found.base.repo?.full_name,
  };
}

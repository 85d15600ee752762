import { paginate, type Call, type Route } from "./calls.ts";
import { fullName } from "./github.ts";
import { hasLabel } from "./issues.ts";
import { presentIssue } from "./issue-views.ts";
import type { Issue } from "./records.ts";
import { ApiError, invalid, type Reply } from "./replies.ts";

interface Query {
  readonly words: readonly string[];
  readonly qualifiers: readonly (readonly [string, string])[];
}

function parseQuery(text: string): Query {
  const parts = text.match(/[\w-]+:"[^"]*"|"[^"]*"|\S+/g) ?? [];
  const qualifiers = parts.flatMap((part) => {
    const match = /^([\w-]+):"?([^"]*)"?$/.exec(part);
    return match === null ? [] : [[match[1] ?? "", match[2] ?? ""] as const];
  });
  const words = parts
    .filter((part) => !/^[\w-]+:/.test(part))
    .map((part) => part.replaceAll('"', "").toLowerCase());
  return { words, qualifiers };
}

function matchesQualifier(issue: Issue, name: string, value: string): boolean {
  switch (name) {
    case "is":
    case "type":
    case "state":
      return matchesKind(issue, value);
    case "label":
      return value.split(",").some((label) => hasLabel(issue, label));
    case "author":
      return issue.author === value;
    case "in":
    case "repo":
      return true;
    default:
      throw new ApiError(
        501,
        `The local GitHub does not implement the qualifier ${name}: in search/issues.`,
      );
  }
}

function matchesKind(issue: Issue, value: string): boolean {
  switch (value) {
    case "issue":
      return !issue.isPull;
    case "pr":
    case "pull-request":
      return issue.isPull;
    case "open":
    case "closed":
      return issue.state === value;
    default:
      throw new ApiError(501, `The local GitHub does not implement is:${value} in search/issues.`);
  }
}

function matchesWords(issue: Issue, { words, qualifiers }: Query): boolean {
  const places = qualifiers.flatMap(([name, value]) => (name === "in" ? value.split(",") : []));
  const fields = places.length === 0 ? ["title", "body"] : places;
  const text = fields
    .map((field) => (field === "title" ? issue.title : field === "body" ? (issue.body ?? "") : ""))
    .join("\n")
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

function searchIssues(call: Call): Reply {
  const text = call.url.searchParams.get("q") ?? "";
  if (text === "") throw invalid({ resource: "Search", code: "missing", field: "q" });
  const query = parseQuery(text);
  const wanted = query.qualifiers.flatMap(([name, value]) => (name === "repo" ? [value] : []));
  const { github, caller } = call;
  const visible = github.records.repositories
    .all()
    .filter((repository) => wanted.length === 0 || wanted.includes(fullName(repository)))
    .filter(
      (repository) =>
        !repository.private ||
        caller.kind === "person" ||
        (caller.kind === "job" && caller.job.repository === fullName(repository)),
    );
  const found = visible.flatMap((repository) =>
    github.records.issues
      .all()
      .filter((issue) => issue.repositoryId === repository.id)
      .filter((issue) =>
        query.qualifiers.every(([name, value]) => matchesQualifier(issue, name, value)),
      )
      .filter((issue) => matchesWords(issue, query))
      .map((issue) => ({
        ...presentIssue(github, repository, issue),
        body: issue.body ?? "",
        score: 1,
      })),
  );
  return paginate(call, found.toReversed(), (items) => ({
    total_count: found.length,
    incomplete_results: false,
    search_type: "lexical",
    items,
  }));
}

/** The search for issues, as far as a bot needs it. */
export const searchRoutes: readonly Route[] = [
  { method: "GET", path: "/search/issues", handle: searchIssues },
];

import type { GithubConnection } from "./client.ts";

/** Most characters that GitHub takes in a comment. */
export const COMMENT_LIMIT = 65_536;

/** A comment that is found again and updated in place. */
export interface StickyComment {
  /** Issue or pull request. */
  readonly number: number;
  /** Which of Slipway's comments, e.g. `evaluate-gate weather`; kept in a hidden marker. */
  readonly key: string;
  readonly body: string;
}

/** Writes a comment, or updates the one with the same key; its URL. */
export async function writeStickyComment(
  connection: GithubConnection,
  comment: StickyComment,
): Promise<string> {
  const marker = markerOf(comment.key);
  const body = `${marker}\n${comment.body}`;
  const id = await findComment(connection, comment.number, marker);
  return connection.call(`${id === null ? "POST" : "PATCH"} issues/comments`, async (octokit) => {
    const { issues } = octokit.rest;
    const { data } =
      id === null
        ? await issues.createComment({ ...connection.place, issue_number: comment.number, body })
        : await issues.updateComment({ ...connection.place, comment_id: id, body });
    return data.html_url;
  });
}

/** The hidden line by which something of Slipway's is found again. */
export function markerOf(key: string): string {
  return `<!-- slipway:${key.replaceAll(/[^A-Za-z0-9 /_.:-]/g, "-")} -->`;
}

/** Whoever may write to the repository could edit any comment of it anyway. */
const WRITERS: readonly string[] = ["OWNER", "MEMBER", "COLLABORATOR"];

/**
 * Whether a comment or an issue is one of Slipway's: it begins with the marker (somebody may quote
 * one), and a bot or somebody of the repository wrote it. A stranger's would stay the stranger's to
 * edit after a verdict was written into it.
 */
export function isOwnText(
  text: {
    readonly body?: string | null | undefined;
    readonly user: { readonly type: string } | null;
    readonly author_association?: string | undefined;
  },
  marker: string,
): boolean {
  if (text.body?.startsWith(marker) !== true) return false;
  return text.user?.type === "Bot" || WRITERS.includes(text.author_association ?? "");
}

async function findComment(
  connection: GithubConnection,
  number: number,
  marker: string,
): Promise<number | null> {
  return connection.call(
    `GET issues/${number}/comments`,
    async (octokit): Promise<number | null> => {
      const pages = octokit.paginate.iterator(octokit.rest.issues.listComments, {
        ...connection.place,
        issue_number: number,
        per_page: 100,
      });
      for await (const { data } of pages) {
        const found = data.find((candidate) => isOwnText(candidate, marker));
        if (found !== undefined) return found.id;
      }
      return null;
    },
  );
}

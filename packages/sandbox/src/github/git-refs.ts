import { GitError, runGit, runGitText } from "./git.ts";
import { zeroSha, type ObjectType } from "./git-objects.ts";

/** One ref and what it points at. */
export interface GitRef {
  readonly ref: string;
  readonly sha: string;
  readonly type: ObjectType;
}

/** All refs that begin with a prefix such as `refs/tags/churn@`. */
export async function listRefs(directory: string, prefix: string): Promise<readonly GitRef[]> {
  // for-each-ref matches whole path components; the rest of the prefix is matched here.
  const refs = await readRefsByPattern(directory, prefix.slice(0, prefix.lastIndexOf("/") + 1));
  return refs.filter(({ ref }) => ref.startsWith(prefix));
}

/** One ref, or `undefined`. */
export async function readRef(directory: string, ref: string): Promise<GitRef | undefined> {
  const refs = await readRefsByPattern(directory, ref);
  return refs.find((found) => found.ref === ref);
}

async function readRefsByPattern(directory: string, pattern: string): Promise<readonly GitRef[]> {
  const format = "--format=%(objectname) %(objecttype) %(refname)";
  const text = await runGitText(directory, ["for-each-ref", format, pattern]);
  return text.split("\n").flatMap((line) => {
    const match = /^([0-9a-f]{40}) (blob|tree|commit|tag) (.+)$/.exec(line);
    if (match === null) return [];
    const [, sha = "", type, ref = ""] = match;
    return [{ ref, sha, type: type as ObjectType }];
  });
}

/** A ref that goes from one value to another; zero shas are absence. */
export interface RefChange {
  readonly ref: string;
  readonly before: string;
  readonly after: string;
}

/** How an update of a ref ended. */
export type RefUpdate =
  | { readonly kind: "updated" }
  | { readonly kind: "moved"; readonly detail: string }
  | { readonly kind: "invalid"; readonly detail: string };

/**
 * Moves a ref from one value to another, atomically.
 *
 * @param change zero shas create and delete
 */
export async function updateRef(directory: string, change: RefChange): Promise<RefUpdate> {
  const args =
    change.after === zeroSha
      ? ["update-ref", "-d", change.ref, change.before]
      : ["update-ref", change.ref, change.after, change.before];
  try {
    await runGit(directory, args);
    return { kind: "updated" };
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    const isInvalid = /refusing to update ref with bad name|not a valid SHA1|nonexistent/.test(
      error.stderr,
    );
    return { kind: isInvalid ? "invalid" : "moved", detail: error.stderr.trim() };
  }
}

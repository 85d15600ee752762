import { InputError, RemoteError, suggestNearest, type GithubAccess } from "#core";
import { faultLine, type Git } from "#github";

/** How a ref is looked up. */
export interface RefLookup {
  /** The job's clone. */
  readonly git: Git;
  /** Name or address of the repository on GitHub. */
  readonly remote: string;
  /** Runs git with what lets it in there. */
  readonly ask: (parameters: readonly string[]) => Promise<string>;
}

/**
 * The commit that a branch was at before the push that started the job: on a push to `main`,
 * `ref:main` is what main was. `null` for a new branch, `undefined` when the job is for another ref.
 */
export function beforePush(
  ref: string,
  { eventName, event, ref: own }: Pick<GithubAccess, "eventName" | "event" | "ref">,
): string | null | undefined {
  if (eventName !== "push" || (own !== ref && own !== `refs/heads/${ref}`)) return undefined;
  const before = event["before"];
  if (typeof before !== "string") return undefined;
  return /^0+$/.test(before) ? null : before;
}

const COMMIT = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

/** The commit of a branch, tag, commit or revision: GitHub's own state first, then the clone's. */
export async function resolveRef(ref: string, lookup: RefLookup): Promise<string> {
  if (COMMIT.test(ref)) return ref;
  if (/[~^@]/.test(ref)) return (await resolveHere(ref, lookup.git)) ?? refuseRevision(ref);
  const names = ref.startsWith("refs/") ? [ref] : [`refs/heads/${ref}`, `refs/tags/${ref}`];
  let listed: ReadonlyMap<string, string>;
  try {
    listed = readRefs(
      await lookup.ask(["ls-remote", lookup.remote, ...names.flatMap((one) => [one, `${one}^{}`])]),
    );
  } catch (error) {
    return (await resolveTracked(ref, lookup.git)) ?? refuseUnreachable(ref, lookup.remote, error);
  }
  for (const name of names) {
    const found = listed.get(`${name}^{}`) ?? listed.get(name);
    if (found !== undefined) return found;
  }
  if (/^[0-9a-f]{7,39}$/.test(ref)) {
    const found = await resolveHere(ref, lookup.git);
    if (found !== null) return found;
  }
  return refuseUnknown(ref, lookup);
}

function readRefs(listed: string): ReadonlyMap<string, string> {
  const lines = listed.split("\n").filter((line) => line.includes("\t"));
  return new Map(
    lines.map((line) => {
      const [sha = "", name = ""] = line.split("\t");
      return [name, sha] as const;
    }),
  );
}

/** What the clone knows by itself. */
async function resolveHere(revision: string, git: Git): Promise<string | null> {
  const parameters = ["rev-parse", "--verify", "--quiet", "--end-of-options"];
  return git([...parameters, `${revision}^{commit}`]).then(
    (commit) => commit.trim(),
    () => null,
  );
}

async function resolveTracked(ref: string, git: Git): Promise<string | null> {
  const short = ref.replace(/^refs\/(?:heads|tags)\//, "");
  for (const name of [
    `refs/remotes/origin/${short}`,
    `refs/tags/${short}`,
    `refs/heads/${short}`,
  ]) {
    const found = await resolveHere(name, git);
    if (found !== null) return found;
  }
  return null;
}

function refuseRevision(ref: string): never {
  throw new InputError({
    code: "REF_NOT_FOUND",
    message: `baseline: ref:${ref} is not in this clone.`,
    hint: "A revision counts from a commit that the clone must hold: give actions/checkout fetch-depth: 2 (or 0), or name a branch, a tag or a whole commit id.",
  });
}

function refuseUnreachable(ref: string, remote: string, error: unknown): never {
  throw new RemoteError({
    code: "REF_UNREADABLE",
    message: `baseline: ref:${ref} cannot be looked up at ${remote}: ${faultLine(error)}.`,
    hint: "The job needs `permissions: contents: read`.",
    call: "git ls-remote",
    status: null,
    retryable: true,
    cause: error,
  });
}

async function refuseUnknown(ref: string, { remote, ask }: RefLookup): Promise<never> {
  const all = readRefs(await ask(["ls-remote", "--heads", "--tags", remote]).catch(() => ""));
  const names = [...all.keys()]
    .filter((name) => !name.endsWith("^{}"))
    .map((name) => name.replace(/^refs\/(?:heads|tags)\//, ""));
  const wanted = ref.replace(/^origin\//, "");
  const hint = names.includes(wanted) ? `Did you mean ref:${wanted}?` : suggestNearest(ref, names);
  throw new InputError({
    code: "REF_NOT_FOUND",
    message: `baseline: ref:${ref}: the repository has no branch and no tag of that name.`,
    hint: hint === "" ? "Name a branch, a tag or a whole commit id." : hint,
  });
}

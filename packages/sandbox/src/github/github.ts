import { existsSync } from "node:fs";
import { join } from "node:path";
import type { RepositoryEvent } from "../contracts.ts";
import type { SigningKey } from "./json-web-tokens.ts";
import type { Collections, Repository, User } from "./records.ts";
import type { Store } from "./store.ts";
import { actionsBot, type Caller, type OpenJob } from "./tokens.ts";

/** The state that all of the local GitHub shares. */
export interface Github {
  /** `http://127.0.0.1:<port>`: REST, uploads, results. */
  readonly url: string;
  /** `http://github.localhost:<port>`: pages and git. */
  readonly serverUrl: string;
  /** The person behind the admin token. */
  readonly login: string;
  readonly store: Store;
  readonly records: Collections;
  readonly signingKey: SigningKey;
  /** Jobs that run now, by job id. */
  readonly jobs: Map<number, OpenJob>;
  readonly eventListeners: Set<(event: RepositoryEvent) => void>;
  readonly cancelListeners: Set<(runId: number) => void>;
  /** Work that moves pull requests along with their branches, one after the other. */
  readonly turns: { tail: Promise<void> };
  /** What is still to be done after requests were answered, in order. */
  readonly afterwards: { tail: Promise<void> };
}

/** Does something when all that came before it has ended: what reads, waits and writes. */
export function inTurn<T>(github: Github, work: () => Promise<T>): Promise<T> {
  const result = github.turns.tail.then(work);
  github.turns.tail = result.then(
    () => undefined,
    () => undefined,
  );
  return result;
}

/** Does something after all that was put off before; a failure is reported, not thrown. */
export function putOff(github: Github, work: () => Promise<void>): void {
  github.afterwards.tail = github.afterwards.tail.then(work).catch((error: unknown) => {
    console.error("The local GitHub failed after a request was answered:", error);
  });
}

/** Now, to the second, as GitHub writes it. */
export function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}

/** `owner/name`. */
export function fullName(repository: Repository): string {
  return `${repository.owner}/${repository.name}`;
}

/** The bare git repository's folder. */
export function directoryOf(github: Github, repository: Repository): string {
  return join(github.store.directory, "git", `${repository.id}.git`);
}

/** A repository by owner and name, which GitHub compares without case. */
export function findRepository(
  github: Github,
  owner: string,
  name: string,
): Repository | undefined {
  const wanted = `${owner}/${name}`.toLowerCase();
  return github.records.repositories
    .all()
    .find((repository) => fullName(repository).toLowerCase() === wanted);
}

/** As `findRepository`, for `owner/name`; undefined also when its git repository is gone. */
export function findRepositoryByFullName(github: Github, name: string): Repository | undefined {
  const [owner = "", repo = ""] = name.split("/");
  const repository = findRepository(github, owner, repo);
  if (repository === undefined) return undefined;
  return existsSync(directoryOf(github, repository)) ? repository : undefined;
}

/** Changes a repository's settings. */
export function updateRepository(
  github: Github,
  repository: Repository,
  change: Partial<Repository>,
): Repository {
  const current = github.records.repositories.get(repository.id) ?? repository;
  return github.records.repositories.put(repository.id, {
    ...current,
    ...change,
    updatedAt: now(),
  });
}

/** The account behind a login; it comes into being when first named. */
export function findUser(github: Github, login: string): User {
  const known = github.records.users.get(login);
  if (known !== undefined) return known;
  const isBot = login.endsWith("[bot]");
  // The live bot's own id, so that what people hard-code works.
  const id = login === actionsBot ? 41_898_282 : 1000 + github.store.nextId("user");
  return github.records.users.put(login, { id, login, type: isBot ? "Bot" : "User" });
}

/** Opaque node ids in the shape of GitHub's. */
export function nodeId(kind: string, id: string | number): string {
  return Buffer.from(`${kind}:${id}`).toString("base64");
}

const startsEvenFromJobs: ReadonlySet<string> = new Set([
  "workflow_dispatch",
  "repository_dispatch",
]);

/**
 * Tells the listeners of an event, after the request that caused it has been answered. What a job
 * token does starts no workflow, dispatches aside.
 *
 * @returns whether anybody will be told
 */
export function emit(
  github: Github,
  event: RepositoryEvent,
  caller: Caller | { readonly kind: "service" },
): boolean {
  if (caller.kind === "job" && !startsEvenFromJobs.has(event.name)) return false;
  setImmediate(() => {
    for (const listener of github.eventListeners) {
      try {
        listener(event);
      } catch (error) {
        console.error(`A listener of the local GitHub failed on ${event.name}:`, error);
      }
    }
  });
  return true;
}

import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { readActionManifest, type ActionManifest } from "./parse-action.ts";
import { resolveCommit, runGit } from "./run-git.ts";
import { refuse } from "./tokens.ts";
import type { UsesStep } from "./workflow-model.ts";

/** Where the actions of a repository come from instead of github.com. */
export type ActionSource =
  /** A folder, used as it is whatever the ref. */
  | { readonly kind: "folder"; readonly directory: string }
  /** A git repository: the committed tree of the ref. */
  | { readonly kind: "repository"; readonly directory: string };

/** Sources by `owner/repo`. */
export type ActionSources = Readonly<Record<string, ActionSource>>;

/** An action on this machine. */
export interface ResolvedAction {
  /** Folder of its action.yml. */
  readonly directory: string;
  /** Folder of its repository, which `$/` names. */
  readonly root: string;
  readonly repository: string | undefined;
  readonly ref: string | undefined;
  readonly manifest: ActionManifest;
  /** A local replacement of an action that cannot be downloaded here. */
  readonly standIn: boolean;
}

/** Finds the action of a step; `caller` is the composite action that the step belongs to. */
export type ActionResolver = (
  step: UsesStep,
  caller: ResolvedAction | undefined,
) => Promise<ResolvedAction>;

/** What a resolver looks in. */
export interface ResolverOptions {
  readonly sources: ActionSources;
  /** Exported trees are kept here. */
  readonly cacheDirectory: string;
  readonly workspace: string;
  /** The workflow's own repository, which `$/` names outside of actions. */
  readonly own: { readonly repository: string; readonly sha: string } | undefined;
  /** Bare repositories of the local GitHub. */
  readonly repositoryPath: (repository: string) => string | undefined;
}

const standIns: Readonly<Record<string, string>> = {
  "actions/checkout": "checkout",
  "actions/setup-node": "setup-node",
  "actions/setup-python": "setup-python",
  "actions/upload-artifact": "upload-artifact",
  "actions/download-artifact": "download-artifact",
  "google-github-actions/auth": "google-auth",
};

/** `owner/repo[/path]@ref`, `./path` or `$/path`. */
type ActionReference =
  | { readonly kind: "local"; readonly path: string }
  | { readonly kind: "self"; readonly path: string }
  | {
      readonly kind: "remote";
      readonly repository: string;
      readonly path: string;
      readonly ref: string;
    };

function parseReference(step: UsesStep): ActionReference {
  const { uses, place } = step;
  if (uses.startsWith("./")) return { kind: "local", path: uses.slice(2) };
  if (uses.startsWith("$/")) return { kind: "self", path: uses.slice(2) };
  const match = /^([^/@\s]+\/[^/@\s]+)(?:\/([^@\s]+))?@(\S+)$/.exec(uses);
  if (match === null) {
    return refuse(place, `uses: ${uses}: expected owner/repo[/path]@ref, ./path or $/path`);
  }
  return { kind: "remote", repository: match[1] ?? "", path: match[2] ?? "", ref: match[3] ?? "" };
}

const exportsUnderWay = new Map<string, Promise<void>>();

/** Puts a commit's tree into a folder, once. */
async function exportTree(directory: string, commit: string, target: string): Promise<void> {
  const temporary = `${target}.${randomUUID()}`;
  const run = async () => {
    if (existsSync(target)) return;
    await mkdir(path.dirname(target), { recursive: true });
    await runGit(directory, [
      "clone",
      "--quiet",
      "--shared",
      "--no-checkout",
      directory,
      temporary,
    ]);
    await runGit(temporary, ["checkout", "--quiet", "--detach", commit]);
    await rename(temporary, target);
  };
  const underWay = exportsUnderWay.get(target) ?? run();
  exportsUnderWay.set(target, underWay);
  try {
    await underWay;
  } finally {
    exportsUnderWay.delete(target);
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Makes the function that finds actions for the steps of one job. */
export function createActionResolver(options: ResolverOptions): ActionResolver {
  const exported = async (
    step: UsesStep,
    gitDirectory: string,
    { repository, ref }: { repository: string; ref: string },
  ) => {
    const commit = await resolveCommit(gitDirectory, ref);
    if (commit === undefined)
      return refuse(step.place, `uses: ${step.uses}: ${repository} has no ref ${ref}`);
    const target = path.join(options.cacheDirectory, repository.replace("/", "-"), commit);
    await exportTree(gitDirectory, commit, target);
    return target;
  };

  const rootOf = async (
    step: UsesStep,
    { repository, ref }: { repository: string; ref: string },
  ) => {
    const source = options.sources[repository];
    if (source?.kind === "folder") return { root: source.directory, standIn: false };
    const gitDirectory = source?.directory ?? options.repositoryPath(repository);
    const standIn = standIns[repository];
    if (source === undefined && standIn !== undefined) {
      return {
        root: fileURLToPath(new URL(`stand-ins/${standIn}`, import.meta.url)),
        standIn: true,
      };
    }
    if (gitDirectory === undefined) {
      return refuse(
        step.place,
        `uses: ${step.uses}: this action cannot be downloaded here, and neither a local source nor a stand-in for ${repository} is known`,
      );
    }
    return { root: await exported(step, gitDirectory, { repository, ref }), standIn: false };
  };

  const manifestAt = async (step: UsesStep, directory: string, label: string) => {
    const manifest = await readActionManifest(directory, label);
    return (
      manifest ?? refuse(step.place, `uses: ${step.uses}: no action.yml or action.yaml in ${label}`)
    );
  };

  return async (step, caller) => {
    const reference = parseReference(step);
    if (reference.kind === "local") {
      const directory = path.join(options.workspace, reference.path);
      const manifest = await manifestAt(step, directory, `./${reference.path}`);
      return {
        directory,
        root: options.workspace,
        repository: undefined,
        ref: undefined,
        manifest,
        standIn: false,
      };
    }
    if (reference.kind === "self") {
      const { own } = options;
      if (caller === undefined && own === undefined)
        refuse(step.place, `uses: ${step.uses}: no repository here`);
      const ownRoot = async () => {
        const { repository = "", sha = "" } = own ?? {};
        return (await rootOf(step, { repository, ref: sha })).root;
      };
      const root = caller?.root ?? (await ownRoot());
      const directory = path.join(root, reference.path);
      const manifest = await manifestAt(step, directory, `$/${reference.path}`);
      const { repository, ref } = caller ?? { repository: own?.repository, ref: own?.sha };
      return { directory, root, repository, ref, manifest, standIn: false };
    }
    const { repository, ref } = reference;
    const { root, standIn } = await rootOf(step, reference);
    const directory = path.join(root, reference.path);
    const label = path.posix.join(repository, reference.path);
    const manifest = await manifestAt(step, directory, label);
    return { directory, root, repository, ref, manifest, standIn };
  };
}

import { join } from "node:path";
import type { GithubAccess } from "#core";
import { gitRepository } from "../git-repository.ts";
import type { Ports } from "../ports.ts";
import type { Outcome } from "../run.ts";
import { openWorkspace, type Workspace } from "./some-gate.ts";
import { ALONE, PROGRAM, someRows } from "./some-program.ts";
import { accessTo, openRepository, type SomeRepository } from "./some-repository.ts";

/** How many rows {@link CHURN} holds out. */
export const ROWS = 400;

/** A project that keeps its program, held-out rows and model in git. */
export const CHURN = {
  "predict.mjs": PROGRAM,
  "holdout.csv": someRows(ROWS),
  "models/churn.bin": "cut 10",
};

/** A repository on a server, and a gate that judges clones of it. */
export interface SomeProject {
  readonly repository: SomeRepository;
  readonly gate: Workspace;
  /** Where a step of a job keeps what it needs for a while. */
  readonly temporaryDirectory: string;
  /** Git in a clone, as the gate reaches it. */
  gitOf(clone: string, access?: Partial<GithubAccess>): Ports["repository"];
  /** Runs the gate in a clone, as a job does. */
  judge(
    clone: string,
    inputs: Readonly<Record<string, string>>,
    ports?: Partial<Ports>,
  ): Promise<Outcome>;
  /**
   * Compares a branch's model with `main`'s, in a clone one commit deep as actions/checkout makes it.
   *
   * @param options `depth: undefined` clones the whole history; `clone` is one that is there already
   */
  judgeBranch(
    branch: string,
    inputs?: Readonly<Record<string, string>>,
    options?: {
      readonly depth?: number | undefined;
      readonly access?: Partial<GithubAccess>;
      readonly ports?: Partial<Ports>;
      readonly clone?: string;
    },
  ): Promise<Outcome>;
  remove(): Promise<void>;
}

/** Makes a project without a commit. */
export function openProject(): SomeProject {
  const repository = openRepository();
  const gate = openWorkspace();
  const temporaryDirectory = join(repository.root, "temporary");
  const gitOf: SomeProject["gitOf"] = (workspace, access) =>
    gitRepository({
      workspace,
      temporaryDirectory,
      access: accessTo(repository.root, access),
    });
  const judge: SomeProject["judge"] = (workspace, inputs, ports) =>
    gate.gate(inputs, {
      workspace,
      temporaryDirectory,
      repository: gitOf(workspace),
      ...ports,
    });
  return {
    repository,
    gate,
    temporaryDirectory,
    gitOf,
    judge,
    judgeBranch: (branch, inputs = {}, options = {}) => {
      const depth = "depth" in options ? options.depth : 1;
      const clone = options.clone ?? repository.clone(branch, depth);
      return judge(
        clone,
        { ...ALONE, baseline: "ref:main", ...inputs },
        { repository: gitOf(clone, options.access), ...options.ports },
      );
    },
    remove: async () => {
      await gate.remove();
      repository.remove();
    },
  };
}

import { join } from "node:path";
import type { GithubAccess } from "#core";
import { gitRepository } from "../git-repository.ts";
import type { Ports } from "../ports.ts";
import type { Outcome } from "../run.ts";
import { openWorkspace, type Workspace } from "./some-gate.ts";
import { PROGRAM, someRows } from "./some-program.ts";
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
  return {
    repository,
    gate,
    temporaryDirectory,
    gitOf,
    judge: (workspace, inputs, ports) =>
      gate.gate(inputs, {
        workspace,
        temporaryDirectory,
        repository: gitOf(workspace),
        ...ports,
      }),
    remove: async () => {
      await gate.remove();
      repository.remove();
    },
  };
}

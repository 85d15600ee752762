import type { DriftIssue, IssueDesk, Retraining, StartedRun } from "../ports.ts";

/** Issues in memory: the port's fake, with what was said under each. */
export interface MemoryDesk extends IssueDesk {
  readonly issues: Map<number, DriftIssue & { readonly title: string; readonly of: number | null }>;
  readonly comments: Map<string, string>;
}

/** A desk without issues. */
export function memoryDesk(): MemoryDesk {
  const issues: MemoryDesk["issues"] = new Map();
  const comments = new Map<string, string>();
  const find = (number: number) => {
    const issue = issues.get(number);
    if (issue === undefined) throw new Error(`there is no issue ${number}`);
    return issue;
  };
  return {
    issues,
    comments,
    list: () =>
      Promise.resolve(
        [...issues.values()].filter(({ of }) => of === null).sort((a, b) => a.number - b.number),
      ),
    open: ({ title, body }) => {
      const number = issues.size + 1;
      const issue = {
        number,
        url: `https://github.test/issues/${number}`,
        open: true,
        title,
        body,
        of: null,
      };
      issues.set(number, issue);
      return Promise.resolve(issue);
    },
    update: (number, { title, body, state }) => {
      const old = find(number);
      const issue = {
        ...old,
        title: title ?? old.title,
        body: body ?? old.body,
        open: state === undefined ? old.open : state === "open",
      };
      issues.set(number, issue);
      return Promise.resolve(issue);
    },
    closeDuplicate: (number, of) => {
      issues.set(number, { ...find(number), open: false, of });
      return Promise.resolve();
    },
    comment: (number, key, body) => {
      comments.set(`${number} ${key}`, body);
      return Promise.resolve();
    },
  };
}

/** Workflow runs in memory: the port's fake. */
export interface MemoryRetraining extends Retraining {
  readonly started: {
    readonly workflow: string;
    readonly inputs: Readonly<Record<string, string>>;
    readonly at: Date;
    readonly run: StartedRun;
  }[];
}

/** No run yet; the clock tells when one starts. */
export function memoryRetraining(clock: { now(): Date }): MemoryRetraining {
  const started: MemoryRetraining["started"] = [];
  return {
    started,
    start: (workflow, inputs) => {
      const id = 100 + started.length;
      const run = { id, url: `https://github.test/runs/${id}` };
      started.push({ workflow, inputs, at: clock.now(), run });
      return Promise.resolve(run);
    },
    startedSince: (workflow, at) => {
      const found = started.find((one) => one.workflow === workflow && one.at >= at);
      return Promise.resolve(found?.run ?? null);
    },
  };
}

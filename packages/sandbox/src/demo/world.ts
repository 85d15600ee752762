import type { SandboxState } from "../console/read-state.ts";
import type { GithubCalls, StorageCalls } from "../local-calls.ts";
import type { RunOutcome } from "../runner/outcomes.ts";
import type { Sandbox } from "../sandbox.ts";
import type { Params, SettingsOptions } from "./project.ts";
import type { Terminal } from "./terminal.ts";
import type { Traffic } from "./traffic.ts";
import type { WeatherPart } from "./weather-data.ts";
import type { WorkflowRuns } from "./workflow-runs.ts";

/** Something did not end as the story says. */
export class Mismatch extends Error {}

/** Everything that the steps of the story work with. */
export interface World {
  readonly repositoryRoot: string;
  /** The author's clone of the project. */
  readonly projectDirectory: string;
  /** `owner/name` at the local GitHub. */
  readonly repository: string;
  readonly sandbox: Sandbox;
  readonly github: GithubCalls;
  readonly storage: StorageCalls;
  readonly runs: WorkflowRuns;
  readonly terminal: Terminal;
  readonly parts: readonly WeatherPart[];
  readonly settings: Omit<SettingsOptions, "params">;
  /** Aborts when the person presses Ctrl-C. */
  readonly signal: AbortSignal;
  /** Asks all services what there is now. */
  readonly state: () => Promise<SandboxState>;
  /** git in the author's clone. */
  readonly git: (...args: readonly string[]) => Promise<string>;
  traffic: Traffic | undefined;
}

/** A step of the story. */
export interface Chapter {
  readonly title: string;
  readonly play: (world: World) => Promise<void>;
}

/** Says what was found; when it is not what the story says, the demo ends there. */
export function expectThat(
  { terminal }: Pick<World, "terminal">,
  text: string,
  holds: boolean,
  run?: RunOutcome,
): void {
  if (holds) {
    terminal.good(text);
    return;
  }
  const logs = (run?.jobs ?? []).flatMap(({ logFile }) => logFile ?? []);
  throw new Mismatch(
    [`expected otherwise: ${text}`, ...logs.map((file) => `log: ${file}`)].join("\n"),
  );
}

/** What a step needs of a change: a commit with other params. */
export interface ParamsChange {
  readonly params: Params;
  readonly message: string;
}

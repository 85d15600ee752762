import { stripComment } from "#core";
import type { Inputs } from "./inputs.ts";
import type { Ports } from "./ports.ts";

/** How thresholds differ from those of the base branch's settings. */
export interface ThresholdChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Why it is not known; `null` where it is. */
  readonly unknown: string | null;
}

/**
 * Compares the thresholds of `slipway.yml` with the base branch's: a pull request that loosens its
 * own gate must say so. `null` outside of pull requests, without git, and where nothing changed.
 */
export async function findThresholdChanges(
  inputs: Pick<Inputs, "config">,
  ports: Pick<Ports, "pullRequest" | "repository" | "settings">,
): Promise<ThresholdChanges | null> {
  if (ports.pullRequest === null) return null;
  const current = ports.settings.current();
  const base = await ports.repository.show(ports.pullRequest.baseCommit, inputs.config);
  if (base.kind === "no-git") return null;
  if (base.kind === "unreadable") return { added: [], removed: [], unknown: base.why };
  const before = base.kind === "absent" ? null : readBefore(base.text, ports);
  if (typeof before === "object" && before !== null)
    return { added: [], removed: [], unknown: before.why };
  const [now, then] = [linesOf(current), linesOf(before)];
  const added = now.filter((line) => !then.includes(line));
  const removed = then.filter((line) => !now.includes(line));
  return added.length + removed.length === 0 ? null : { added, removed, unknown: null };
}

function readBefore(
  text: string,
  { settings }: Pick<Ports, "settings">,
): string | null | { readonly why: string } {
  try {
    return settings.ofText(text);
  } catch (error) {
    return { why: error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error) };
  }
}

function linesOf(thresholds: string | null): readonly string[] {
  return (thresholds ?? "")
    .split("\n")
    .map((line) => stripComment(line).replaceAll(/\s+/g, " ").trim())
    .filter((line) => line !== "");
}

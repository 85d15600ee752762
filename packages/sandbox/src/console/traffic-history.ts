import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Sandbox } from "../sandbox.ts";
import type { ServiceState } from "./read-state.ts";

/** Requests that one version of a service answered in one second. */
export interface TrafficPoint {
  readonly service: string;
  readonly version: string;
  /** Seconds since 1970. */
  readonly second: number;
  readonly count: number;
}

interface SampleLine {
  readonly service: string;
  readonly revision: string;
  readonly sample: { readonly startMs: number; readonly count: number };
}

/** Seconds that the page shows at most. */
const shownSeconds = 600;

/** Requests a second by version, out of the local Monitoring's own samples. */
export async function readTrafficHistory(
  { stateDirectory }: Pick<Sandbox, "stateDirectory">,
  services: readonly ServiceState[],
): Promise<readonly TrafficPoint[]> {
  const file = path.join(stateDirectory, "run", "metrics.jsonl");
  const text = await readFile(file, "utf8").catch(() => "");
  const versions = new Map(
    services.flatMap(({ name, revisions }) =>
      revisions.map((revision) => [
        `${name}/${revision.name}`,
        revision.environment["MODEL_VERSION"] ?? revision.name,
      ]),
    ),
  );
  const points = new Map<string, TrafficPoint>();
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const { service, revision, sample } = JSON.parse(line) as SampleLine;
    const version = versions.get(`${service}/${revision}`) ?? revision;
    const second = Math.floor(sample.startMs / 1000);
    const key = `${service}/${version}/${second}`;
    const count = (points.get(key)?.count ?? 0) + sample.count;
    points.set(key, { service, version, second, count });
  }
  const newest = Math.max(0, ...[...points.values()].map(({ second }) => second));
  return [...points.values()].filter(({ second }) => second > newest - shownSeconds);
}

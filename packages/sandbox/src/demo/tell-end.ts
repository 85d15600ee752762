import { writeFileSync } from "node:fs";
import path from "node:path";
import Table from "cli-table3";
import type { ModelHistory } from "#core";
import { renderSnapshot } from "../console/console-server.ts";
import { collectReports } from "./collect-reports.ts";
import { digestDirectory } from "./directory-digest.ts";
import { readModel } from "./findings.ts";
import { names, workflowsDirectory } from "./project.ts";
import { drawTraffic } from "./traffic-chart.ts";
import type { World } from "./world.ts";

/** What the end is told with. */
export interface EndOptions {
  readonly startedAt: number;
  /** Where the demo wrote everything. */
  readonly directory: string;
  readonly actionsDirectory: string;
  /** The page of the state, while the services stay up. */
  readonly consoleUrl: string | undefined;
}

const longestCell = 64;

function shorten(text: string): string {
  return text.length <= longestCell ? text : `${text.slice(0, longestCell - 1)}…`;
}

function tableOf(model: ModelHistory): string {
  const table = new Table({
    head: ["version", "registered", "trained on", "what happened to it"],
    style: { head: [], border: [] },
  });
  for (const { version, createdAt, source } of model.versions) {
    const events = model.events.filter((event) => event.version === version);
    const isNow = model.stages["production"] === version;
    const told = events.map(({ tag, reason }) =>
      shorten(`${tag}${reason === null ? "" : `: ${reason}`}`),
    );
    table.push([
      `${version}${isNow ? " (production)" : ""}`,
      createdAt.slice(11, 19),
      source.slice(0, 8),
      told.join("\n") || "never reached production",
    ]);
  }
  return table.toString();
}

function sayHow(
  { terminal, projectDirectory }: World,
  { consoleUrl, directory }: EndOptions,
): void {
  const relative = path.relative(process.cwd(), projectDirectory);
  const project = relative.startsWith("..") ? projectDirectory : relative;
  terminal.heading("Look around");
  terminal.say(`git -C ${project} log --oneline --graph --all`);
  terminal.say(`git -C ${project} show ${names.model}@v1.1.0`);
  terminal.say(`git -C ${project} diff ${names.model}@v1.1.0 ${names.model}@v1.1.1 -- .slipway`);
  terminal.say(`git -C ${project} for-each-ref --format='%(refname:short) %(subject)' refs/tags`);
  terminal.say(
    consoleUrl === undefined
      ? `the state as a page: ${path.join(directory, "state.html")} (npm run demo -- --keep serves it live)`
      : `the state, live: ${consoleUrl}`,
  );
}

/** Tells what there is at the end and where to look. */
export async function tellEnd(world: World, options: EndOptions): Promise<void> {
  const { terminal, traffic, git } = world;
  await git("fetch", "--quiet", "--tags", "origin");
  const model = await readModel(world);
  terminal.heading("Versions and stages");
  if (model !== undefined) terminal.plain(tableOf(model));
  terminal.heading("Who answered, over time");
  for (const line of drawTraffic(traffic?.seconds() ?? [])) terminal.plain(line);
  const reports = path.join(options.directory, "reports");
  const written = await collectReports(world, reports);
  writeFileSync(path.join(options.directory, "state.html"), await renderSnapshot(world.sandbox));
  sayHow(world, options);
  terminal.say(`${written.length} HTML reports of the gate: ${reports}`);
  terminal.say(
    `logs and summaries of all jobs: ${path.join(options.directory, "sandbox/runner/runs")}`,
  );
  terminal.heading("What ran");
  terminal.say(
    `example-workflows sha256 ${digestDirectory(workflowsDirectory(world.repositoryRoot))}`,
  );
  terminal.say(
    `dist              sha256 ${digestDirectory(path.join(options.actionsDirectory, "dist"))}`,
  );
  terminal.say(
    `${world.runs.all().length} workflow runs in ${Math.round((Date.now() - options.startedAt) / 1000)} s`,
  );
}

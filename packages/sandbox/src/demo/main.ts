/** `npm run demo`: one model's life, on real data, with nothing but Node and git. */
import { once } from "node:events";
import path from "node:path";
import { parseArgs } from "node:util";
import { startConsole } from "../console/console-server.ts";
import { openDemo, playStory } from "./run-demo.ts";
import { chapters } from "./story.ts";
import { tellEnd } from "./tell-end.ts";
import { createTerminal } from "./terminal.ts";

const usage = `Usage: npm run demo -- [--keep] [--steps N] [--actions DIR] [--dir DIR]
  --keep         leaves the services and the state page up until Ctrl-C
  --steps N      plays only the first N of the ${chapters.length} steps
  --actions DIR  takes action.yml, actions/ and dist/ from another folder than this repository
  --dir DIR      where everything is written (default .demo), emptied first`;

const repositoryRoot = path.resolve(import.meta.dirname, "../../../..");
const terminal = createTerminal((line) => process.stdout.write(`${line}\n`));

async function run(): Promise<number> {
  const { values } = parseArgs({
    options: {
      keep: { type: "boolean", default: false },
      steps: { type: "string", default: String(chapters.length) },
      actions: { type: "string", default: repositoryRoot },
      dir: { type: "string", default: path.join(repositoryRoot, ".demo") },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    terminal.plain(usage);
    return 0;
  }
  const startedAt = Date.now();
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => stop.abort());
  try {
    const options = {
      repositoryRoot,
      actionsDirectory: path.resolve(values.actions),
      directory: path.resolve(values.dir),
      terminal,
      signal: stop.signal,
    };
    const demo = await openDemo(options);
    try {
      await playStory(demo.world, Number(values.steps));
      const page = values.keep ? await startConsole(demo.world.sandbox) : undefined;
      await tellEnd(demo.world, { ...options, startedAt, consoleUrl: page?.url });
      if (page !== undefined) {
        terminal.plain("\nThe services stay up and requests go on. Ctrl-C ends everything.");
        await once(stop.signal, "abort");
        await page.close();
      }
    } finally {
      await demo.close();
    }
    return 0;
  } catch (error) {
    if (stop.signal.aborted) {
      terminal.plain("\nStopped; everything that was started is gone.");
      return 130;
    }
    terminal.bad(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

process.exitCode = await run();

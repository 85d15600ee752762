/** Command line of the sandbox. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  runDispatch,
  runDown,
  runStatus,
  runUp,
  runUpInBackground,
  type CommandOptions,
} from "./sandbox-commands.ts";

const usage = `Usage:
  sandbox up [--state DIR] [--keep]     start the local services; --keep leaves them up in the background
  sandbox run WORKFLOW --repo OWNER/NAME [--ref REF] [--input KEY=VALUE]…
                                        start a workflow by dispatch and follow it
  sandbox status                        addresses and latest runs
  sandbox down                          stop the services; their state is kept

--state names the folder of the state (default .slipway-sandbox).`;

function parseInputs(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf("=");
      if (equals < 1) throw new Error(`--input ${pair}: expected KEY=VALUE`);
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}

async function runCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      state: { type: "string", default: ".slipway-sandbox" },
      keep: { type: "boolean", default: false },
      repo: { type: "string" },
      ref: { type: "string" },
      input: { type: "string", multiple: true, default: [] },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const options: CommandOptions = {
    stateDirectory: path.resolve(values.state),
    print: (text) => void process.stdout.write(`${text}\n`),
  };
  const [command, workflow] = positionals;
  if (values.help) {
    options.print(usage);
    return 0;
  }
  switch (command) {
    case "up":
      return values.keep
        ? runUpInBackground(options, fileURLToPath(import.meta.url))
        : runUp(options);
    case "down":
      return runDown(options);
    case "status":
      return runStatus(options);
    case "run": {
      if (workflow === undefined || values.repo === undefined)
        throw new Error("run needs a workflow and --repo OWNER/NAME");
      const { repo: repository, ref } = values;
      const inputs = parseInputs(values.input);
      return runDispatch({
        ...options,
        workflow,
        repository,
        inputs,
        ...(ref === undefined ? {} : { ref }),
      });
    }
    case undefined:
      throw new Error(usage);
    default:
      throw new Error(`Unknown command ${command}.\n${usage}`);
  }
}

try {
  process.exitCode = await runCommand(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}

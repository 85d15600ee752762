import about from "../../../package.json" with { type: "json" };
import { describeError, messageOf, operationLog } from "./operation-log.ts";
import { readSettings } from "./settings.ts";

const log = operationLog((line) => process.stderr.write(line));

process.on("uncaughtException", (error) => {
  log("ERROR", `The server ends: ${messageOf(error)}`, describeError(error));
  process.exit(1);
});

if (process.argv.includes("--version")) process.stdout.write(`${about.version}\n`);
else {
  try {
    const settings = readSettings(process.env);
    // Loaded once the settings are sound: a wrong one is told at once.
    const { serve } = await import("./serve.ts");
    const server = serve(settings, {
      environment: process.env,
      output: process.stdout,
      log,
      slipway: about.version,
    });
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.once(signal, () => {
        log("INFO", `${signal}: finishing what was accepted.`);
        void server.drain().then((isDone) => process.exit(isDone ? 0 : 1));
      });
    }
    await server.ready;
    log("INFO", `Listening on ${await server.listening}.`);
  } catch (error) {
    log("ERROR", messageOf(error), describeError(error));
    process.exit(1);
  }
}

import { joinInputFaults, type ErrorFacts } from "#core";
import { standardLimits, type ServerLimits } from "./limits.ts";
import type { ExtraRoutes } from "./http/routes.ts";

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where predictions are logged. */
export type LogDestination =
  | { readonly kind: "stdout" }
  | { readonly kind: "off" }
  | { readonly kind: "objects"; readonly uri: string; readonly intervalMs: number };

/** What the environment asks of the server. */
export interface ServerSettings {
  readonly uri: string;
  readonly version: string | undefined;
  readonly digest: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly listen: "start" | "ready";
  readonly extraRoutes: ExtraRoutes;
  readonly limits: ServerLimits;
  readonly engine: "auto" | "native" | "wasm";
  /** Cores for one run of the native engine. */
  readonly threads: number;
  readonly predictionLog: LogDestination;
  /** Share of predictions in [0, 1]. */
  readonly sample: number;
  readonly redact: readonly string[];
}

/**
 * Reads the environment.
 *
 * @throws InputError that lists every fault
 */
export function readSettings(environment: Environment): ServerSettings {
  const faults: ErrorFacts[] = [];
  const reader = createReader(environment, faults);
  const settings: ServerSettings = {
    uri: readModelUri(environment, faults),
    version: reader.text("MODEL_VERSION", /^v\d/, "a version such as v1.4.0"),
    digest: reader.text(
      "MODEL_DIGEST",
      /^sha256:[0-9a-f]{64}$/,
      "sha256: and 64 hexadecimal digits",
    ),
    host: environment["HOST"] || "0.0.0.0",
    // Vertex AI's name for the port rules where it is given.
    port: reader.number(environment["AIP_HTTP_PORT"] ? "AIP_HTTP_PORT" : "PORT", {
      standard: 8080,
      low: 0,
      high: 65_535,
    }),
    listen: readListen(environment, reader),
    extraRoutes: {
      health: reader.text("AIP_HEALTH_ROUTE", /^\//, "a path that starts with a slash"),
      predict: reader.text("AIP_PREDICT_ROUTE", /^\//, "a path that starts with a slash"),
    },
    limits: readLimits(reader),
    engine: reader.oneOf("ENGINE", ["auto", "native", "wasm"]),
    threads: reader.number("ENGINE_THREADS", { standard: 1, low: 0, high: 256 }),
    predictionLog: readLogDestination(environment, { reader, faults }),
    sample: reader.number("LOG_SAMPLE", { standard: 1, low: 0, high: 1, fraction: true }),
    redact: (environment["REDACT"] ?? "")
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== ""),
  };
  if (faults.length > 0) throw joinInputFaults(faults);
  return settings;
}

function readModelUri(environment: Environment, faults: ErrorFacts[]): string {
  const given = environment["MODEL_URI"];
  if (given) return given;
  // Vertex AI names the folder of the model's files.
  const folder = environment["AIP_STORAGE_URI"];
  if (folder) return `${folder.replace(/\/+$/, "")}/manifest.json`;
  faults.push({
    code: "MODEL_URI_MISSING",
    message: "MODEL_URI is not set.",
    hint: "Set it to the URI of a version's manifest.json (gs://, https:// or file://).",
  });
  return "";
}

/** On Cloud Run an open port means that requests may come, unless another startup probe is set. */
function readListen(environment: Environment, reader: Reader): ServerSettings["listen"] {
  const listen = reader.oneOf("LISTEN", ["auto", "start", "ready"]);
  if (listen !== "auto") return listen;
  return environment["K_SERVICE"] ? "ready" : "start";
}

function readLimits(reader: Reader): ServerLimits {
  const whole = (name: string, standard: number, high = Number.MAX_SAFE_INTEGER): number =>
    reader.number(name, { standard, low: 1, high });
  return {
    requestBytes: whole("MAX_REQUEST_BYTES", standardLimits.requestBytes, 512 * 1024 * 1024),
    requestRows: whole("MAX_REQUEST_ROWS", standardLimits.requestRows),
    queueRows: whole("MAX_QUEUE_ROWS", standardLimits.queueRows),
    batchRows: whole("MAX_BATCH_ROWS", standardLimits.batchRows),
    timeoutMs: whole("REQUEST_TIMEOUT_MS", standardLimits.timeoutMs, 3_600_000),
    drainMs: standardLimits.drainMs,
  };
}

interface LogReading {
  readonly reader: Reader;
  readonly faults: ErrorFacts[];
}

function readLogDestination(
  environment: Environment,
  { reader, faults }: LogReading,
): LogDestination {
  const uri = environment["PREDICTION_LOG"] || "stdout";
  const intervalSeconds = reader.number("PREDICTION_LOG_INTERVAL", {
    standard: 60,
    low: 0.05,
    high: 3600,
    fraction: true,
  });
  if (uri === "stdout" || uri === "off") return { kind: uri };
  if (!/^(?:gs|file):\/\//.test(uri)) {
    faults.push({
      code: "INVALID_PREDICTION_LOG",
      message: `PREDICTION_LOG is "${uri}".`,
      hint: "Expected stdout, off, or a prefix such as gs://bucket/prefix/{date}/.",
    });
  }
  return { kind: "objects", uri, intervalMs: intervalSeconds * 1000 };
}

interface NumberRule {
  readonly standard: number;
  readonly low: number;
  readonly high: number;
  readonly fraction?: boolean;
}

interface Reader {
  readonly text: (name: string, pattern: RegExp, expected: string) => string | undefined;
  readonly number: (name: string, rule: NumberRule) => number;
  readonly oneOf: <T extends string>(name: string, words: readonly [T, ...T[]]) => T;
}

function createReader(environment: Environment, faults: ErrorFacts[]): Reader {
  const refuse = (name: string, expected: string): void => {
    const message = `${name} is "${environment[name]}", expected ${expected}.`;
    faults.push({ code: "INVALID_SETTING", message });
  };
  return {
    text: (name, pattern, expected) => {
      const value = environment[name];
      if (value === undefined || value === "") return undefined;
      if (!pattern.test(value)) refuse(name, expected);
      return value;
    },
    number: (name, { standard, low, high, fraction = false }) => {
      const value = environment[name];
      if (value === undefined || value.trim() === "") return standard;
      const number = Number(value);
      if (number >= low && number <= high && (fraction || Number.isInteger(number))) return number;
      refuse(name, `a ${fraction ? "" : "whole "}number from ${low} to ${high}`);
      return standard;
    },
    oneOf: (name, words) => {
      const value = environment[name];
      if (value === undefined || value === "") return words[0];
      const found = words.find((word) => word === value);
      if (found === undefined) refuse(name, `one of ${words.join(", ")}`);
      return found ?? words[0];
    },
  };
}

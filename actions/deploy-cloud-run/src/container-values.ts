import { parse } from "yaml";

/** A secret of Secret Manager as a container refers to it. */
export interface SecretReference {
  readonly secret: string;
  readonly version: string;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Cloud Run and Slipway set these; a rollout could not be told apart if they were changed. */
const OWNED = [
  "PORT",
  "K_SERVICE",
  "K_REVISION",
  "K_CONFIGURATION",
  "MODEL_VERSION",
  "MODEL_DIGEST",
];

/**
 * Reads a map of names and values as text.
 *
 * @throws Error that says what was expected
 */
export function readTextMap(raw: string): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    Object.entries(readMap(raw)).map(([name, value]): [string, string | null] => {
      if (value === null) return [name, null];
      if (typeof value === "string") return [name, value];
      if (typeof value === "number" || typeof value === "boolean") return [name, String(value)];
      throw new Error(`expected text, a number or true/false as the value of ${name}.`);
    }),
  );
}

/**
 * Reads a container's environment variables; `null` takes one out.
 *
 * @throws Error that says what was expected
 */
export function readEnvironmentMap(raw: string): Readonly<Record<string, string | null>> {
  const values = readTextMap(raw);
  checkVariableNames(Object.keys(values));
  return values;
}

/**
 * Reads `NAME: secret:version` pairs; without a version the newest is meant.
 *
 * @throws Error that says what was expected
 */
export function readSecretMap(raw: string): Readonly<Record<string, SecretReference>> {
  const values = readMap(raw);
  checkVariableNames(Object.keys(values));
  return Object.fromEntries(
    Object.entries(values).map(([name, value]): [string, SecretReference] => {
      const match =
        /^((?:projects\/[^/:\s]+\/secrets\/)?[A-Za-z0-9_-]+)(?::(latest|\d+|[A-Za-z][\w-]*))?$/.exec(
          String(value),
        );
      const [, secret, version = "latest"] = match ?? [];
      if (secret === undefined)
        throw new Error(`expected secret or secret:version as the value of ${name}.`);
      return [name, { secret, version }];
    }),
  );
}

function checkVariableNames(names: readonly string[]): void {
  for (const name of names) {
    if (!NAME.test(name)) throw new Error(`"${name}" is no name of an environment variable.`);
    if (OWNED.includes(name)) throw new Error(`${name} is set by Cloud Run or by the rollout.`);
  }
}

function readMap(raw: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parse(raw);
  } catch (error) {
    throw new Error(
      `expected YAML; ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`,
      { cause: error },
    );
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new Error("expected a YAML map of names and values, such as `LOG_LEVEL: info`.");
}

import { readJsonObject, type Call } from "./calls.ts";
import { findJobByRuntimeToken } from "./job-credentials.ts";
import type { Reply } from "./replies.ts";
import { readToken, type OpenJob } from "./tokens.ts";

/** One call of an Actions service. */
export interface TwirpCall extends Call {
  readonly job: OpenJob;
  /** The message's fields by their names in the protocol, e.g. `workflow_run_backend_id`. */
  readonly message: Readonly<Record<string, unknown>>;
}

/** A method of an Actions service; the result's keys are those of the protocol. */
export type TwirpMethod = (
  call: TwirpCall,
) => Promise<Readonly<Record<string, unknown>>> | Readonly<Record<string, unknown>>;

const statusOfCode = {
  invalid_argument: 400,
  unauthenticated: 401,
  permission_denied: 403,
  not_found: 404,
  already_exists: 409,
  failed_precondition: 412,
  bad_route: 404,
} as const;

/** A refusal of an Actions service. */
export class TwirpError extends Error {
  readonly code: keyof typeof statusOfCode;
  constructor(code: keyof typeof statusOfCode, message: string) {
    super(message);
    this.name = "TwirpError";
    this.code = code;
  }
}

/** Answers `POST /twirp/<service>/<method>` in JSON. */
export async function serveTwirp(
  call: Call,
  methods: Readonly<Record<string, TwirpMethod>>,
): Promise<Reply> {
  try {
    const name = call.url.pathname.slice("/twirp/".length);
    const method = methods[name];
    if (method === undefined) throw new TwirpError("bad_route", `no handler for path ${name}`);
    const job = findJobByRuntimeToken(call.github, readToken(call.incoming.headers.authorization));
    if (job === undefined)
      throw new TwirpError("unauthenticated", "token is invalid or has expired");
    const message = toSnakeCase(await readJsonObject(call.incoming));
    return { kind: "json", status: 200, body: await method({ ...call, job, message }) };
  } catch (error) {
    if (!(error instanceof TwirpError)) throw error;
    const body = { code: error.code, msg: error.message };
    return { kind: "json", status: statusOfCode[error.code], body };
  }
}

// Protobuf's JSON allows both spellings of a field.
function toSnakeCase(message: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(message).map(([name, value]) => [
      name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
}

/** A text field of a message, empty when absent. */
export function textField({ message }: TwirpCall, name: string): string {
  const value = message[name];
  return typeof value === "string" ? value : "";
}

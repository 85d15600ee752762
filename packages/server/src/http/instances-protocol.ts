import { showValue } from "../check-instances.ts";
import type { Identity, PredictProtocol, PredictRequest } from "./protocol.ts";
import { instancePath, refuseFaults, refuseShape, type Refusal } from "./refusal.ts";

/** `{"instances": [{column: value}]}` in, `{"predictions": [{prediction, scores}]}` out; also Vertex AI's form. */
export function instancesProtocol(identity: Identity): PredictProtocol {
  const head = `{"model":${JSON.stringify(identity.model)},"version":${JSON.stringify(identity.version)},"predictions":[`;
  const encode: PredictRequest["encode"] = ({ answers }) => {
    let body = head;
    for (let row = 0; row < answers.length; row += 1) {
      body += `${row === 0 ? "{" : ",{"}${answers[row]?.answer}}`;
    }
    return `${body}]}`;
  };
  return {
    decode: (body) => {
      const found = readBodyMembers(body);
      return "refusal" in found ? found : { ...found, pathOf: instancePath, encode };
    },
    encodeRefusal: (refusal) => refusalBody(identity, refusal),
  };
}

/** A refusal as JSON: who refused, a code, the message, and each fault with its path. */
export function refusalBody(identity: Identity | null, refusal: Refusal): string {
  const { code, message, faults } = refusal;
  return JSON.stringify({
    ...identity,
    error: { code, message, ...(faults !== undefined && { faults }) },
  });
}

type BodyMembers = Pick<PredictRequest, "instances" | "ids"> | { readonly refusal: Refusal };

function readBodyMembers(body: unknown): BodyMembers {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return shape(`The body is ${showValue(body)}, expected an object with "instances".`);
  }
  const { instances, ids } = body as { readonly instances?: unknown; readonly ids?: unknown };
  if (!Array.isArray(instances)) {
    return shape(`"instances" is ${showValue(instances)}, expected a list of objects, one a row.`);
  }
  if (instances.length === 0) {
    return {
      refusal: refuseFaults([
        { path: "instances", message: "expected at least one instance, found none" },
      ]),
    };
  }
  if (ids === undefined || ids === null) return { instances, ids: null };
  const read = readIds(ids, instances.length);
  return typeof read === "string"
    ? { refusal: refuseFaults([{ path: "ids", message: read }]) }
    : { instances, ids: read };
}

/** The ids as text, or words that say what is wrong with them. */
function readIds(ids: unknown, rows: number): readonly string[] | string {
  if (!Array.isArray(ids)) return `expected a list of ${rows} ids, found ${showValue(ids)}`;
  if (ids.length !== rows) return `expected one id an instance (${rows}), found ${ids.length}`;
  const bad = ids.findIndex((id) => !isId(id));
  if (bad >= 0) return `expected texts or whole numbers, found ${showValue(ids[bad])} at [${bad}]`;
  return ids.map(String);
}

function isId(value: unknown): boolean {
  if (typeof value === "string") return value !== "" && value.length <= 1024;
  return Number.isSafeInteger(value);
}

function shape(message: string): { readonly refusal: Refusal } {
  return {
    refusal: refuseShape(
      `${message} Send {"instances": [{"column": value}]}; GET /openapi.json says which columns.`,
    ),
  };
}

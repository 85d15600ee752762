import type { GoldenCase } from "#core";
import type { Protocol } from "./protocols.ts";
import { ask, type Target } from "./request.ts";

/** How a server took a request that it must refuse. */
export interface BadRequestResult {
  readonly name: string;
  /** `null` when no answer came. */
  readonly status: number | null;
  readonly refused: boolean;
  readonly why: string;
}

const OVERSIZED_BYTES = 12 * 1024 * 1024;

/** Sends bodies that no server may accept: each must be answered with 4xx, not 5xx, 2xx or a hang. */
export async function sendBadRequests(
  target: Target,
  {
    protocol,
    example,
    signal,
  }: {
    readonly protocol: Protocol;
    readonly example: GoldenCase | undefined;
    readonly signal: AbortSignal;
  },
): Promise<readonly BadRequestResult[]> {
  const results: BadRequestResult[] = [];
  for (const [name, body] of badBodies(protocol, example)) {
    const answer = await ask(target, { method: "POST", path: protocol.predictPath, body }, signal);
    // A server that cuts off a body that is too long has refused it.
    const cutOff =
      name === "oversized" &&
      answer.kind === "failed" &&
      /ECONNRESET|EPIPE|UND_ERR_SOCKET|other side closed/.test(answer.why);
    const status = answer.kind === "answered" ? answer.status : null;
    const refused = cutOff || (status !== null && status >= 400 && status < 500);
    const why = answer.kind === "failed" ? answer.why : `answered ${answer.status}`;
    results.push({ name, status, refused, why });
  }
  return results;
}

function badBodies(
  protocol: Protocol,
  example: GoldenCase | undefined,
): readonly (readonly [string, string])[] {
  const bodies: (readonly [string, string])[] = [
    ["not JSON", '{"instances": [{'],
    ["empty body", ""],
    ["wrong shape", JSON.stringify({ instances: "not a list", inputs: "not a list" })],
    [
      "oversized",
      JSON.stringify({ instances: [], inputs: [], padding: "x".repeat(OVERSIZED_BYTES) }),
    ],
  ];
  const [instance] = example?.request.instances ?? [];
  if (instance === undefined || protocol.name === "oip-v2") return bodies;
  const wrongTypes = Object.fromEntries(
    Object.keys(instance).map((name) => [name, { nested: [true] }]),
  );
  return [
    ...bodies,
    ["wrong types", JSON.stringify({ instances: [wrongTypes] })],
    ["unknown columns", JSON.stringify({ instances: [{ "no such column": 1 }] })],
  ];
}

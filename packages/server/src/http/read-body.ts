import type { IncomingMessage } from "node:http";
import { refuseShape, type Refusal } from "./refusal.ts";

/** A body, or why there is none. */
export type ReadBody =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | { readonly kind: "gone" };

/** Of a body that is too long this many times the limit is read and dropped, so that the client sees the answer. */
const DROPPED_TIMES = 8;

/** Reads a JSON body of at most `largestBytes`; `done` is called once. */
export function readBody(
  request: IncomingMessage,
  largestBytes: number,
  done: (body: ReadBody) => void,
): void {
  const refusal = refuseHeaders(request);
  const chunks: Buffer[] = [];
  let total = 0;
  let isDone = false;
  const finish = (body: ReadBody): void => {
    if (isDone) return;
    isDone = true;
    done(body);
  };
  const tooLarge = (): void => finish({ kind: "refused", refusal: refuseSize(largestBytes) });
  request.on("data", (chunk: Buffer) => {
    total += chunk.length;
    if (total <= largestBytes && refusal === null) chunks.push(chunk);
    else chunks.length = 0;
    if (total > largestBytes * DROPPED_TIMES) tooLarge();
  });
  request.on("end", () => {
    if (total > largestBytes) tooLarge();
    else if (refusal !== null) finish({ kind: "refused", refusal });
    else {
      const [only] = chunks;
      const whole = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
      finish({ kind: "text", text: whole.toString("utf8") });
    }
  });
  request.on("error", () => finish({ kind: "gone" }));
  request.on("close", () => finish({ kind: "gone" }));
}

/** The refusal of a body that says beforehand that it is too long. */
export function refuseSize(largestBytes: number): Refusal {
  return {
    status: 413,
    code: "REQUEST_TOO_LARGE",
    message: `The request's body is larger than ${largestBytes} bytes. Send fewer instances at once.`,
    headers: { connection: "close" },
  };
}

function refuseHeaders({ headers }: IncomingMessage): Refusal | null {
  const type = headers["content-type"];
  if (type !== undefined && !/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(type)) {
    return refuseMedia(
      `The content type ${type.slice(0, 80)} is not supported. Send application/json.`,
    );
  }
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") {
    return refuseMedia(
      `The content encoding ${encoding.slice(0, 80)} is not supported. Send the body as it is.`,
    );
  }
  // The binary extension of the Open Inference Protocol.
  return headers["inference-header-content-length"] === undefined
    ? null
    : refuseMedia("Binary tensors are not supported. Send their data as JSON.");
}

function refuseMedia(message: string): Refusal {
  return { status: 415, code: "UNSUPPORTED_MEDIA_TYPE", message };
}

/** A body's JSON value, or the refusal of a text that is none. */
export function parseBody(
  text: string,
): { readonly value: unknown } | { readonly refusal: Refusal } {
  if (text.trim() === "")
    return { refusal: refuseShape("The request has no body. Send a JSON object.") };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return { refusal: refuseShape(`The body is not JSON: ${found}`) };
  }
}

import { DataError } from "#core";
import type { Predictions } from "#models";
import { createAnswerWriter, type AnswerText } from "../answers.ts";
import type { BatchOutcome, BatchQueue } from "../batch-queue.ts";
import { createInstanceChecker, type Instance } from "../check-instances.ts";
import type { ServerLimits } from "../limits.ts";
import type { ServedVersion } from "../load-version.ts";
import type { Metrics } from "../metrics.ts";
import { describeError, messageOf, type OperationLog } from "../operation-log.ts";
import type { PredictionLogger } from "../prediction-log.ts";
import { traceOf, JSON_TYPE, type Exchange, type Reply } from "./exchange.ts";
import type { PredictProtocol, PredictRequest } from "./protocol.ts";
import { parseBody, readBody } from "./read-body.ts";
import { refuseBusy, refuseFaults, type Refusal } from "./refusal.ts";

/** What answering predictions needs. */
export interface PredictParts {
  readonly version: ServedVersion;
  readonly queue: BatchQueue;
  readonly limits: ServerLimits;
  readonly logger: PredictionLogger;
  readonly metrics: Metrics;
  readonly log: OperationLog;
}

/** Sends a reply; called once an exchange, or never when the caller has gone. */
export type Send = (exchange: Exchange, reply: Reply) => void;

/** Answers one request for predictions in one protocol. */
export type PredictHandler = (exchange: Exchange, protocol: PredictProtocol) => void;

/** Makes the handler: read, check, queue, answer, log. */
export function createPredictHandler(parts: PredictParts, send: Send): PredictHandler {
  const check = createInstanceChecker(parts.version.columns);
  const write = createAnswerWriter();
  const handleText = (text: string, { exchange, protocol, refuse }: Asking): void => {
    const read = readRequest(text, { protocol, check, limits: parts.limits });
    if ("refusal" in read) return refuse(read.refusal);
    const { instances, asked } = read;
    const isTaken = parts.queue.submit(instances, (outcome) => {
      if (outcome.kind !== "scored") return refuse(refuseOutcome(outcome, parts));
      const answers = writeAnswers(write, outcome, instances.length);
      const { predictions, start } = outcome;
      const scored = { predictions, start, rows: instances.length, answers };
      send(exchange, { status: 200, type: JSON_TYPE, body: asked.encode(scored) });
      logAnswers(parts, exchange, { ids: asked.ids, instances, answers });
    });
    if (!isTaken) refuse(refuseBusy("QUEUE_FULL", "Too many requests wait. Try again soon."));
  };
  return (exchange, protocol) => {
    const refuse = (refusal: Refusal): void =>
      send(exchange, refusalReply(refusal, protocol.encodeRefusal));
    readBody(exchange.request, parts.limits.requestBytes, (body) => {
      if (body.kind === "gone") return;
      if (body.kind === "refused") return refuse(body.refusal);
      try {
        handleText(body.text, { exchange, protocol, refuse });
      } catch (error) {
        refuse(refuseUnforeseen(error, parts.log));
      }
    });
  };
}

interface Asking {
  readonly exchange: Exchange;
  readonly protocol: PredictProtocol;
  readonly refuse: (refusal: Refusal) => void;
}

interface RequestReading {
  readonly protocol: PredictProtocol;
  readonly check: ReturnType<typeof createInstanceChecker>;
  readonly limits: ServerLimits;
}

type ReadRequest =
  | { readonly instances: readonly Instance[]; readonly asked: PredictRequest }
  | { readonly refusal: Refusal };

function readRequest(text: string, { protocol, check, limits }: RequestReading): ReadRequest {
  const parsed = parseBody(text);
  if ("refusal" in parsed) return parsed;
  const asked = protocol.decode(parsed.value);
  if ("refusal" in asked) return asked;
  const { length } = asked.instances;
  if (length > limits.requestRows) return { refusal: refuseRows(length, limits.requestRows) };
  const faults = check(asked.instances);
  // A check without faults found every instance to be an object of the right columns.
  if (faults.length === 0) return { instances: asked.instances as readonly Instance[], asked };
  const listed = new Map(
    faults.map((fault) => {
      const path = asked.pathOf(fault);
      return [`${path} ${fault.message}`, { path, message: fault.message }];
    }),
  );
  return { refusal: refuseFaults([...listed.values()]) };
}

function refuseRows(found: number, limit: number): Refusal {
  const message = `The request has ${found} instances; at most ${limit} are answered at once.`;
  return { status: 413, code: "TOO_MANY_INSTANCES", message };
}

/** A refusal as a reply. */
export function refusalReply(refusal: Refusal, encode: (refusal: Refusal) => string): Reply {
  const { status, headers } = refusal;
  return {
    status,
    type: JSON_TYPE,
    body: encode(refusal),
    ...(headers !== undefined && { headers }),
  };
}

function writeAnswers(
  write: (predictions: Predictions, row: number) => AnswerText,
  { predictions, start }: Extract<BatchOutcome, { kind: "scored" }>,
  rows: number,
): readonly AnswerText[] {
  const answers: AnswerText[] = [];
  for (let row = 0; row < rows; row += 1) answers.push(write(predictions, start + row));
  return answers;
}

interface Answered {
  readonly ids: readonly string[] | null;
  readonly instances: readonly Instance[];
  readonly answers: readonly AnswerText[];
}

function logAnswers(parts: PredictParts, exchange: Exchange, answered: Answered): void {
  parts.metrics.countPredictions(answered.instances.length);
  // Smoke tests ask with made-up rows: in the log they would look like drift.
  if (exchange.request.headers["prediction-log"] === "off") return;
  parts.logger({
    ...answered,
    requestId: exchange.requestId,
    latencyMs: performance.now() - exchange.startedMs,
    trace: traceOf(exchange.request),
  });
}

function refuseOutcome(
  outcome: Exclude<BatchOutcome, { kind: "scored" }>,
  { log }: PredictParts,
): Refusal {
  if (outcome.kind === "late") {
    return {
      status: 504,
      code: "TIMEOUT",
      message: "The answer took too long. Try again, or send fewer instances.",
    };
  }
  const { error } = outcome;
  if (error instanceof DataError && error.code === "VALUES_DO_NOT_FIT") {
    return refuseFaults(readValueFaults(error.message));
  }
  if (error instanceof DataError && error.code === "MODEL_REFUSED") {
    // What onnxruntime refuses on a warm model is nearly always a value: an unknown category, say.
    log("WARNING", `The model refused a request: ${messageOf(error)}`);
    return {
      status: 422,
      code: "MODEL_REFUSED",
      message: "The model refused these values: a category that it does not know, perhaps.",
    };
  }
  return refuseUnforeseen(error, log);
}

/** The details are for the operators' log, never for the caller. */
function refuseUnforeseen(error: unknown, log: OperationLog): Refusal {
  log("ERROR", `A request failed: ${messageOf(error)}`, describeError(error));
  return { status: 500, code: "INTERNAL", message: "The model could not answer." };
}

/** The lines `- [0].date is …` of the scorer's own check of values, as faults. */
function readValueFaults(message: string): readonly { path: string; message: string }[] {
  return [...message.matchAll(/^- (\[\d+\]\.\S+) (.*)$/gm)].map(([, path, said]) => ({
    path: `instances${path}`,
    message: (said ?? "").replace(/ \(input [^)]*\)\.$|\.$/, ""),
  }));
}

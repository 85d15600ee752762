import { SlipwayError } from "#core";

/** How much a line matters, in Cloud Logging's words. */
export type Severity = "DEBUG" | "INFO" | "WARNING" | "ERROR";

/** What the server tells its operators. */
export type OperationLog = (
  severity: Severity,
  message: string,
  facts?: Readonly<Record<string, unknown>>,
) => void;

/** Writes one JSON object a line, in the form that Cloud Logging reads. */
export function operationLog(write: (line: string) => void): OperationLog {
  return (severity, message, facts = {}) => {
    write(`${JSON.stringify({ severity, time: new Date().toISOString(), message, ...facts })}\n`);
  };
}

/** An error as facts for a log line: code, hint, and the stack only of what nobody foresaw. */
export function describeError(error: unknown): Readonly<Record<string, unknown>> {
  if (error instanceof SlipwayError) {
    return { code: error.code, ...(error.hint !== undefined && { hint: error.hint }) };
  }
  return { code: "UNEXPECTED", stack: error instanceof Error ? error.stack : String(error) };
}

/** An error's message. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

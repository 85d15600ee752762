/** One thing that is wrong with, or not supported in, a workflow or action file. */
export interface WorkflowFault {
  readonly file: string;
  readonly line: number | undefined;
  readonly message: string;
}

/** A workflow or action that the runner refuses, with each reason's file and line. */
export class WorkflowError extends Error {
  readonly code = "WORKFLOW_REFUSED";
  readonly faults: readonly WorkflowFault[];

  constructor(faults: readonly WorkflowFault[], options?: ErrorOptions) {
    super(faults.map(formatFault).join("\n"), options);
    this.name = "WorkflowError";
    this.faults = faults;
  }
}

/** Writes a fault as `file:line: message`. */
export function formatFault(fault: WorkflowFault): string {
  const place = fault.line === undefined ? fault.file : `${fault.file}:${fault.line}`;
  return `${place}: ${fault.message}`;
}

/** Text of anything thrown. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What a {@link SlipwayError} is made of. */
export interface ErrorFacts {
  /** Stable upper-case name of the fault, e.g. `VERSION_NOT_FOUND`. */
  readonly code: string;
  /** Names the input or file, what was found and what was expected. */
  readonly message: string;
  /** What the reader should do next. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Base of every fault that Slipway reports to a user: a code, a message and what to do next. */
export class SlipwayError extends Error {
  override readonly name: string = "SlipwayError";
  readonly code: string;
  readonly hint: string | undefined;

  constructor({ code, message, hint, cause }: ErrorFacts) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
  }
}

/** The user must change the workflow, its inputs or `slipway.yml`. */
export class InputError extends SlipwayError {
  override readonly name = "InputError";
}

/** Where in a file a fault stands. Lines and rows count from 1; the header of a CSV is line 1. */
export interface DataPlace {
  readonly file: string;
  readonly line?: number;
  readonly row?: number;
  readonly column?: string;
  /** Offset from the start of the file, counted from 0. */
  readonly byte?: number;
}

/** A file's content is bad. The place names the file and, where known, line, row and column. */
export class DataError extends SlipwayError {
  override readonly name = "DataError";
  readonly place: DataPlace | undefined;

  constructor({ place, ...facts }: ErrorFacts & { readonly place?: DataPlace }) {
    super(facts);
    this.place = place;
  }
}

/** A service refused or did not answer. */
export class RemoteError extends SlipwayError {
  override readonly name = "RemoteError";
  /** The call, e.g. `POST /repos/o/r/git/refs`. */
  readonly call: string;
  /** HTTP status, or `null` when no answer came. */
  readonly status: number | null;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;

  constructor({
    call,
    status,
    retryable,
    ...facts
  }: ErrorFacts & {
    readonly call: string;
    readonly status: number | null;
    readonly retryable: boolean;
  }) {
    super(facts);
    this.call = call;
    this.status = status;
    this.retryable = retryable;
  }
}

/** Joins several faults of the same kind into one {@link InputError} that lists them all. */
export function joinInputFaults(faults: readonly ErrorFacts[]): InputError {
  const [first] = faults;
  if (first !== undefined && faults.length === 1) return new InputError(first);
  return new InputError({
    code: "INVALID_INPUTS",
    message: faults
      .map((fault) => `- ${fault.message}${fault.hint ? ` ${fault.hint}` : ""}`)
      .join("\n"),
    hint: "Correct every line above; all of them were found in one pass.",
  });
}

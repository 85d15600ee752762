import type { InstanceFault } from "../check-instances.ts";
import type { AnswerText } from "../answers.ts";
import type { Predictions } from "#models";
import type { Refusal } from "./refusal.ts";

/** What a body asks for, whatever its form. */
export interface PredictRequest {
  readonly instances: readonly unknown[];
  /** The caller's ids, one an instance. */
  readonly ids: readonly string[] | null;
  /** Where a fault stands in the body as the caller wrote it. */
  readonly pathOf: (fault: InstanceFault) => string;
  /** Writes the answer's body. */
  readonly encode: (scored: ScoredRows) => string;
}

/** The rows of one request, answered. */
export interface ScoredRows {
  readonly predictions: Predictions;
  /** Where the request's rows start in `predictions`. */
  readonly start: number;
  readonly rows: number;
  readonly answers: readonly AnswerText[];
}

/** Who answers. */
export interface Identity {
  readonly model: string;
  readonly version: string;
}

/** One way of asking for predictions. */
export interface PredictProtocol {
  readonly decode: (body: unknown) => PredictRequest | { readonly refusal: Refusal };
  /** The body of a refusal in this protocol's form. */
  readonly encodeRefusal: (refusal: Refusal) => string;
}

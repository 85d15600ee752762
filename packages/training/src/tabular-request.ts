import type { Table, Task } from "#core";
import type { CurvePoint } from "./curve.ts";
import type { ModelKind } from "./params.ts";

/** What to train on, and how. */
export interface TabularRequest {
  readonly table: Table;
  /** Indices of the training rows. */
  readonly train: ArrayLike<number>;
  /** Indices of the rows that stop and choose; may be empty when one model kind is named. */
  readonly validation: ArrayLike<number>;
  readonly target: string;
  /** All columns but the target and the weight by default. */
  readonly features?: readonly string[] | null;
  readonly task?: Task | "auto";
  /** The params as the user wrote them. */
  readonly params?: unknown;
  readonly seed?: number;
  /** The model kinds to choose from when `params.model` names none. */
  readonly kinds?: readonly ModelKind[];
  /** A column of row weights. */
  readonly weight?: string | null;
  /** The model's name, for the file's metadata. */
  readonly name?: string;
  /** Told each step of each fit; `stop` ends that fit with what it has. */
  readonly report?: (point: CurvePoint & { readonly kind: ModelKind }) => "continue" | "stop";
}

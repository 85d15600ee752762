import type { Inputs } from "./inputs.ts";
import type { Journal } from "./journal.ts";
import type { Ports } from "./ports.ts";
import type { Subject } from "./subject.ts";

/** A version on its way to a service. */
export interface Undertaking {
  readonly inputs: Inputs;
  readonly subject: Subject;
  readonly strategy: Inputs["strategy"];
  /** A rollback whose version has no revision any more deploys it anew. */
  readonly mode: "deploy" | "rollback";
  readonly ports: Ports;
  readonly journal: Journal;
}

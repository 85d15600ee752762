/** How a check's numbers are written for people. */
export type Unit = "share" | "number" | "milliseconds" | "megabytes";

/** One number of a check, and the bound that it has without being asked. */
export interface PartDescription {
  /** `null`: nothing is held against it unless a bound is written; it is shown. */
  readonly bound: number | null;
  readonly operator: "<=" | ">=";
  readonly unit: Unit;
  /** For people, e.g. "share of rows". */
  readonly meaning: string;
}

/** A check: what it protects from, and its numbers; a bound without a name is the first one's. */
export interface CheckDescription {
  readonly protectsFrom: string;
  /** Whether it runs only when asked for. */
  readonly onRequest?: true;
  readonly parts: Readonly<Record<string, PartDescription>>;
}

function part(
  bound: number | null,
  unit: Unit,
  meaning: string,
  operator: PartDescription["operator"] = "<=",
): PartDescription {
  return { bound, unit, meaning, operator };
}

/** Every check by its name in `checks:`, in the order of the report. */
export const CHECKS = {
  duplicates: {
    protectsFrom: "evaluating on rows that the model was trained on, or on copies of one another",
    parts: {
      share: part(0.05, "share", "rows with the same features as a training row"),
      within: part(0.05, "share", "rows that repeat an earlier evaluation row, target included"),
    },
  },
  overlap: {
    protectsFrom: "ids on both sides of a split, and evaluation dates before the training's end",
    parts: {
      ids: part(0, "share", "rows whose id is in the training part"),
      dates: part(0, "share", "rows dated inside the training range (split by time)"),
    },
  },
  leakage: {
    protectsFrom: "a column that gives the answer away",
    parts: {
      score: part(0.8, "number", "how well one column alone predicts the target"),
      difference: part(0.2, "number", "by how much better it does in training than here"),
    },
  },
  "label-shift": {
    protectsFrom: "a target that is distributed otherwise than in training",
    parts: { distance: part(0.1, "number", "Jensen–Shannon distance of the target") },
  },
  overfit: {
    protectsFrom: "a model that knows its training rows by heart",
    parts: { gap: part(0.1, "share", "how much worse than on its training rows") },
  },
  "baseline-gain": {
    protectsFrom: "a model that is no better than a constant answer",
    parts: {
      gain: part(0.1, "share", "share of a constant answer's error that is gone", ">="),
    },
  },
  calibration: {
    protectsFrom: "probabilities that do not come about",
    parts: { ece: part(0.1, "number", "expected calibration error, ten bins") },
  },
  fairness: {
    protectsFrom: "decisions that treat groups of people differently",
    onRequest: true,
    parts: {
      demographic_parity_difference: part(null, "number", "gap of the selection rate"),
      equalized_odds_difference: part(
        null,
        "number",
        "the larger gap of the true and the false positive rate",
      ),
      equal_opportunity_difference: part(null, "number", "gap of the true positive rate"),
    },
  },
  latency: {
    protectsFrom: "a model that answers too slowly",
    parts: {
      p95_ms: part(null, "milliseconds", "95th percentile of one row"),
      batch_p95_ms: part(null, "milliseconds", "95th percentile of a batch of up to 1,000 rows"),
    },
  },
  size: {
    protectsFrom: "a model too large for where it is to run",
    parts: { mb: part(null, "megabytes", "the model's files") },
  },
} as const satisfies Readonly<Record<string, CheckDescription>>;

/** A check's name. */
export type CheckName = keyof typeof CHECKS;

/** Every check's name, in the order of the report. */
export const CHECK_NAMES = Object.keys(CHECKS) as readonly CheckName[];

/** A check's facts, whichever it is. */
export function describeCheck(name: CheckName): CheckDescription {
  return CHECKS[name];
}

/** The facts of one part of a check. */
export function describePart(name: CheckName, partName: string): PartDescription {
  const found = describeCheck(name).parts[partName];
  if (found === undefined) throw new RangeError(`check ${name} has no part ${partName}`);
  return found;
}

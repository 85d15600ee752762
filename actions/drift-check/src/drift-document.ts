import { judgementSchema, measureSchema, differenceSchema, verdictSchema } from "#core";
import * as z from "zod/mini";
import { decidingColumns, type ColumnFinding, type DriftCheck } from "./check.ts";

const numberOrNull = z.nullable(z.number());

const columnSchema = z.looseObject({
  role: z.enum(["feature", "label", "prediction", "score", "other"]),
  kind: z.enum(["number", "category", "text", "date"]),
  statistic: z.string(),
  score: numberOrNull,
  /** What drift-free samples of these sizes stay below. */
  noise: numberOrNull,
  threshold: z.number(),
  p: numberOrNull,
  adjusted_p: numberOrNull,
  drifted: z.boolean(),
  reason: z.nullable(z.string()),
  null_rate: z.looseObject({ reference: numberOrNull, current: numberOrNull }),
  new_categories: z.array(z.string()),
  gone_categories: z.array(z.string()),
});

/** `drift.json`: what drift-check measured and decided. */
export const driftSchema = z.looseObject({
  schema: z.literal("slipway/drift@1"),
  model: z.string(),
  created: z.string(),
  reference: z.looseObject({
    name: z.string(),
    version: z.nullable(z.string()),
    rows: z.number(),
  }),
  current: z.looseObject({
    rows: z.number(),
    /** Rows that the reference's own version answered. */
    answered_rows: z.number(),
    window: z.nullable(z.looseObject({ from: z.string(), to: z.string() })),
    files: z.array(
      z.looseObject({
        uri: z.string(),
        kind: z.enum(["table", "log"]),
        rows: z.number(),
        /** Why the rest of the file is left out. */
        fault: z.nullable(z.string()),
      }),
    ),
    extra_columns: z.array(z.string()),
  }),
  method: z.string(),
  confidence: z.number(),
  correction: z.enum(["bh", "holm", "none"]),
  min_rows: z.number(),
  verdict: verdictSchema,
  reason: z.string(),
  drifted_share: numberOrNull,
  columns: z.record(z.string(), columnSchema),
  judgements: z.array(judgementSchema),
  performance: z.nullable(
    z.looseObject({
      rows: z.number(),
      unmatched: z.number(),
      metrics: z.record(
        z.string(),
        z.looseObject({
          current: measureSchema,
          reference: z.nullable(measureSchema),
          difference: z.nullable(differenceSchema),
          worse: z.boolean(),
        }),
      ),
    }),
  ),
});
/** `slipway/drift@1` */
export type DriftDocument = z.infer<typeof driftSchema>;

/** A check as drift.json keeps it. */
export function composeDriftDocument(check: DriftCheck): DriftDocument {
  const { reference, data, performance } = check;
  const deciding = decidingColumns(check.columns);
  const drifted = deciding.filter((column) => column.drifted).length;
  return {
    schema: "slipway/drift@1",
    model: check.model,
    created: check.at,
    reference: {
      name: reference.name,
      version: reference.version,
      rows: reference.profile.rows,
    },
    current: {
      rows: data.rows,
      answered_rows: data.answeredRows,
      window: check.window,
      files: data.notes.shards.map((shard) => ({ ...shard })),
      extra_columns: (data.profile.extra_columns ?? []).map(({ name }) => name),
    },
    method: check.method,
    confidence: check.confidence,
    correction: check.correction,
    min_rows: check.minRows,
    verdict: check.verdict,
    reason: check.reason,
    drifted_share: deciding.length === 0 ? null : drifted / deciding.length,
    columns: Object.fromEntries(
      check.columns.map((column) => [column.name, composeColumn(column)]),
    ),
    judgements: [...check.judgements],
    performance:
      performance === null
        ? null
        : {
            rows: performance.rows,
            unmatched: performance.unmatched,
            metrics: Object.fromEntries(
              Object.entries(performance.metrics).map(([name, pair]) => [name, { ...pair }]),
            ),
          },
  };
}

function composeColumn(column: ColumnFinding): DriftDocument["columns"][string] {
  const { quality } = column;
  return {
    role: column.role,
    kind: column.reference.kind,
    statistic: column.statistic,
    score: column.score,
    noise: column.noise,
    threshold: column.threshold,
    p: column.p,
    adjusted_p: column.adjustedP,
    drifted: column.drifted,
    reason: column.reason,
    null_rate: { reference: quality.reference.rate, current: quality.current.rate },
    new_categories: quality.newCategories.map(({ value }) => value),
    gone_categories: [...quality.goneCategories],
  };
}

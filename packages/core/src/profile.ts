import * as z from "zod/mini";
import { numberOrNull } from "./schema.ts";

/**
 * Counts and sums by bin. With edges e1 < … < em there are m + 1 bins: bin 0 holds x <= e1, bin i
 * holds ei < x <= ei+1, the last holds x > em. Only finite values are counted.
 */
export const profileBinsSchema = z
  .looseObject({
    edges: z.array(z.number()),
    counts: z.array(z.number()),
    sums: z.array(z.number()),
  })
  .check(
    z.refine(
      ({ edges, counts, sums }) =>
        counts.length === edges.length + 1 && sums.length === counts.length,
      "counts and sums must have one entry more than edges",
    ),
    z.refine(
      ({ edges }) => edges.every((edge, i) => i === 0 || edge > (edges[i - 1] ?? edge)),
      "edges must ascend",
    ),
  );
export type ProfileBins = z.infer<typeof profileBinsSchema>;

/** Moments and bins of the finite values; `m2` is the sum of squared distances from the mean. */
const summaryFields = {
  min: numberOrNull,
  max: numberOrNull,
  mean: numberOrNull,
  m2: numberOrNull,
  bins: profileBinsSchema,
};
export const numberSummarySchema = z.looseObject(summaryFields);
export type NumberSummary = z.infer<typeof numberSummarySchema>;

const countedValue = z.looseObject({ value: z.string(), count: z.number() });

const commonFields = {
  name: z.string(),
  /** What the column is to the model. */
  role: z.enum(["feature", "label", "prediction", "score", "other"]),
  /** Rows in which the column was there, whatever it held. */
  n: z.number(),
  /** Missing cells. */
  null: z.number(),
  /** Cells that hold something other than this kind of value, e.g. text among numbers. */
  mismatched: z.number(),
};

/** A column of numbers; n = null + mismatched + nan + pos_inf + neg_inf + the bins' counts. */
export const numberProfileSchema = z.looseObject({
  ...commonFields,
  kind: z.literal("number"),
  integer: z.boolean(),
  nan: z.number(),
  pos_inf: z.number(),
  neg_inf: z.number(),
  ...summaryFields,
});
export type NumberProfile = z.infer<typeof numberProfileSchema>;

/** A column of categories; n = null + mismatched + the listed counts + other. */
export const categoryProfileSchema = z.looseObject({
  ...commonFields,
  kind: z.literal("category"),
  /** The most frequent values of the reference, most frequent first. */
  categories: z.array(countedValue),
  /** Cells with any other value. */
  other: z.number(),
  /** Values outside `categories` that were seen at least `min_category_count` times; of current data only. */
  unlisted: z.array(countedValue),
  /** Distinct values; `null` where they could not all be told apart (merged profiles, very many values). */
  distinct: numberOrNull,
});
export type CategoryProfile = z.infer<typeof categoryProfileSchema>;

/** A column of free text. */
export const textProfileSchema = z.looseObject({
  ...commonFields,
  kind: z.literal("text"),
  /** Length in characters (Unicode code points). */
  length: numberSummarySchema,
  /** Number of tokens: runs of letters, digits and apostrophes. */
  tokens: numberSummarySchema,
  /** In how many rows each frequent token (lower case) stands. */
  token_rows: z.array(z.looseObject({ token: z.string(), rows: z.number() })),
  distinct: numberOrNull,
});
export type TextProfile = z.infer<typeof textProfileSchema>;

/** A column of instants, all in UTC. */
export const dateProfileSchema = z.looseObject({
  ...commonFields,
  kind: z.literal("date"),
  date_only: z.boolean(),
  min: z.nullable(z.string()),
  max: z.nullable(z.string()),
  /** Rows by calendar part: January first, Monday first, hour 0 first. */
  months: z.array(z.number()).check(z.length(12)),
  weekdays: z.array(z.number()).check(z.length(7)),
  hours: z.array(z.number()).check(z.length(24)),
  years: z.record(z.string(), z.number()),
  /** Runs of days in a row that have data: what lies between two runs is a gap. `null` beyond 1,000 runs. */
  day_runs: z.nullable(z.array(z.looseObject({ from: z.string(), to: z.string() }))),
});
export type DateProfile = z.infer<typeof dateProfileSchema>;

/** One column of a profile. */
export const columnProfileSchema = z.discriminatedUnion("kind", [
  numberProfileSchema,
  categoryProfileSchema,
  textProfileSchema,
  dateProfileSchema,
]);
export type ColumnProfile = z.infer<typeof columnProfileSchema>;

/**
 * `profile.json`: what a table's columns look like, without any row of it. Values that were seen
 * fewer than `min_category_count` times are not in it, except as a number column's min, max and
 * bin edges and a date column's ends.
 */
export const profileSchema = z.looseObject({
  schema: z.literal("slipway/profile@1"),
  rows: z.number(),
  min_category_count: z.number(),
  columns: z.array(columnProfileSchema),
  /** Columns of current data that the reference does not have. */
  extra_columns: z.optional(z.array(z.looseObject({ name: z.string(), kind: z.string() }))),
});
/** `slipway/profile@1` */
export type Profile = z.infer<typeof profileSchema>;

import type { LocateOptions } from "./file-source.ts";

/** The types that a column of a table can have. */
export type ColumnKind = "number" | "text" | "date";

/** The file formats that are read. */
export type TableFormat = "csv" | "jsonl" | "parquet";

/** How files are read into columns. */
export interface ReadOptions extends LocateOptions {
  /** Only these columns, in this order. */
  readonly columns?: readonly string[];
  /** Types that the data must have, by column; others are inferred. */
  readonly types?: Readonly<Record<string, ColumnKind>>;
  /** The same for columns that the data may lack. */
  readonly typesWherePresent?: Readonly<Record<string, ColumnKind>>;
  /** Fields that stand for a missing value, as they are written; the empty field always does. */
  readonly missing?: readonly string[];
  /** Whether a quoted field (`""`, `"NA"`) can be missing too; default true. */
  readonly quotedMissing?: boolean;
  /** By default the one of `,` `;` and tab that stands most often in the header. */
  readonly delimiter?: string;
  /** By default what the file's name or first bytes say. */
  readonly format?: TableFormat;
  /** Rows a batch in {@link streamTables}; default 65,536. */
  readonly batchRows?: number;
}

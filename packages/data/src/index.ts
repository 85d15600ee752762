export { checkExpectations, type ExpectationContext } from "./check-expectations.ts";
export { type ExpectationResult } from "./check-rows.ts";
export { type Evidence, type TypeNote } from "./column-state.ts";
export { findNamingDifference, type NamingDifference } from "./class-names.ts";
export { concatTables } from "./concat-tables.ts";
export { findDatedFiles, type DatedSearch } from "./dated-files.ts";
export { areWithinUnit, findMissingCode, findNonFinite } from "./find-row.ts";
export { digestFiles, type FileDigest, type FileSetDigest } from "./digest-files.ts";
export { followDvcPointer, type DvcOutput } from "./dvc-pointer.ts";
export {
  expectationSchema,
  expectationsSchema,
  formatExpectations,
  parseExpectations,
  type Expectation,
} from "./expectation-schema.ts";
export {
  localFiles,
  locateFiles,
  type FileSource,
  type LocatedFile,
  type LocateOptions,
  type RemoteSources,
  type SourceFile,
  type SourceRange,
} from "./file-source.ts";
export { inferExpectations } from "./infer-expectations.ts";
export { isPredictionLog } from "./recognise-log.ts";
export { idColumns, joinId } from "./row-ids.ts";
export {
  readPredictionLog,
  type PredictionLog,
  type PredictionLogOptions,
} from "./prediction-log.ts";
export { choosePositive, type ClassScores } from "./prediction-scores.ts";
export {
  interpretPredictions,
  readPredictions,
  type Predictions,
  type PredictionsColumns,
} from "./predictions-file.ts";
export { type ProfileOptions } from "./profile-options.ts";
export { mergeProfiles, profileInto, profileTable } from "./profile-table.ts";
export { type ColumnKind, type ReadOptions, type TableFormat } from "./read-options.ts";
export {
  readTable,
  requireColumn,
  requireNumber,
  requireWeight,
  requirePresentCells,
  streamTables,
  type LoadedTable,
  type ReadFile,
} from "./read-table.ts";
export { readColumnKinds } from "./recorded-kinds.ts";
export { formatRowKey, rowKeyColumn, rowKeys, type RowKeyOptions } from "./row-keys.ts";
export { selectRanks } from "./select-ranks.ts";
export { parseFractions, type Fractions, type PartName } from "./split-spec.ts";
export {
  splitTable,
  type SplitOptions,
  type SplitPart,
  type SplitSpec,
  type TableSplit,
} from "./split-table.ts";
export { toText } from "./to-text.ts";
export { csvChunks, writeCsv } from "./write-csv.ts";
export { writeJsonLines } from "./write-json-lines.ts";
export { predictionsTable, writeTable, type PredictionsParts } from "./write-table.ts";
export { parquetParts, writeParquet, type WriteParquetOptions } from "./write-parquet.ts";

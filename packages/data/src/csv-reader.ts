import { DataError, type Table } from "#core";
import {
  createCsvColumn,
  createSkippedColumn,
  finishColumn,
  startBatch,
  type FieldRules,
} from "./csv-columns.ts";
import { carriageReturnHint, checkText, recordFaults, type TextOrigin } from "./csv-faults.ts";
import { scanRecords, type CsvScanner } from "./csv-scanner.ts";
import type { LocatedFile } from "./file-source.ts";
import { openText } from "./open-bytes.ts";
import type { ReadPlan } from "./read-plan.ts";
import { feedBlocks, type BlockFeed, type TextBlock } from "./text-blocks.ts";

/** Reads one CSV file in batches of rows. */
export async function* readCsv(file: LocatedFile, plan: ReadPlan): AsyncGenerator<Table> {
  const text = await openText(file);
  const origin: TextOrigin = { file: file.uri, ...text };
  const feed = feedBlocks(text.chunks, file.uri);
  const header = await readHeader(feed, origin, plan.options.delimiter);
  const scanner = createScanner(header, plan, file.uri);
  let block: TextBlock | undefined = header.block;
  let position = header.end;
  while (block !== undefined) {
    const { bytes, final } = block;
    while (position < bytes.length) {
      position = scanRecords(scanner, bytes, { start: position, end: bytes.length, final });
      if (scanner.faults.length >= 10 || scanner.incomplete) break;
      if (scanner.row === scanner.rules.batchRows) yield takeBatch(scanner, plan);
    }
    if (scanner.faults.length >= 10) break;
    if (scanner.incomplete) feed.keep(bytes, position);
    scanner.incomplete = false;
    scanner.blockByte += position;
    block = await feed.next();
    if (block !== undefined) {
      checkText(origin, block.bytes, { byte: scanner.blockByte, line: scanner.line });
    }
    position = 0;
  }
  if (scanner.faults.length > 0) {
    const { delimiter } = header;
    throw recordFaults(origin, scanner.faults, { width: header.names.length, delimiter });
  }
  yield takeBatch(scanner, plan);
}

interface Header {
  readonly names: readonly string[];
  readonly delimiter: string;
  readonly block: TextBlock;
  /** Where the first record starts in the block. */
  readonly end: number;
  readonly lines: number;
}

async function readHeader(
  feed: BlockFeed,
  origin: TextOrigin,
  asked: string | undefined,
): Promise<Header> {
  for (;;) {
    const block = await feed.next();
    if (block === undefined) throw emptyFile(origin.file);
    checkText(origin, block.bytes, { byte: 0, line: 1 });
    const end = findHeaderEnd(block.bytes);
    if (end < 0 && !block.final) {
      feed.keep(block.bytes, 0);
      continue;
    }
    if (end < 0) {
      const fault = { kind: "open-quote", line: 1, byte: block.bytes.indexOf(34) } as const;
      throw recordFaults(origin, [fault], { width: 0, delimiter: asked ?? "," });
    }
    const line = block.bytes.toString("utf8", 0, end).replace(/\r?\n$/, "");
    if (line.trim() === "") throw emptyHeader(origin.file);
    if (line.replaceAll(quotedParts, "").includes("\r")) throw oldMacLines(origin.file);
    const delimiter = asked ?? chooseDelimiter(line);
    const names = splitHeader(line, delimiter);
    if (names === undefined) throw badHeaderQuotes(origin.file);
    checkNames(names, origin.file);
    return { names, delimiter, block, end, lines: line.split("\n").length };
  }
}

const quotedParts = /"[^"]*"/g;

/** The first byte after the header record, -1 when a quote is open at the block's end. */
function findHeaderEnd(bytes: Buffer): number {
  let inQuotes = false;
  for (let p = 0; p < bytes.length; p++) {
    if (bytes[p] === 34) inQuotes = !inQuotes;
    else if (bytes[p] === 10 && !inQuotes) return p + 1;
  }
  return -1;
}

/** The one of comma, semicolon and tab that stands most often outside quotes; the comma among equals. */
export function chooseDelimiter(header: string): string {
  const bare = header.replaceAll(quotedParts, "");
  const counts = [",", ";", "\t"].map((delimiter) => bare.split(delimiter).length - 1);
  const most = Math.max(...counts);
  return [",", ";", "\t"][counts.indexOf(most)] ?? ",";
}

/** The names of the columns; `undefined` where a quote stands elsewhere than around a whole name. */
function splitHeader(line: string, delimiter: string): readonly string[] | undefined {
  const names: string[] = [];
  let rest = line;
  for (;;) {
    const quoted = /^"((?:[^"]|"")*)"/.exec(rest);
    const end = quoted === null ? rest.indexOf(delimiter) : quoted[0].length;
    const raw = quoted === null ? rest.slice(0, end < 0 ? rest.length : end) : (quoted[1] ?? "");
    if (quoted === null && raw.includes('"')) return undefined;
    names.push(quoted === null ? raw.trim() : raw.replaceAll('""', '"'));
    if (end < 0 || end >= rest.length) return names;
    if (!rest.startsWith(delimiter, end)) return undefined;
    rest = rest.slice(end + delimiter.length);
  }
}

/** @throws DataError `BAD_HEADER` naming every empty and repeated name */
export function checkNames(names: readonly string[], file: string): void {
  const faults: string[] = [];
  const seen = new Map<string, number>();
  names.forEach((name, index) => {
    const first = seen.get(name);
    if (name === "") faults.push(`column ${index + 1} has no name`);
    else if (first !== undefined) {
      faults.push(`${JSON.stringify(name)} names columns ${first + 1} and ${index + 1}`);
    } else seen.set(name, index);
  });
  if (faults.length === 0) return;
  throw new DataError({
    code: "BAD_HEADER",
    message: `${file}, line 1: ${faults.join("; ")}.`,
    hint: "Give every column a name of its own in the header.",
    place: { file, line: 1 },
  });
}

function createScanner(header: Header, plan: ReadPlan, file: string): CsvScanner {
  const { options } = plan;
  const batchRows = options.batchRows ?? 65_536;
  const missingTexts = new Set(options.missing ?? []);
  const rules: FieldRules = {
    missingTexts,
    quotedMissing: options.quotedMissing ?? true,
    batchRows,
    file,
  };
  const wanted = new Set(plan.choose(header.names, file));
  return {
    columns: header.names.map((name) =>
      wanted.has(name)
        ? createCsvColumn(plan.state(name), batchRows, plan.dictionary(name))
        : createSkippedColumn(name),
    ),
    delimiter: delimiterByte(header.delimiter),
    rules,
    // With only the empty field missing, no number and no text can be.
    fastNumbers: [...missingTexts].every((text) => text === ""),
    row: 0,
    line: 1 + header.lines,
    blockByte: 0,
    incomplete: false,
    faults: [],
    scratch: new Uint8Array(1024),
  };
}

function delimiterByte(delimiter: string): number {
  const code = delimiter.charCodeAt(0);
  if (delimiter.length !== 1 || code > 127 || code === 10 || code === 13 || code === 34) {
    throw new RangeError(
      `A delimiter is one ASCII character other than a quote or line end, not ${JSON.stringify(delimiter)}.`,
    );
  }
  return code;
}

function takeBatch(scanner: CsvScanner, plan: ReadPlan): Table {
  const rows = scanner.row;
  const byName = new Map(scanner.columns.map((column) => [column.state.name, column]));
  const names = plan.choose([...byName.keys()], scanner.rules.file);
  const columns = names.flatMap((name) => {
    const column = byName.get(name);
    return column === undefined ? [] : [finishColumn(column, rows, plan.keepLevels)];
  });
  for (const column of scanner.columns) startBatch(column, scanner.rules.batchRows);
  scanner.row = 0;
  return { rows, columns };
}

function emptyFile(file: string): DataError {
  return new DataError({
    code: "EMPTY_FILE",
    message: `${file} is empty (0 bytes of text).`,
    hint: "A CSV starts with a header line. Did the step that writes it fail?",
    place: { file },
  });
}

function emptyHeader(file: string): DataError {
  return new DataError({
    code: "BAD_HEADER",
    message: `${file}, line 1: the header is empty.`,
    hint: "The first line names the columns.",
    place: { file, line: 1 },
  });
}

function badHeaderQuotes(file: string): DataError {
  return new DataError({
    code: "BAD_QUOTES",
    message: `${file}, line 1: the header has a quote beside a name or inside one.`,
    hint: 'Put a name that holds a quote or a separator in double quotes, and write each quote inside it twice ("").',
    place: { file, line: 1 },
  });
}

function oldMacLines(file: string): DataError {
  return new DataError({
    code: "CARRIAGE_RETURN_LINES",
    message: `${file}, line 1: the header has a carriage return without a line feed behind it; lines end with a line feed.`,
    hint: carriageReturnHint,
    place: { file, line: 1 },
  });
}

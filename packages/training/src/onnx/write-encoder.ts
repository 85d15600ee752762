import type { Encoder, TextEncoding } from "../encoders/encoder.ts";
import type { RawColumn } from "../encoders/raw-columns.ts";
import type { GraphBuilder } from "./graph-builder.ts";
import type { CalendarTerms } from "./write-calendar.ts";
import { writeCalendar, writeDatePart } from "./write-calendar.ts";

/** A column that the model reads, and the graph's input that takes it (rows × 1). */
export interface ModelInput {
  readonly column: string;
  readonly kind: RawColumn["kind"];
  readonly input: string;
}

/** Declares one input a column and writes how the features (float, rows × features) follow from them. */
export function writeEncoder(
  graph: GraphBuilder,
  encoder: Encoder,
  inputs: readonly ModelInput[],
): string {
  const types = { number: "float", text: "string", date: "double" } as const;
  for (const { input, kind } of inputs) {
    graph.declareInput({ name: input, type: types[kind], shape: ["rows", 1] });
  }
  const inputOf = new Map(inputs.map(({ column, input }) => [column, input]));
  const blocks = [
    ...writeNumbers(graph, encoder, inputOf),
    ...encoder.texts.map((text) => writeText(graph, text, inputOf.get(text.column) ?? "")),
  ];
  return concatenate(graph, blocks);
}

function concatenate(graph: GraphBuilder, blocks: readonly string[]): string {
  const [only] = blocks;
  if (blocks.length === 1 && only !== undefined) return only;
  return graph.apply("Concat", blocks, { axis: { kind: "int", value: 1 } });
}

function writeNumbers(
  graph: GraphBuilder,
  encoder: Encoder,
  inputOf: ReadonlyMap<string, string>,
): string[] {
  const { numbers, indicators } = encoder;
  if (numbers.length === 0) return [];
  const calendars = new Map<string, CalendarTerms>();
  const singles = numbers.map(({ column, part }) => {
    const input = inputOf.get(column) ?? "";
    if (part === null) return input;
    const calendar = calendars.get(column) ?? writeCalendar(graph, input);
    calendars.set(column, calendar);
    return writeDatePart(graph, calendar, part);
  });
  const joined = concatenate(graph, singles);
  const nan = graph.constant({ type: "float", shape: [1], data: [Number.NaN] });
  const raw = graph.apply("Where", [graph.apply("IsInf", [joined]), nan, joined]);
  if (numbers.every(({ impute }) => impute === null)) return [raw];
  const scaled = writeScaling(graph, encoder, raw);
  if (indicators.length === 0) return [scaled];
  const chosen = graph.apply(
    "Gather",
    [raw, graph.constant({ type: "int64", shape: [indicators.length], data: indicators })],
    { axis: { kind: "int", value: 1 } },
  );
  const missing = graph.apply("Cast", [graph.apply("IsNaN", [chosen])], {
    to: { kind: "int", value: 1 },
  });
  return [scaled, missing];
}

function writeScaling(graph: GraphBuilder, { numbers }: Encoder, raw: string): string {
  const imputed = graph.applyMl("Imputer", [raw], {
    imputed_value_floats: { kind: "floats", values: numbers.map(({ impute }) => impute ?? 0) },
    replaced_value_float: { kind: "float", value: Number.NaN },
  });
  return graph.applyMl("Scaler", [imputed], {
    offset: { kind: "floats", values: numbers.map(({ offset }) => offset) },
    scale: { kind: "floats", values: numbers.map(({ scale }) => scale) },
  });
}

function writeText(graph: GraphBuilder, encoding: TextEncoding, input: string): string {
  const { levels } = encoding;
  // The empty text stands for a missing one.
  const keys = { kind: "strings", values: [...levels, ""] } as const;
  if (encoding.kind === "ordinal") {
    return graph.applyMl("LabelEncoder", [input], {
      keys_strings: keys,
      values_floats: { kind: "floats", values: [...levels.keys(), Number.NaN] },
      default_float: { kind: "float", value: levels.length },
    });
  }
  const width = levels.length + (encoding.other ? 1 : 0);
  const place = graph.applyMl("LabelEncoder", [input], {
    keys_strings: keys,
    values_int64s: { kind: "ints", values: [...levels.keys(), encoding.missing ? width : -1] },
    default_int64: { kind: "int", value: encoding.other ? levels.length : -1 },
  });
  const places = Array.from({ length: width + (encoding.missing ? 1 : 0) }, (_, index) => index);
  const hot = graph.applyMl("OneHotEncoder", [place], {
    cats_int64s: { kind: "ints", values: places },
    zeros: { kind: "int", value: 1 },
  });
  return graph.apply("Flatten", [hot], { axis: { kind: "int", value: 1 } });
}

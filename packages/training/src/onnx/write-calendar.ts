import type { DatePart } from "../encoders/calendar.ts";
import {
  calendarLimits,
  dayCircle,
  daysBeforeEpoch,
  hourSlack,
  isWeekday,
  weekdays,
  yearCircle,
} from "../encoders/calendar.ts";
import type { GraphBuilder } from "./graph-builder.ts";

/** A value of the graph. Operators on it are written as methods, so that formulas read as such. */
interface Term {
  readonly name: string;
  plus(other: number): Term;
  minus(other: Term): Term;
  times(other: number): Term;
  over(other: number): Term;
  add(other: Term): Term;
}

function wholeTerm(graph: GraphBuilder, name: string): Term {
  const number = (value: number): string =>
    graph.constant({ type: "int64", shape: [1], data: [BigInt(value)] });
  const term = (op: string, other: string): Term =>
    wholeTerm(graph, graph.apply(op, [name, other]));
  return {
    name,
    plus: (other) => term("Add", number(other)),
    minus: (other) => term("Sub", other.name),
    times: (other) => term("Mul", number(other)),
    over: (other) => term("Div", number(other)),
    add: (other) => term("Add", other.name),
  };
}

/** Values of a date input that its parts are computed from, each int64 of shape rows × 1. */
export interface CalendarTerms {
  /** Bool: whether the date is missing. */
  readonly missing: string;
  readonly year: string;
  readonly month: string;
  readonly dayOfYear: string;
  readonly weekday: string;
  readonly hour: string;
}

/**
 * Writes the calendar of a double input of days since 1970 UTC, as `readCivilDay` computes
 * it. All dividends are at or above 0, where ONNX's truncation is the floor.
 */
export function writeCalendar(graph: GraphBuilder, input: string): CalendarTerms {
  const double = (value: number): string =>
    graph.constant({ type: "double", shape: [1], data: [value] });
  const missing = graph.apply("IsNaN", [input]);
  const filled = graph.apply("Where", [missing, double(0), input]);
  const raised = graph.apply("Max", [filled, double(calendarLimits.first)]);
  const kept = graph.apply("Min", [raised, double(calendarLimits.last)]);
  const floor = graph.apply("Floor", [kept]);
  const fraction = graph.apply("Sub", [kept, floor]);
  const hours = graph.apply("Add", [graph.apply("Mul", [fraction, double(24)]), double(hourSlack)]);
  const hour = graph.apply("Min", [graph.apply("Floor", [hours]), double(23)]);
  const toWhole = (name: string): string =>
    graph.apply("Cast", [name], { to: { kind: "int", value: int64Number } });
  return { missing, ...writeCivilDay(graph, toWhole(floor)), hour: toWhole(hour) };
}

const int64Number = 7;
const floatNumber = 1;

function writeCivilDay(
  graph: GraphBuilder,
  dayName: string,
): Omit<CalendarTerms, "missing" | "hour"> {
  const day = wholeTerm(graph, dayName);
  const shifted = day.plus(daysBeforeEpoch);
  const era = shifted.over(146097);
  const dayOfEra = shifted.minus(era.times(146097));
  const yearOfEra = dayOfEra
    .minus(dayOfEra.over(1460))
    .add(dayOfEra.over(36524))
    .minus(dayOfEra.over(146096))
    .over(365);
  const dayOfMarchYear = dayOfEra.minus(
    yearOfEra.times(365).add(yearOfEra.over(4)).minus(yearOfEra.over(100)),
  );
  const marchMonth = dayOfMarchYear.times(5).plus(2).over(153);
  // Months 10 and 11 of the March year are January and February of the next one.
  const wraps = marchMonth.over(10);
  const month = marchMonth.plus(3).minus(wraps.times(12));
  const year = yearOfEra.add(era.times(400)).add(wraps);
  const before = year.plus(-1);
  const newYear = before
    .times(365)
    .add(before.over(4))
    .minus(before.over(100))
    .add(before.over(400));
  const dayOfYear = day.minus(newYear).plus(1 - calendarLimits.first);
  const monday = day.plus(3 + 7 * 200_000);
  const weekday = monday.minus(monday.over(7).times(7));
  return {
    year: year.name,
    month: month.name,
    dayOfYear: dayOfYear.name,
    weekday: weekday.name,
  };
}

/** Writes one part of a date as a float of shape rows × 1, NaN where the date is missing. */
export function writeDatePart(graph: GraphBuilder, terms: CalendarTerms, part: DatePart): string {
  const nan = graph.constant({ type: "float", shape: [1], data: [Number.NaN] });
  return graph.apply("Where", [terms.missing, nan, writePresentPart(graph, terms, part)]);
}

function writePresentPart(graph: GraphBuilder, terms: CalendarTerms, part: DatePart): string {
  const toFloat = (name: string): string =>
    graph.apply("Cast", [name], { to: { kind: "int", value: floatNumber } });
  // A table gives every runtime the very numbers that the trainer saw; sines would differ in the last bit.
  const lookUp = (table: Float32Array, index: string): string =>
    graph.apply("Gather", [
      graph.constant({ type: "float", shape: [table.length], data: table }),
      index,
    ]);
  if (isWeekday(part)) {
    const index = BigInt(weekdays.indexOf(part));
    const wanted = graph.constant({ type: "int64", shape: [1], data: [index] });
    return toFloat(graph.apply("Equal", [terms.weekday, wanted]));
  }
  switch (part) {
    case "year":
      return toFloat(terms.year);
    case "month":
      return toFloat(terms.month);
    case "day_of_year":
      return toFloat(terms.dayOfYear);
    case "day_of_year_sin":
      return lookUp(yearCircle.sin, wholeTerm(graph, terms.dayOfYear).plus(-1).name);
    case "day_of_year_cos":
      return lookUp(yearCircle.cos, wholeTerm(graph, terms.dayOfYear).plus(-1).name);
    case "day_of_week":
      return toFloat(terms.weekday);
    case "hour":
      return toFloat(terms.hour);
    case "hour_sin":
      return lookUp(dayCircle.sin, terms.hour);
    case "hour_cos":
      return lookUp(dayCircle.cos, terms.hour);
  }
}

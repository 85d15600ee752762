import { ApiError } from "../google-identity/api-error.ts";

/** One comparison of a monitoring filter. */
export interface Comparison {
  /** e.g. `metric.type` or `resource.labels.service_name`. */
  readonly field: string;
  readonly negated: boolean;
  readonly test: (value: string) => boolean;
}

const fieldForm = /^(metric\.type|resource\.type|project|(metric|resource)\.labels?\.(\w+|"\w+"))$/;

/**
 * Reads a Cloud Monitoring filter: comparisons with `=` or `!=` against a string, `starts_with`,
 * `ends_with`, `has_substring`, `one_of` or `monitoring.regex.full_match`, joined by AND.
 *
 * @throws ApiError 400 for what cannot be read, 501 for OR, NOT and parentheses
 * @see https://cloud.google.com/monitoring/api/v3/filters
 */
export function parseMonitoringFilter(text: string): readonly Comparison[] {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|\w+(?:\.(?:\w+|"\w+"))*|!=|[=(),<>:-]|\S/g) ?? [];
  const comparisons: Comparison[] = [];
  let at = 0;
  const next = (): string => {
    const token = tokens[at];
    at += 1;
    if (token === undefined) throw badFilter(text, "it ends too early");
    return token;
  };

  while (at < tokens.length) {
    const field = next();
    if (/^(OR|NOT|\(|-)$/i.test(field)) throw unsupported(field);
    if (!fieldForm.test(field)) throw badFilter(text, `unknown field ${field}`);
    const operator = next();
    if (operator !== "=" && operator !== "!=") throw unsupported(`operator ${operator}`);
    const test = readOperand(text, next);
    const name = field.replace(/\.labels?\./, ".labels.").replaceAll('"', "");
    comparisons.push({ field: name, negated: operator === "!=", test });
    if (at < tokens.length && tokens[at]?.toUpperCase() === "AND") {
      at += 1;
      if (at === tokens.length) throw badFilter(text, "it ends with AND");
    }
  }
  return comparisons;
}

function readOperand(text: string, next: () => string): (value: string) => boolean {
  const operand = next();
  if (operand.startsWith('"')) {
    const wanted = unquote(operand);
    return (value) => value === wanted;
  }
  if (next() !== "(") throw badFilter(text, `expected a string in quotes, found ${operand}`);
  const wanted: string[] = [];
  for (;;) {
    const token = next();
    if (!token.startsWith('"'))
      throw badFilter(text, `expected a string in quotes, found ${token}`);
    wanted.push(unquote(token));
    const after = next();
    if (after === ")") break;
    if (after !== ",") throw badFilter(text, `expected , or ), found ${after}`);
  }
  const [first = ""] = wanted;
  switch (operand) {
    case "one_of":
      return (value) => wanted.includes(value);
    case "starts_with":
      return (value) => value.startsWith(first);
    case "ends_with":
      return (value) => value.endsWith(first);
    case "has_substring":
      return (value) => value.includes(first);
    case "monitoring.regex.full_match": {
      const pattern = new RegExp(`^(?:${first})$`);
      return (value) => pattern.test(value);
    }
    default:
      throw unsupported(`function ${operand}`);
  }
}

function unquote(token: string): string {
  return token.slice(1, -1).replaceAll(/\\(.)/g, "$1");
}

function badFilter(text: string, why: string): ApiError {
  return new ApiError(
    "INVALID_ARGUMENT",
    `Field filter had an invalid value of "${text}": The supplied filter is invalid: ${why}.`,
  );
}

function unsupported(what: string): ApiError {
  return new ApiError(
    "UNIMPLEMENTED",
    `The filter's ${what} is not implemented by the local Monitoring: join comparisons by AND.`,
  );
}

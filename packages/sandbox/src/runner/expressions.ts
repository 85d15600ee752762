import { hashWorkspaceFiles } from "./hash-files.ts";
import type { Json } from "./json.ts";
import {
  data,
  Evaluator,
  isBasicExpression,
  isMapping,
  isScalar,
  isSequence,
  Lexer,
  Parser,
  truthy,
  type ExpressionData,
  type FunctionDefinition,
  type Token,
} from "./language.ts";
import { entriesOf, itemsOf, placeOf, refuse, type Place, type Template } from "./tokens.ts";
import { describeError } from "./workflow-error.ts";

/** The answers of the status functions; job conditions may name jobs. */
export interface StatusFunctions {
  success(jobs: readonly string[]): boolean;
  failure(jobs: readonly string[]): boolean;
  cancelled(): boolean;
}

/** What an expression can see. */
export interface Scope {
  /** Values of `github`, `env`, `steps` and so on, as JSON. */
  readonly contexts: Readonly<Record<string, unknown>>;
  readonly status?: StatusFunctions;
  /** Folder that `hashFiles` looks in. */
  readonly workspace?: string;
}

const contextNames = [
  "github",
  "env",
  "job",
  "jobs",
  "steps",
  "runner",
  "needs",
  "matrix",
  "strategy",
  "inputs",
  "secrets",
  "vars",
];

/** Thrown inside an evaluation to fetch a hash first; the evaluation is then repeated. */
class HashNeeded extends Error {
  readonly patterns: readonly string[];

  constructor(patterns: readonly string[]) {
    super("hashFiles");
    this.patterns = patterns;
  }
}

function findHashNeeded(error: unknown): HashNeeded | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof HashNeeded) return cause;
  }
  return undefined;
}

function statusFunctions(status: StatusFunctions | undefined): FunctionDefinition[] {
  const define = (name: string, answer: (jobs: readonly string[]) => boolean) => ({
    name,
    minArgs: 0,
    maxArgs: Number.MAX_SAFE_INTEGER,
    call: (...jobs: ExpressionData[]) =>
      new data.BooleanData(answer(jobs.map((job) => job.coerceString()))),
  });
  return [
    define("success", (jobs) => status?.success(jobs) ?? true),
    define("failure", (jobs) => status?.failure(jobs) ?? false),
    define("cancelled", () => status?.cancelled() ?? false),
    define("always", () => true),
  ];
}

function hashFunction(hashes: ReadonlyMap<string, string>): FunctionDefinition {
  return {
    name: "hashFiles",
    minArgs: 1,
    maxArgs: 255,
    call: (...args: ExpressionData[]) => {
      const patterns = args.map((argument) => argument.coerceString());
      const hash = hashes.get(JSON.stringify(patterns));
      if (hash === undefined) throw new HashNeeded(patterns);
      return new data.StringData(hash);
    },
  };
}

/** Turns JSON into a value of the expression language. */
function toData(value: unknown): ExpressionData {
  return JSON.parse(JSON.stringify(value ?? null), data.reviver) as ExpressionData;
}

/** Turns a value of the expression language into JSON. */
export function toJson(value: ExpressionData): Json {
  return JSON.parse(JSON.stringify(value, data.replacer)) as Json;
}

/** The library's tokens. It unescapes only the first `''` of a string; GitHub unescapes all. */
function readTokens(expression: string): Token[] {
  return new Lexer(expression)
    .lex()
    .tokens.map((token) =>
      typeof token.value === "string"
        ? { ...token, value: token.lexeme.slice(1, -1).replaceAll("''", "'") }
        : token,
    );
}

/** Evaluates an expression (without `${{ }}`) as GitHub's own evaluator does. */
export async function evaluateExpression(
  expression: string,
  scope: Scope,
): Promise<ExpressionData> {
  const hashes = new Map<string, string>();
  const functions = [...statusFunctions(scope.status), hashFunction(hashes)];
  const tree = new Parser(readTokens(expression), contextNames, functions).parse();
  const contexts = new data.Dictionary(
    ...contextNames.map((key) => ({ key, value: toData(scope.contexts[key] ?? {}) })),
  );
  const byName = new Map(
    functions.map((definition) => [definition.name.toLowerCase(), definition]),
  );
  for (;;) {
    try {
      return new Evaluator(tree, contexts, byName).evaluate();
    } catch (error) {
      const needed = findHashNeeded(error);
      if (needed === undefined) throw error;
      const hash = await hashWorkspaceFiles(needed.patterns, scope.workspace);
      hashes.set(JSON.stringify(needed.patterns), hash);
    }
  }
}

/** Evaluates a condition to its truth. */
export async function evaluateCondition(
  condition: { readonly expression: string; readonly place: Place },
  scope: Scope,
): Promise<boolean> {
  try {
    return truthy(await evaluateExpression(condition.expression, scope));
  } catch (error) {
    return refuse(condition.place, `the condition failed: ${describeError(error)}`);
  }
}

async function evaluateScalar(template: Template, scope: Scope): Promise<ExpressionData> {
  const { token } = template;
  if (isBasicExpression(token)) {
    try {
      return await evaluateExpression(token.expression, scope);
    } catch (error) {
      return refuse(placeOf(template), `the expression failed: ${describeError(error)}`);
    }
  }
  if (!isScalar(token)) return refuse(placeOf(template), "expected a single value here");
  return toData(token.toJSON());
}

/** Evaluates a node to text; an absent one is `undefined`. */
export async function evaluateText(
  template: Template | undefined,
  scope: Scope,
): Promise<string | undefined> {
  return template && (await evaluateScalar(template, scope)).coerceString();
}

/** Evaluates a node to a boolean; an absent one is `undefined`. */
export async function evaluateBoolean(
  template: Template | undefined,
  scope: Scope,
): Promise<boolean | undefined> {
  const text = await evaluateText(template, scope);
  if (template === undefined || text === undefined || text === "") return undefined;
  if (text !== "true" && text !== "false") {
    return refuse(placeOf(template), `expected true or false, found "${text}"`);
  }
  return text === "true";
}

/** Evaluates a node to a number; an absent one is `undefined`. */
export async function evaluateNumber(
  template: Template | undefined,
  scope: Scope,
): Promise<number | undefined> {
  const text = await evaluateText(template, scope);
  if (template === undefined || text === undefined || text === "") return undefined;
  const value = Number(text);
  if (!Number.isFinite(value))
    return refuse(placeOf(template), `expected a number, found "${text}"`);
  return value;
}

/** Evaluates any node to JSON; an absent one is `null`. */
export async function evaluateJson(template: Template | undefined, scope: Scope): Promise<Json> {
  if (template === undefined) return null;
  const { token } = template;
  if (isSequence(token)) {
    const items: Json[] = [];
    for (const item of itemsOf(template)) items.push(await evaluateJson(item, scope));
    return items;
  }
  if (isMapping(token)) {
    const object: Record<string, Json> = {};
    for (const [key, value] of entriesOf(template)) object[key] = await evaluateJson(value, scope);
    return object;
  }
  return toJson(await evaluateScalar(template, scope));
}

/** Evaluates a mapping to text by key; a whole-mapping expression may give an object. */
export async function evaluateTextMapping(
  template: Template | undefined,
  scope: Scope,
): Promise<Record<string, string>> {
  if (template === undefined) return {};
  if (!isMapping(template.token)) {
    const value = await evaluateScalar(template, scope);
    const object = toJson(value);
    if (object === null || object === "") return {};
    if (typeof object !== "object" || Array.isArray(object)) {
      return refuse(placeOf(template), "expected a mapping");
    }
    return Object.fromEntries(
      Object.entries(object).map(([key, item]) => [key, toData(item).coerceString()]),
    );
  }
  const texts: Record<string, string> = {};
  for (const [key, value] of entriesOf(template))
    texts[key] = (await evaluateText(value, scope)) ?? "";
  return texts;
}

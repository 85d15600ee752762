/**
 * GitHub's own parser and expression evaluator, loaded so that plain `node` accepts them: the
 * published parser imports its JSON schemas without import attributes.
 */
import { registerHooks } from "node:module";

const hooks = registerHooks({
  load: (url, context, nextLoad) =>
    /\/@actions\/workflow-parser\/.*\.json$/.test(url)
      ? nextLoad(url, { ...context, importAttributes: { type: "json" } })
      : nextLoad(url, context),
});

const parser = await import("@actions/workflow-parser");
const actions = await import("@actions/workflow-parser/actions/index");
const conditions = await import("@actions/workflow-parser/model/converter/if-condition");
const expressions = await import("@actions/expressions");
const results = await import("@actions/expressions/result");
hooks.deregister();

/** Reads a workflow file into a token tree, checked against GitHub's schema. */
export const parseWorkflow = parser.parseWorkflow;
/** Turns a workflow's token tree into GitHub's model and finds faults that the schema cannot. */
export const convertWorkflowTemplate = parser.convertWorkflowTemplate;
/** Swallows the parser's trace. */
export const NoOperationTraceWriter = parser.NoOperationTraceWriter;
/** Whether a token is a mapping. */
export const isMapping: (token: TemplateToken) => token is MappingToken = parser.isMapping;
/** Whether a token is a sequence. */
export const isSequence: (token: TemplateToken) => token is SequenceToken = parser.isSequence;
/** Whether a token is a scalar, expressions among them. */
export const isScalar: (token: TemplateToken) => token is ScalarToken = parser.isScalar;
/** Whether a token is `${{ … }}`. */
export const isBasicExpression: (token: TemplateToken) => token is BasicExpressionToken =
  parser.isBasicExpression;
/** Reads an action.yml into a token tree, checked against GitHub's schema. */
export const parseAction = actions.parseAction;
/** Puts `success() && (…)` around a condition that names no status function. */
export const ensureStatusFunction = conditions.ensureStatusFunction;
/** Splits an expression into tokens. */
export const Lexer = expressions.Lexer;
/** Builds an expression's tree. */
export const Parser = expressions.Parser;
/** Evaluates an expression's tree. */
export const Evaluator = expressions.Evaluator;
/** Values of the expression language. */
export const data = expressions.data;
/** Whether a value counts as true. */
export const truthy = results.truthy;

import type { data as Data } from "@actions/expressions";
import type { Token as LexerToken } from "@actions/expressions/lexer";
import type { FunctionDefinition as Definition } from "@actions/expressions/funcs/info";
import type {
  BasicExpressionToken,
  MappingToken as Mapping,
  ScalarToken,
  SequenceToken,
  TemplateToken as Node,
} from "@actions/workflow-parser/templates/tokens/index";
import type { TemplateParseResult } from "@actions/workflow-parser";
import type { EventsConfig as Events } from "@actions/workflow-parser/model/workflow-template";

/** A value of the expression language. */
export type ExpressionData = Data.ExpressionData;
/** A token of an expression. */
export type Token = LexerToken;
/** A function that expressions may call. */
export type FunctionDefinition = Definition;
/** A node of a workflow or action file, with its place in it. */
export type TemplateToken = Node;
/** A mapping of a workflow or action file. */
export type MappingToken = Mapping;
/** What parsing a file gave. */
export type ParseResult = TemplateParseResult;
/** The `on:` of a workflow. */
export type EventsConfig = Events;

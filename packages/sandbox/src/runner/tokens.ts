import {
  isMapping,
  isScalar,
  isSequence,
  type ParseResult,
  type TemplateToken,
} from "./language.ts";
import { WorkflowError, type WorkflowFault } from "./workflow-error.ts";

/** A node of a file that is evaluated later, with the file that it stands in. */
export interface Template {
  readonly token: TemplateToken;
  readonly file: string;
}

/** A place in a file. */
export interface Place {
  readonly file: string;
  readonly line: number | undefined;
}

/** Throws when parsing reported anything, naming each line. */
export function throwOnFaults(file: string, { context }: ParseResult): void {
  const faults = context.errors.getErrors().map((error): WorkflowFault => ({
    file,
    line: error.range?.start.line,
    message: error.rawMessage,
  }));
  if (faults.length > 0) throw new WorkflowError(faults);
}

/** Where a node stands. */
export function placeOf({ token, file }: Template): Place {
  return { file, line: token.line };
}

/** Refuses what stands at a place. */
export function refuse(place: Place, message: string): never {
  throw new WorkflowError([{ ...place, message }]);
}

/** The entries of a mapping in order, by key; empty for an absent or empty node. */
export function entriesOf(template: Template | undefined): Map<string, Template> {
  const entries = new Map<string, Template>();
  if (template === undefined || !isMapping(template.token)) return entries;
  for (const { key, value } of template.token) {
    if (key.isExpression)
      refuse(
        { file: template.file, line: key.line },
        "an expression as a key is not supported by the local runner",
      );
    entries.set(key.toString(), { token: value, file: template.file });
  }
  return entries;
}

/** The items of a sequence; a single scalar counts as a sequence of one. */
export function itemsOf(template: Template | undefined): readonly Template[] {
  if (template === undefined) return [];
  const { token, file } = template;
  if (!isSequence(token)) return isScalar(token) ? [template] : [];
  return Array.from({ length: token.count }, (_, index) => ({ token: token.get(index), file }));
}

/** The literal text of a scalar, or `undefined` for an absent one. */
export function literalText(template: Template | undefined): string | undefined {
  if (template === undefined || !isScalar(template.token)) return undefined;
  return template.token.toString();
}

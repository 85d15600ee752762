/** A line such as `::error file=a.py,line=3::message`. */
export interface WorkflowCommand {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly message: string;
}

/** A problem that a step reported, as GitHub shows it beside the code. */
export interface Annotation {
  readonly level: "error" | "warning" | "notice";
  readonly message: string;
  readonly title?: string;
  readonly file?: string;
  readonly line?: number;
  readonly endLine?: number;
  readonly column?: number;
  readonly endColumn?: number;
}

/** Annotations of a level that GitHub keeps of one step. */
export const maxAnnotationsPerLevel = 10;
const maxAnnotationLength = 4096;

const unescapeData = (text: string) =>
  text.replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%25", "%");
const unescapeProperty = (text: string) =>
  unescapeData(text.replaceAll("%3A", ":").replaceAll("%2C", ","));

/** Reads a line as a workflow command; `undefined` for ordinary output. */
export function parseCommand(line: string): WorkflowCommand | undefined {
  const match = /^\s*::([a-zA-Z-]+)(?: ([^]*?))?::([^]*)$/.exec(line);
  if (match === null) return undefined;
  const [, name = "", rawProperties = "", message = ""] = match;
  const properties: Record<string, string> = {};
  for (const pair of rawProperties.split(",")) {
    const equals = pair.indexOf("=");
    if (equals > 0)
      properties[pair.slice(0, equals).trim()] = unescapeProperty(pair.slice(equals + 1));
  }
  return { name: name.toLowerCase(), properties, message: unescapeData(message) };
}

/** Makes an annotation of an `error`, `warning` or `notice` command. */
export function toAnnotation(
  level: Annotation["level"],
  { properties, message }: WorkflowCommand,
): Annotation {
  const numberOf = (name: string) => {
    const value = Number(properties[name]);
    return properties[name] !== undefined && Number.isInteger(value) ? value : undefined;
  };
  const fields = {
    title: properties["title"],
    file: properties["file"],
    line: numberOf("line"),
    endLine: numberOf("endLine"),
    column: numberOf("col"),
    endColumn: numberOf("endColumn"),
  };
  const present = Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  );
  return { level, message: message.slice(0, maxAnnotationLength), ...present };
}

import type { JobSession, StepRecord } from "./job-session.ts";
import {
  maxAnnotationsPerLevel,
  parseCommand,
  toAnnotation,
  type Annotation,
  type WorkflowCommand,
} from "./workflow-commands.ts";

/** Records an annotation, up to GitHub's ten of a level and step. */
export function annotate(record: StepRecord, annotation: Annotation): void {
  const sameLevel = record.annotations.filter(({ level }) => level === annotation.level);
  if (sameLevel.length < maxAnnotationsPerLevel) record.annotations.push(annotation);
}

/** Writes an error to the log and records it. */
export function reportError(session: JobSession, record: StepRecord, message: string): void {
  report(session, record, { level: "error", message });
}

/** Writes a problem to the log and records it, without secrets. */
export function report(session: JobSession, record: StepRecord, annotation: Annotation): void {
  const message = session.masker.mask(annotation.message);
  session.log.write(`##[${annotation.level}]${message}`);
  annotate(record, { ...annotation, message });
}

function applyCommand(session: JobSession, record: StepRecord, command: WorkflowCommand): boolean {
  const { name, message } = command;
  switch (name) {
    case "error":
    case "warning":
    case "notice":
      report(session, record, toAnnotation(name, command));
      return true;
    case "add-mask":
      session.masker.add(message);
      session.log.write("::add-mask::***");
      return true;
    case "debug":
      session.log.write(session.masker.mask(`##[debug]${message}`));
      return true;
    case "group":
      session.log.write(session.masker.mask(`##[group]${message}`));
      return true;
    case "endgroup":
      session.log.write("##[endgroup]");
      return true;
    case "echo":
    case "add-matcher":
    case "remove-matcher":
      // The log shows commands anyway; problem matchers only add annotations to what it shows.
      session.log.write(session.masker.mask(`::${name}::${message}`));
      return true;
    case "set-output":
    case "save-state":
    case "set-env":
    case "add-path":
      record.commandFailed = true;
      reportError(
        session,
        record,
        `The command '${name}' is refused: write to the file that GitHub names in the environment instead.`,
      );
      return true;
    default:
      return false;
  }
}

/** Reads a step's output line by line: commands take effect, the rest goes to the log masked. */
export function createOutputReader(
  session: JobSession,
  record: StepRecord,
): (line: string) => void {
  let resumeToken: string | undefined;
  return (line) => {
    const command = parseCommand(line);
    if (resumeToken !== undefined) {
      if (command?.name === resumeToken.toLowerCase()) resumeToken = undefined;
      session.log.write(session.masker.mask(line));
    } else if (command?.name === "stop-commands") {
      resumeToken = command.message;
      session.log.write(line);
    } else if (command === undefined || !applyCommand(session, record, command)) {
      session.log.write(session.masker.mask(line));
    }
  };
}

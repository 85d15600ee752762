import { SlipwayError } from "#core";
import * as actionsCore from "@actions/core";
import { readContext, type ActionContext } from "./context.ts";
import type { Fields, RawInputs } from "./inputs/parse-inputs.ts";
import { gatherInputs } from "./settings-file.ts";
import { cutToBytes } from "./limits.ts";
import { showableText } from "./showable-text.ts";

/** Something to show beside a file in the diff, or in the run's annotations. */
export interface Annotation {
  readonly level: "error" | "warning" | "notice";
  readonly message: string;
  readonly title?: string;
  readonly file?: string;
  readonly line?: number;
}

/** What an outcome comes to for the runner and for people. */
export interface RenderedOutcome {
  /** By output name; everything is text, JSON where the action says so. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Markdown for the job's summary. */
  readonly summary?: string;
  readonly annotations?: readonly Annotation[];
  /** When present the step fails with this message: a failed gate is a value, not an exception. */
  readonly failure?: string;
}

/** An action's parts. */
export interface Action<I, P, O> {
  /** As in `uses:`, e.g. `train-model`. */
  readonly name: string;
  readonly parseInputs: ((raw: RawInputs) => I) & { readonly fields: Fields };
  readonly ports: (context: ActionContext, inputs: I) => P | Promise<P>;
  readonly run: (inputs: I, ports: P) => Promise<O>;
  readonly renderOutcome: (outcome: O) => RenderedOutcome | Promise<RenderedOutcome>;
}

const ANNOTATION_LIMIT = 10;
const SUMMARY_LIMIT_BYTES = 1024 * 1024;

/** Runs an action: inputs, ports, the story, outputs, summary; the only caller of `setFailed`. */
export async function runAction<I, P, O>(action: Action<I, P, O>): Promise<void> {
  const cancellation = listenForCancellation();
  try {
    const context = readContext(process.env, cancellation.signal);
    context.maskSecret(context.github.token);
    const raw = gatherInputs({
      action: action.name,
      fields: action.parseInputs.fields,
      environment: process.env,
      workspace: context.workspace,
    });
    maskSecrets(action.parseInputs.fields, raw, context);
    const inputs = action.parseInputs(raw);
    const outcome = await action.run(inputs, await action.ports(context, inputs));
    await publish(await action.renderOutcome(outcome));
  } catch (error) {
    reportFailure(error, cancellation.signal);
  } finally {
    cancellation.stop();
  }
}

function maskSecrets(
  fields: Readonly<Record<string, { readonly secret: boolean }>>,
  raw: RawInputs,
  context: ActionContext,
): void {
  for (const [name, field] of Object.entries(fields)) {
    const text = raw[name]?.text;
    if (field.secret && text !== undefined) context.maskSecret(text.trim());
  }
}

/** Turns the runner's SIGINT and SIGTERM into an abort, so that a story can end in order. */
function listenForCancellation(): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const cancel = (): void => controller.abort(new Error("The step was cancelled."));
  process.on("SIGINT", cancel);
  process.on("SIGTERM", cancel);
  return {
    signal: controller.signal,
    stop: () => {
      process.off("SIGINT", cancel);
      process.off("SIGTERM", cancel);
    },
  };
}

async function publish(rendered: RenderedOutcome): Promise<void> {
  for (const [name, value] of Object.entries(rendered.outputs)) actionsCore.setOutput(name, value);
  for (const annotation of (rendered.annotations ?? []).slice(0, ANNOTATION_LIMIT))
    annotate(annotation);
  if (rendered.summary !== undefined && process.env["GITHUB_STEP_SUMMARY"]) {
    await actionsCore.summary
      .addRaw(cutToBytes(rendered.summary, SUMMARY_LIMIT_BYTES), true)
      .write();
  }
  if (rendered.failure !== undefined) actionsCore.setFailed(showableText(rendered.failure));
}

function annotate({ level, message, title, file, line }: Annotation): void {
  const text = showableText(message);
  const place = {
    ...(title !== undefined && { title }),
    ...(file !== undefined && { file }),
    ...(line !== undefined && { startLine: line }),
  };
  if (level === "error") actionsCore.error(text, place);
  else if (level === "warning") actionsCore.warning(text, place);
  else actionsCore.notice(text, place);
}

function reportFailure(error: unknown, signal: AbortSignal): void {
  if (error instanceof Error && error.stack !== undefined) actionsCore.debug(error.stack);
  actionsCore.setFailed(signal.aborted ? describeCancellation(error) : describeError(error));
}

/** What was left undone, where a story says so: nothing else that a cancelled step throws is a fault. */
function describeCancellation(error: unknown): string {
  return error instanceof SlipwayError ? `Cancelled. ${describeError(error)}` : "Cancelled.";
}

/** What a user reads of an error: message, then what to do. Names from data neither colour nor flood it. */
export function describeError(error: unknown): string {
  if (error instanceof SlipwayError) {
    const hint = error.hint === undefined ? "" : `\n${showableText(error.hint)}`;
    return `${showableText(error.message)}${hint} [${error.code}]`;
  }
  const message = error instanceof Error ? error.message : String(error);
  return `${showableText(message)}\nThis is a fault in Slipway, not in your workflow: please report it with the debug log.`;
}

import { InputError, type Column, type Task } from "#core";
import { choosePositive, toText } from "#data";
import type { Answers } from "./answers.ts";
import type { Subject } from "./subject.ts";

/** What the answers are about. */
export interface Meaning {
  readonly task: Task;
  /** In the model's order; empty for regression. */
  readonly classes: readonly string[];
  /** Of a binary task. */
  readonly positiveClass: string | null;
}

/** More different values than these are numbers to predict, not classes. */
const MOST_NUMBER_CLASSES = 20;

/**
 * Settles task, classes and positive class from the run, the model's answers or the target.
 *
 * @throws InputError `TASK_DISAGREES`, `NO_POSITIVE_CLASS`, `UNKNOWN_CLASS`
 */
export function resolveMeaning(
  subject: Subject,
  answers: Answers | null,
  target?: Column,
): Meaning {
  const classes = classesOf(subject, answers, target);
  if (classes === null) {
    if (subject.task === "binary" || subject.task === "multiclass") {
      throw new InputError({
        code: "TASK_DISAGREES",
        message: `The task is ${subject.task}, but the model answers with numbers, not classes.`,
        hint: "Set task: regression, or give a model that predicts classes.",
      });
    }
    return { task: "regression", classes: [], positiveClass: null };
  }
  const task: Task = classes.length === 2 ? "binary" : "multiclass";
  return {
    task,
    classes,
    positiveClass: task === "binary" ? choosePositive(classes, positiveAsked(subject)) : null,
  };
}

function classesOf(
  subject: Subject,
  answers: Answers | null,
  target: Column | undefined,
): readonly string[] | null {
  if (answers !== null) return answers.kind === "classes" ? answers.classes : null;
  if (subject.task === "regression") return null;
  if (subject.classes !== null) return subject.classes;
  return target === undefined ? null : classesOfTarget(target, subject.task);
}

function classesOfTarget(target: Column, task: Task | null): readonly string[] | null {
  const { levels } = toText(target);
  const areNumbers = target.kind === "number";
  if (task === null && areNumbers && (!target.integer || levels.length > MOST_NUMBER_CLASSES)) {
    return null;
  }
  return areNumbers
    ? levels.toSorted((left, right) => Number(left) - Number(right))
    : levels.toSorted((left, right) => (left < right ? -1 : 1));
}

function positiveAsked({ positiveClass }: Subject): { readonly positiveClass?: string } {
  return positiveClass === null ? {} : { positiveClass };
}

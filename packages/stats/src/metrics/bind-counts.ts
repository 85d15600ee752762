import type { BindRequest } from "./bind-request.ts";
import { type ConfusionMatrix, confusionOf } from "./confusion.ts";
import {
  type ClassChoice,
  accuracy,
  balancedAccuracy,
  cohenKappa,
  countsOfClass,
  fBeta,
  matthewsCorrelation,
  precision,
  recall,
  specificity,
} from "./count-metrics.ts";
import { type ClassificationEvaluation, type GroupColumn, positiveOf } from "./evaluation.ts";
import {
  type GroupTables,
  demographicParityDifference,
  demographicParityRatio,
  equalOpportunityDifference,
  equalOpportunityRatio,
  equalizedOddsDifference,
  equalizedOddsRatio,
  selectionRate,
} from "./fairness.ts";
import type { CountKernel, Kernel, Proportion } from "./kernel.ts";
import { type Measured, type Undefined, undefinedBecause } from "./measure.ts";

type RateName = "precision" | "recall" | "specificity" | "f1" | "f_beta";

/** Binds a metric that needs truth and prediction only. */
export function bindCountMetric(
  request: BindRequest,
  evaluation: ClassificationEvaluation,
): Kernel | Undefined {
  const { name } = request.metric;
  const average = /^(precision|recall|specificity|f1|f_beta)(?:_(micro|macro|weighted))?$/u.exec(
    name,
  );
  if (average !== null)
    return bindRate(request, evaluation, {
      rate: average[1] as RateName,
      average: average[2] as "micro" | "macro" | "weighted" | undefined,
    });
  if (request.metric.argument?.kind === "column") return bindFairness(request, evaluation);
  switch (name) {
    case "accuracy":
      return {
        ...counts(evaluation, accuracy),
        isAccuracy: true,
        proportion: rightRows,
      };
    case "balanced_accuracy":
      return counts(evaluation, balancedAccuracy);
    case "mcc":
      return counts(evaluation, matthewsCorrelation);
    case "cohen_kappa":
      return counts(evaluation, (matrix) => cohenKappa(matrix));
    default:
      return bindSelectionRate(request, evaluation);
  }
}

function counts(
  evaluation: ClassificationEvaluation,
  evaluate: (matrix: ConfusionMatrix) => Measured,
): CountKernel {
  const { truth, prediction } = evaluation;
  return { kind: "counts", truth, prediction, matrix: confusionOf(evaluation), evaluate };
}

/** The code of a class given by its name, with or without the blanks around it. */
export function codeOfClass(
  evaluation: ClassificationEvaluation,
  argument: string,
): number | Undefined {
  const exact = evaluation.classes.indexOf(argument);
  if (exact !== -1) return exact;
  const trimmed = evaluation.classes.findIndex((name) => name.trim() === argument.trim());
  if (trimmed !== -1) return trimmed;
  return undefinedBecause(
    `no class is called "${argument}"; the classes are ${evaluation.classes.join(", ")}`,
  );
}

/** The class that an argument names; without one the positive class of a binary task. */
export function classArgument(
  { metric, argument }: Pick<BindRequest, "metric" | "argument">,
  evaluation: ClassificationEvaluation,
): number | Undefined {
  if (argument !== undefined) return codeOfClass(evaluation, argument);
  if (evaluation.task === "binary") return positiveOf(evaluation);
  const { name } = metric;
  const example = evaluation.classes[0] ?? "class";
  return undefinedBecause(
    `${name} of ${evaluation.classes.length} classes needs one of them, as ${name}(${example}), or an average`,
  );
}

interface RateChoice {
  readonly rate: RateName;
  readonly average: "micro" | "macro" | "weighted" | undefined;
}

function bindRate(
  request: BindRequest,
  evaluation: ClassificationEvaluation,
  { rate, average }: RateChoice,
): Kernel | Undefined {
  const { metric } = request;
  const written = request.argument ?? "";
  // Of F-beta the number comes first; of the others all of it is a class, commas included.
  const [, first = "", rest = ""] =
    rate === "f_beta" ? (/^([^,]*),?([^]*)$/.exec(written) ?? []) : ["", "1", written];
  const beta = first.trim() === "" ? Number.NaN : Number(first);
  if (!(beta > 0 && beta < Infinity))
    return undefinedBecause(`${metric.name}(${request.argument}): beta must be a number above 0`);
  const choice = chooseClass(
    { metric, argument: rest.trim() === "" ? undefined : rest },
    evaluation,
    average,
  );
  if ("value" in choice) return choice;
  const { options } = request;
  const kernel = counts(evaluation, (matrix) => {
    switch (rate) {
      case "precision":
        return precision(matrix, choice, options);
      case "recall":
        return recall(matrix, choice, options);
      case "specificity":
        return specificity(matrix, choice, options);
      case "f1":
      case "f_beta":
        return fBeta(matrix, choice, { ...options, beta });
    }
  });
  // Over all classes together, precision, recall and F are the share of rows that is right.
  const isShareOfRight = choice.kind === "micro" && rate !== "specificity";
  const proportion =
    choice.kind === "class"
      ? proportionOf(rate, choice.code)
      : isShareOfRight
        ? rightRows
        : undefined;
  return { ...kernel, proportion };
}

function rightRows(matrix: ConfusionMatrix): Proportion {
  return { successes: (accuracy(matrix).value ?? 0) * matrix.total, trials: matrix.total };
}

function chooseClass(
  request: Pick<BindRequest, "metric" | "argument">,
  evaluation: ClassificationEvaluation,
  average: RateChoice["average"],
): ClassChoice | Undefined {
  if (average !== undefined) return { kind: average };
  const code = classArgument(request, evaluation);
  return typeof code === "number" ? { kind: "class", code } : code;
}

function proportionOf(
  rate: RateName,
  code: number,
): ((matrix: ConfusionMatrix) => Proportion) | undefined {
  if (rate === "f1" || rate === "f_beta") return undefined;
  return (matrix) => {
    const { truePositive, falsePositive, falseNegative, trueNegative } = countsOfClass(
      matrix,
      code,
    );
    if (rate === "precision")
      return { successes: truePositive, trials: truePositive + falsePositive };
    if (rate === "recall") return { successes: truePositive, trials: truePositive + falseNegative };
    return { successes: trueNegative, trials: trueNegative + falsePositive };
  };
}

function bindSelectionRate(
  request: BindRequest,
  evaluation: ClassificationEvaluation,
): Kernel | Undefined {
  const { argument } = request;
  if (argument !== undefined && groupColumn(evaluation, argument) !== undefined)
    return undefinedBecause(
      `selection_rate has one value a group of "${argument}": ask for selection_rate[${argument}]`,
    );
  const code = classArgument(request, evaluation);
  if (typeof code !== "number") return code;
  return {
    ...counts(evaluation, (matrix) => selectionRate(matrix, code)),
    proportion: (matrix) => ({ successes: matrix.predictionTotals[code]!, trials: matrix.total }),
  };
}

function bindFairness(
  { metric, argument, options }: BindRequest,
  evaluation: ClassificationEvaluation,
): Kernel | Undefined {
  const column = groupColumn(evaluation, argument!);
  if (column === undefined) return undefinedBecause(`there is no column "${argument!}" of groups`);
  const { truth, prediction } = evaluation;
  return {
    kind: "groups",
    truth,
    prediction,
    column,
    classCount: evaluation.classes.length,
    positive: positiveOf(evaluation),
    evaluate: (tables: GroupTables) => {
      switch (metric.name) {
        case "demographic_parity_difference":
          return demographicParityDifference(tables);
        case "demographic_parity_ratio":
          return demographicParityRatio(tables);
        case "equalized_odds_difference":
          return equalizedOddsDifference(tables, options);
        case "equalized_odds_ratio":
          return equalizedOddsRatio(tables, options);
        case "equal_opportunity_difference":
          return equalOpportunityDifference(tables, options);
        default:
          return equalOpportunityRatio(tables, options);
      }
    },
  };
}

/** A column of groups by its name, with or without the blanks around it. */
function groupColumn({ groups }: ClassificationEvaluation, name: string): GroupColumn | undefined {
  return groups?.[name] ?? groups?.[name.trim()];
}

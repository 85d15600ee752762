import type { Judgement, Measure, Verdict } from "#core";
import {
  code,
  folded,
  formatInterval,
  formatNumber,
  formatSigned,
  intervalBelow,
  judgementBlock,
  lineBreak,
  own,
  paragraph,
  small,
  strong,
  verdictIcon,
  type Block,
  type Inline,
  type Phrase,
  type TableBlock,
} from "#report";
import { confusionOf } from "#stats";
import { analysisBlocks } from "./analysis/analysis-blocks.ts";
import type { ThresholdChanges } from "./base-thresholds.ts";
import { checksBlocks } from "./checks/checks-report.ts";
import type { ComparedMetric, Findings } from "./findings.ts";
import type { EvaluationRows } from "./evaluation-rows.ts";
import type { Inputs } from "./inputs.ts";
import { isHigherBetter } from "./metric-lists.ts";

/** A report: what everybody reads first, and what is folded away. */
export interface Report {
  /** One line of text. */
  readonly title: string;
  readonly footer: string;
  readonly top: readonly Block[];
  readonly folds: readonly Block[];
  readonly blocks: readonly Block[];
}

/** What a report says besides the findings. */
export interface ReportFacts {
  readonly inputs: Inputs;
  readonly changes: ThresholdChanges | null;
  readonly created: Date;
  readonly runUrl: string | null;
}

/** Composes the report: the verdict, the thresholds, what changed against the baseline, then the evidence. */
export function composeReport(findings: Findings, facts: ReportFacts): Report {
  const { subject, whole } = findings;
  const top = [
    headline(subject.model, whole.verdict),
    sentence(findings),
    ...(facts.changes === null ? [] : [describeChanges(facts.changes)]),
    judgementBlock(mergePassing(findings.judgements)),
    ...compareTable(findings),
    ...checksBlocks(findings),
  ];
  const folds = [
    ...sliceTables(findings, facts.inputs),
    ...analysisBlocks(findings),
    ...confusionTable(findings),
    metricTable(findings),
    dataList(findings),
    methodList(findings, facts),
  ];
  const day = facts.created.toISOString().slice(0, 16).replace("T", " ");
  return {
    title: `${subject.model}: ${whole.verdict}`,
    footer: `Slipway evaluate-gate, ${day} UTC${facts.runUrl === null ? "" : `, ${facts.runUrl}`}`,
    top,
    folds,
    blocks: [...top, ...folds],
  };
}

function headline(model: string, verdict: Verdict): Block {
  return { kind: "headline", text: [own(`${verdictIcon(verdict)} `), model, own(`: ${verdict}`)] };
}

const DECISIONS: Readonly<Record<Verdict, string>> = {
  pass: "It may be promoted.",
  fail: "It may not be promoted.",
  inconclusive: "It is not decided.",
};

function sentence({ whole, candidate, baseline }: Findings): Block {
  const rows = formatNumber(candidate.rows.table.rows);
  const judged = own(`Judged on ${rows} ${candidate.rows.isTestPart ? "test rows" : "rows"}`);
  return paragraph(
    strong(own(`${DECISIONS[whole.verdict]} `), whole.reason),
    lineBreak,
    judged,
    ...describeBaseline(baseline, candidate.rows.table.rows),
  );
}

function describeBaseline(baseline: Findings["baseline"], rows: number): Phrase {
  switch (baseline.kind) {
    case "absent":
      return [own("; "), baseline.why, own(".")];
    case "not-compared":
      return [own("; not compared: "), baseline.why, own(".")];
    case "scored": {
      const common = baseline.rows.length;
      const which = common === rows ? "the same rows" : `${formatNumber(common)} of them`;
      const note = baseline.note === null ? [] : [own(" ("), baseline.note, own(")")];
      return [own(", compared with "), code(baseline.name), own(` on ${which}`), ...note, own(".")];
    }
  }
}

function describeChanges({ added, removed, unknown }: ThresholdChanges): Block {
  if (unknown !== null) {
    return paragraph(
      own("⚠️ Whether the thresholds differ from the base branch's is not known: "),
      unknown,
    );
  }
  const list = (lines: readonly string[]): Phrase =>
    lines.flatMap((line, at): Inline[] => [...(at === 0 ? [] : [own(", ")]), code(line)]);
  return paragraph(
    own("⚠️ "),
    strong(own("This pull request changes its own thresholds.")),
    ...(removed.length === 0 ? [] : [own(" Removed: "), ...list(removed), own(".")]),
    ...(added.length === 0 ? [] : [own(" Added: "), ...list(added), own(".")]),
  );
}

/** Of a threshold for each value of a column, more passing values than these become one line. */
const MOST_PASSING_LINES = 5;

function mergePassing(judgements: readonly Judgement[]): readonly Judgement[] {
  const passing = new Map<string, Judgement[]>();
  for (const judgement of judgements) {
    const of = judgement["each_of"];
    if (typeof of !== "string" || judgement.verdict !== "pass") continue;
    passing.set(of, [...(passing.get(of) ?? []), judgement]);
  }
  const merged = new Set<string>();
  return judgements.flatMap((judgement) => {
    const of = judgement["each_of"];
    const group = typeof of === "string" ? (passing.get(of) ?? []) : [];
    if (judgement.verdict !== "pass" || group.length <= MOST_PASSING_LINES) return [judgement];
    if (merged.has(String(of))) return [];
    merged.add(String(of));
    return [mergeGroup(String(of), group)];
  });
}

function mergeGroup(threshold: string, group: readonly Judgement[]): Judgement {
  const marginOf = (judgement: Judgement): number =>
    Math.min(...judgement.bounds.map(({ margin }) => margin ?? Number.POSITIVE_INFINITY));
  const closest = group.reduce((left, right) => (marginOf(right) < marginOf(left) ? right : left));
  return {
    ...closest,
    threshold,
    reason: `${group.length} values pass; the closest is ${closest.metric}`,
  };
}

function compareTable({ baseline, compared }: Findings): readonly Block[] {
  if (baseline.kind !== "scored" || compared.length === 0) return [];
  const rank = { better: 0, worse: 1, unclear: 2, undefined: 3 } as const;
  const sorted = compared.toSorted((left, right) => rank[readingOf(left)] - rank[readingOf(right)]);
  return [
    { kind: "heading", text: [own("Against "), baseline.name] },
    {
      kind: "table",
      headers: ["metric", "difference", "this model", "baseline"].map((text) => [own(text)]),
      numeric: [1, 2, 3],
      rows: sorted.map((metric) => [
        [code(metric.name), lineBreak, small(own(READINGS[readingOf(metric)]))],
        describeDifference(metric),
        [own(formatNumber(metric.candidate))],
        [own(formatNumber(metric.reference))],
      ]),
    },
  ];
}

type Reading = "better" | "worse" | "unclear" | "undefined";

const READINGS: Readonly<Record<Reading, string>> = {
  better: "▲ better",
  worse: "▼ worse",
  unclear: "≈ no clear change",
  undefined: "undefined",
};

/** Better or worse only when the whole interval says so. */
function readingOf({ metric, difference }: ComparedMetric): Reading {
  const { low, high, value } = difference;
  if (value === null || typeof low !== "number" || typeof high !== "number") return "undefined";
  const up = isHigherBetter(metric) ?? true;
  if (low > 0) return up ? "better" : "worse";
  if (high < 0) return up ? "worse" : "better";
  return "unclear";
}

function describeDifference({ difference }: ComparedMetric): Phrase {
  if (difference.value === null) return [small(difference.reason ?? "undefined")];
  return [own(formatSigned(difference.value)), ...intervalBelow(difference.low, difference.high)];
}

function sliceTables({ slices }: Findings, inputs: Inputs): readonly Block[] {
  if (slices.length === 0) return [];
  const columns = [...new Set(slices.map(({ column }) => column))];
  const names = [...(slices[0]?.metrics.keys() ?? [])];
  const tables = columns.map((column): TableBlock => ({
    kind: "table",
    headers: [[column], [own("rows")], ...names.map((name): Phrase => [own(name)])],
    numeric: [1, ...names.map((_, at) => at + 2)],
    rows: slices
      .filter((slice) => slice.column === column)
      .map(({ value, rows, metrics }) => [
        [code(value)],
        [own(formatNumber(rows.length))],
        ...names.map((name) => describeMeasure(metrics.get(name))),
      ]),
  }));
  const note = paragraph(
    own(
      `Values with at least ${inputs.minSliceRows} rows, the most frequent first. The more values there are, the likelier one looks bad by chance: a threshold for each value calls one bad only when its p, adjusted by ${CORRECTIONS[inputs.correction]}, is at most ${Number(((1 - inputs.confidence) / 2).toPrecision(3))}.`,
    ),
  );
  return [folded([own("Slices: "), columns.join(", ")], ...tables, note)];
}

function describeMeasure(measure: Measure | undefined): Phrase {
  if (measure === undefined || measure.value === null) {
    return measure?.reason === undefined ? [own("—")] : [own("— "), small(measure.reason)];
  }
  return [own(formatNumber(measure.value)), ...intervalBelow(measure.low, measure.high)];
}

const MOST_CONFUSION_CLASSES = 12;

function confusionTable({ evaluation }: Findings): readonly Block[] {
  if (evaluation.task === "regression" || evaluation.classes.length > MOST_CONFUSION_CLASSES)
    return [];
  const { classes } = evaluation;
  const { cells } = confusionOf(evaluation);
  const round = (value: number): string => formatNumber(Math.round(value * 100) / 100);
  return [
    folded([own("Confusion matrix")], {
      kind: "table",
      headers: [[own("true ↓ predicted →")], ...classes.map((name): Phrase => [code(name)])],
      numeric: classes.map((_, at) => at + 1),
      rows: classes.map((truth, row) => [
        [code(truth)],
        ...classes.map((_, column): Phrase => {
          const text = own(round(cells[row * classes.length + column] ?? 0));
          return [row === column ? strong(text) : text];
        }),
      ]),
    }),
  ];
}

function metricTable({ metrics }: Findings): Block {
  return folded([own(`All ${metrics.size} metrics`)], {
    kind: "table",
    headers: ["metric", "value", "interval", ""].map((text) => [own(text)]),
    numeric: [1, 2],
    rows: [...metrics].map(([name, measure]) => [
      [code(name)],
      [own(formatNumber(measure.value))],
      [own(formatInterval(measure.low, measure.high))],
      measure.value === null ? [small(measure.reason ?? "undefined")] : [],
    ]),
  });
}

function dataList({ candidate, evaluation, subject }: Findings): Block {
  const { rows, meaning, answers } = candidate;
  const counts =
    evaluation.task === "regression"
      ? []
      : [...confusionOf(evaluation).truthTotals].flatMap((count, at): Inline[] => [
          ...(at === 0 ? [] : [own(", ")]),
          code(meaning.classes[at] ?? ""),
          own(` ${formatNumber(Math.round(count * 100) / 100)}`),
        ]);
  const notes = [...answers.notes, ...(candidate.open?.model.notes ?? [])];
  return folded([own("Data and model")], {
    kind: "list",
    items: [
      [
        own(`${formatNumber(rows.table.rows)} rows of `),
        code(rows.name),
        own(", "),
        code(rows.digest),
      ],
      [own("target "), code(subject.target), own(`, ${meaning.task}`)],
      ...(counts.length === 0 ? [] : [[own("rows by class: "), ...counts]]),
      ...(rows.weight === null ? [] : [[own("weighted by "), code(rows.weight.name)]]),
      [own(`scored ${candidate.scoredBy}`)],
      ...notes.map((note): Phrase => [note]),
    ],
  });
}

const BOOTSTRAPS: Readonly<Record<Inputs["intervals"], string>> = {
  auto: "bootstrap percentiles, expanded for few rows",
  percentile: "bootstrap percentiles",
  bca: "bootstrapped by BCa",
};

function describeIntervals({ intervals }: Inputs, { weight, clusters }: EvaluationRows): string {
  const bootstrap = BOOTSTRAPS[intervals];
  if (intervals !== "auto") return `All are ${bootstrap}`;
  if (clusters !== null) return `Rows belong together, so all are ${bootstrap}`;
  return weight === null
    ? `Wilson's for shares of rows, DeLong's for the area under a ROC curve, else ${bootstrap}`
    : `Rows are weighted, so all are ${bootstrap}`;
}

/** What is drawn with replacement: rows, or whole entities. */
function rowsDrawn({ cluster }: Inputs, { clusters }: EvaluationRows): Phrase {
  if (cluster === null || clusters === null) return [own("Rows are taken as independent.")];
  const count = formatNumber(new Set(clusters).size);
  return [
    own("Rows of one "),
    code(cluster),
    own(` belong together: whole entities are resampled, of which there are ${count}.`),
  ];
}

const CORRECTIONS: Readonly<Record<Inputs["correction"], string>> = {
  bh: "Benjamini–Hochberg",
  holm: "Holm",
};

function methodList({ baseline, candidate }: Findings, { inputs }: ReportFacts): Block {
  const confidence = `${formatNumber(inputs.confidence * 100)} %`;
  const rows = rowsDrawn(inputs, candidate.rows);
  return folded([own("How it was compared and judged")], {
    kind: "list",
    items: [
      [
        own(
          `Intervals hold ${confidence}. ${describeIntervals(inputs, candidate.rows)} (${formatNumber(inputs.resamples)} resamples, seed ${inputs.seed}; a tenth of them for metrics that are neither judged nor compared). `,
        ),
        ...rows,
      ],
      [
        own(
          "A bound against a reference is judged on the interval of the paired difference: both models on the same rows, so that what both find hard cancels out. It passes when the whole interval keeps the bound, fails when none of it does, and is inconclusive else.",
        ),
      ],
      [
        own(
          inputs.plainBounds === "point"
            ? "A bound that is a number judges the value itself."
            : "A bound that is a number judges the interval: inconclusive when the bound lies inside it.",
        ),
      ],
      ...(baseline.kind === "scored"
        ? [[own("The baseline was scored "), baseline.scoredBy, own(".")]]
        : [[own("No baseline was compared: "), baseline.why, own(".")]]),
      [own(`Inconclusive thresholds: ${inputs.onInconclusive}.`)],
    ],
  });
}

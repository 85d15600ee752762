import { describeRange } from "#core";
import {
  metricAliases,
  metricCatalog,
  rangeOfMetric,
  type MetricDescription,
  type Task,
} from "#stats";
import {
  CHECKS,
  type CheckDescription,
} from "../../../actions/evaluate-gate/src/checks/catalog.ts";
import { formatBound } from "../../../actions/evaluate-gate/src/checks/finding.ts";
import { defineMetric } from "./metric-definitions.ts";
import { probeMethods, probeUndefined, type Size } from "./metric-probes.ts";

type Table = (headers: readonly string[], rows: readonly (readonly string[])[]) => string;

const METHODS: Readonly<Record<string, string>> = {
  wilson: "Wilson",
  delong: "DeLong",
  "clopper-pearson": "Clopper–Pearson",
  "bootstrap-counts": "bootstrap of counts",
  "bootstrap-rows": "bootstrap of rows",
  "bootstrap-clusters": "bootstrap of entities",
  "bootstrap-t": "bootstrap t",
  "bootstrap-normal": "bootstrap's normal law",
  "bootstrap-bins": "bootstrap of bins",
  "infinitesimal-jackknife": "infinitesimal jackknife",
  "group-jackknife": "group jackknife",
};

/** The page of metrics and checks; `table` writes a table of markdown. */
export function composeMetricsPage(table: Table): string {
  const [methods, undefinedWhen] = [probeMethods(), probeUndefined()];
  const rowOf = (metric: MetricDescription): readonly string[] => [
    nameOf(metric),
    `${defineMetric(metric.name)}${alsoCalled(metric.name)}`,
    rangeText(metric.name),
    direction(metric),
    describeMethods(methods.get(metric.name)),
    undefinedWhen.get(metric.name)?.join("; ") || "never",
  ];
  const section = (tasks: readonly Task[]): string => {
    const rows = [...metricCatalog.values()]
      .filter((metric) => metric.tasks.join() === tasks.join())
      .map(rowOf);
    return table(["metric", "what it is", "range", "better", "interval", "`null` when"], rows);
  };
  return `${HEAD}
## Of two classes and of several

${section(["binary", "multiclass"])}

## Of two classes only

${section(["binary"])}

## Of several classes only

${section(["multiclass"])}

## Of numbers

${section(["regression"])}

${REST}
## Checks

Each part with its bound and level as they are without \`checks:\`; what is only shown has no bound
([how to change them](README.md#checks)).

${table(["check", "part", "default", "what is measured", "protects from"], checkRows())}
`;
}

function nameOf({ name, argument }: MetricDescription): string {
  if (argument === undefined) return `\`${name}\``;
  if (name.startsWith("f_beta"))
    return name === "f_beta" ? `\`${name}(beta)\`, \`${name}(beta,class)\`` : `\`${name}(beta)\``;
  const written = { class: "class", column: "column", number: "n", "number-and-class": "n" }[
    argument.kind
  ];
  if (argument.required) return `\`${name}(${written})\``;
  const left = argument.default === undefined ? "" : `, ${argument.default} when left out`;
  return `\`${name}\`, \`${name}(${written})\`${left}`;
}

function alsoCalled(name: string): string {
  const own = [...metricAliases].flatMap(([alias, target]) =>
    target === name ? [`\`${alias}\``] : [],
  );
  return own.length === 0 ? "" : ` Also ${own.join(", ")}.`;
}

function rangeText(name: string): string {
  const range = rangeOfMetric(name);
  if (range === undefined) throw new RangeError(`metric ${name} has no range`);
  return describeRange(range)
    .replace(/^lies between (\S+) and (\S+)$/, "$1 to $2")
    .replace(/^is /, "");
}

function direction({ higherIsBetter }: MetricDescription): string {
  return higherIsBetter === null ? "neither" : higherIsBetter ? "more" : "less";
}

function describeMethods(found: Readonly<Record<Size, string | null>> | undefined): string {
  if (found === undefined) return "none";
  const [some, many] = [found.some, found.many].map((method) =>
    method === null ? "none" : (METHODS[method] ?? method),
  );
  return some === many ? `${some}` : `${some}; of many rows ${many}`;
}

function checkRows(): readonly (readonly string[])[] {
  return Object.entries(CHECKS as Readonly<Record<string, CheckDescription>>).flatMap(
    ([name, { parts, protectsFrom, onRequest }]) =>
      Object.entries(parts).map(([part, { bound, operator, unit, meaning }], at) => [
        at === 0 ? `\`${name}\`` : "",
        `\`${part}\``,
        bound === null
          ? `shown${onRequest === true ? ", on request" : ""}`
          : `${operator === "<=" ? "≤" : "≥"} ${formatBound(bound, unit)}, warn`,
        meaning,
        at === 0 ? protectsFrom : "",
      ]),
  );
}

const HEAD = `# Metrics and checks

Generated from the code by \`npm run generate\`: ranges are those that thresholds are held to, methods
and the reasons of \`null\` are what the code answered for made-up rows.

- Rates are shares, 0.9 for 90 %. A threshold may write \`90 %\`. A bound outside of the range is
  refused.
- Of two classes a rate is the positive class's; of several it needs the class, \`recall(rain)\`, or an
  average, \`recall_macro\`.
- The interval is that of \`intervals: auto\`. With \`weight\` or \`cluster\` rates are bootstrapped too, with
  \`cluster\` by whole entities; \`percentile\` and \`bca\` bootstrap every metric. "Of many rows" is what
  20,000 rows give; where it begins depends on the metric (5,000 to 10,000 rows at 2,000 resamples).
- A metric that is \`null\` fails its threshold with the reason. What has nothing to divide by can be made
  0 or 1 with \`zero-division\`.
`;

const REST = `## Of the model and of the run

- \`size_mb\`, \`p50_ms\`, \`p95_ms\`, \`p99_ms\`: size of the model's files, and percentiles of the time that one
  row takes in this process; at least 0, less is better. \`null\` for a model that is not scored in this
  process (size: without a file). Intervals of latencies are bootstrapped over the calls.
- \`mean(column)\`: mean of any number a row of the predictions, such as \`mean(ndcg)\`; any range,
  bootstrapped. \`null\` where the column is not there.
- \`run.name\`: any number of the run's own metrics, such as \`run.val_loss\`; no interval.
`;

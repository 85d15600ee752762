import { paramChanges, type Manifest } from "#core";
import {
  codeText,
  details,
  escapeText,
  formatBytes,
  formatInterval,
  formatNumber,
  formatSigned,
  markdownTable,
  paragraphs,
  verdictMark,
  type Markdown,
} from "#report";
import { stringify } from "yaml";

/** What a model card is compared with and begins with. */
export interface CardContext {
  readonly previous: Manifest | null;
  readonly notes: string | null;
}

const SHOWN_METRICS = 20;

/** The release's body: what the version is, how good, made from what, and how to use it. */
export function composeModelCard(manifest: Manifest, { previous, notes }: CardContext): Markdown {
  return paragraphs(
    notes,
    describeModel(manifest),
    "### Metrics",
    metricsTable(manifest, previous),
    "### What changed",
    changesList(manifest, previous),
    "### Data",
    dataTable(manifest),
    signatureTable(manifest),
    "### Use it",
    usage(manifest),
    "### Limits",
    limits(manifest),
    details("Lineage", lineage(manifest)),
    details("model-index", fenced("yaml", stringify(modelIndex(manifest)))),
  );
}

function describeModel(manifest: Manifest): Markdown {
  const { run } = manifest;
  const task = run.task ?? "model of a kind of its own";
  const target = run.target === null ? "" : ` of ${codeText(run.target)}`;
  const trainer =
    run.trainer.kind === "command"
      ? "the repository's own training command"
      : `Slipway's tabular trainer (${escapeText(run.trainer.name)})`;
  return `**${escapeText(manifest.model)} ${escapeText(manifest.version)}**: a ${escapeText(task)}${target}, trained by ${trainer}.`;
}

function metricsTable(manifest: Manifest, previous: Manifest | null): Markdown {
  const { evaluation } = manifest;
  if (evaluation === null) return "_Not evaluated._";
  const names = Object.keys(evaluation.metrics).filter(
    (name) => evaluation.metrics[name]?.value !== null,
  );
  const before = previous?.evaluation?.metrics ?? {};
  const table = markdownTable({
    headers: [
      "metric",
      "value",
      "interval",
      previous === null ? "before" : codeText(previous.version),
    ],
    numeric: [1, 3],
    rows: names.slice(0, SHOWN_METRICS).map((name) => {
      const measure = evaluation.metrics[name];
      const earlier = before[name]?.value ?? null;
      const moved =
        earlier === null || typeof measure?.value !== "number"
          ? ""
          : ` (${formatSigned(measure.value - earlier)})`;
      return [
        codeText(name),
        formatNumber(measure?.value),
        formatInterval(measure?.low, measure?.high),
        `${formatNumber(earlier)}${moved}`,
      ];
    }),
  });
  const verdict = `${verdictMark(evaluation.verdict)} on ${formatNumber(evaluation.rows)} rows it was not trained on. ${escapeText(evaluation.reason)}`;
  const note =
    previous === null
      ? ""
      : "\n\nThe earlier version's figures are its own evaluation's, on its own rows; the gate's report has the paired comparison.";
  return `${verdict}\n\n${table}${note}`;
}

function changesList(manifest: Manifest, previous: Manifest | null): Markdown {
  const what =
    manifest.bump.level === "first"
      ? "First version."
      : `**${manifest.bump.level}**: ${escapeText(manifest.bump.reason)}.`;
  if (previous === null) return what;
  const changes = paramChanges(manifest.run.params, previous.run.params);
  return [what, ...changes.map((change) => `- ${escapeText(change)}`)].join("\n");
}

function dataTable({ run }: Manifest): Markdown {
  return markdownTable({
    headers: ["file", "rows", "size", "digest"],
    numeric: [1, 2],
    rows: run.data.map((entry) => [
      codeText(entry.name),
      formatNumber(entry.rows),
      formatBytes(entry.bytes),
      codeText(entry.digest.slice(0, 19)),
    ]),
  });
}

function signatureTable({ signature, run }: Manifest): Markdown | null {
  if (signature === null) return null;
  const inputs = markdownTable({
    headers: ["column", "kind"],
    rows: signature.columns.map((column) => [codeText(column.name), escapeText(column.kind)]),
  });
  const classes =
    run.classes.length === 0
      ? ""
      : `\n\nClasses, in order: ${run.classes.map(codeText).join(", ")}.`;
  return details(`Signature: ${signature.columns.length} columns`, inputs + classes);
}

function usage(manifest: Manifest): Markdown {
  const tag = `${manifest.model}@${manifest.version}`;
  const commands = [`git checkout '${tag}'   # code and lineage`];
  if (manifest.home !== null)
    commands.push(`gcloud storage cp -r '${manifest.home}' .   # the files, once pushed`);
  const command = manifest.run.predict_command;
  const scored = command ? `\n\nScored by ${codeText(command)}.` : "";
  return fenced("sh", commands.join("\n")) + scored;
}

function limits({ run, evaluation }: Manifest): Markdown {
  const split = run.split === null ? "an unknown split" : `a ${escapeText(run.split.method)} split`;
  const lines = [
    `- Judged on ${split} of the data above; what differs from that data was not measured.`,
    ...(evaluation?.verdict === "inconclusive"
      ? ["- The evaluation was inconclusive: the rows did not settle every threshold."]
      : []),
    ...(run.source.dirty ? ["- Trained from a working tree with uncommitted changes."] : []),
  ];
  return lines.join("\n");
}

function lineage(manifest: Manifest): Markdown {
  const { run } = manifest;
  const rows: (readonly [string, Markdown])[] = [
    ["run", codeText(run.id)],
    ["source commit", run.source.commit === null ? "—" : codeText(run.source.commit)],
    ["seed", formatNumber(run.seed)],
    ["previous version", manifest.previous === null ? "none" : codeText(manifest.previous)],
    ["files", manifest.files.map((file) => codeText(file.path)).join(", ")],
    ["node", codeText(run.environment.node)],
    ["python", run.environment.python === null ? "—" : codeText(run.environment.python)],
  ];
  const table = markdownTable({ headers: ["", ""], rows });
  const params =
    Object.keys(run.params).length === 0
      ? ""
      : `\n\nParameters:\n\n${fenced("yaml", stringify(run.params))}`;
  const link = run.source.run_url === null ? "" : `\n\nTrained in ${runLink(run.source.run_url)}.`;
  return table + params + link;
}

/** GitHub makes a link of a plain address; anything else that a run directory may hold is shown as text. */
function runLink(url: string): Markdown {
  return /^https:\/\/[\w.-]+(?::\d+)?\/[\w./-]*$/.test(url) ? url : escapeText(url);
}

/** Metadata in the form that Hugging Face's model cards carry in their front matter. */
export function modelIndex(manifest: Manifest): Readonly<Record<string, unknown>> {
  const metrics = Object.entries(manifest.evaluation?.metrics ?? {}).filter(
    ([, measure]) => measure.value !== null,
  );
  return {
    "model-index": [
      {
        name: manifest.model,
        results: [
          {
            task: {
              type:
                manifest.run.task === "regression"
                  ? "tabular-regression"
                  : "tabular-classification",
            },
            dataset: {
              name: manifest.run.data.map((entry) => entry.name).join(", "),
              type: "tabular",
            },
            metrics: metrics
              .slice(0, SHOWN_METRICS)
              .map(([name, measure]) => ({ type: name, value: measure.value })),
          },
        ],
      },
    ],
  };
}

/** A code block whose fence is longer than any in its content. */
function fenced(language: string, content: string): Markdown {
  const longest = Math.max(2, ...[...content.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${content.trimEnd()}\n${fence}`;
}

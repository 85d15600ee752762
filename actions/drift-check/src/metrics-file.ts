import { decidingColumns, type DriftCheck } from "./check.ts";

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number | null;
}

/** The figures in Prometheus' text format, for a textfile collector or a push gateway. */
export function composeMetrics(check: DriftCheck): string {
  const base = { model: check.model, reference: check.reference.version ?? check.reference.name };
  const ofColumns = (pick: (column: DriftCheck["columns"][number]) => number | null): Sample[] =>
    check.columns.map((column) => ({
      labels: { ...base, column: column.name, statistic: column.statistic },
      value: pick(column),
    }));
  const whole = (value: number | null): Sample[] => [{ labels: base, value }];
  const deciding = decidingColumns(check.columns);
  const share =
    deciding.length === 0
      ? null
      : deciding.filter((column) => column.drifted).length / deciding.length;
  return [
    family(
      "slipway_drift_score",
      "Score of a column's drift statistic.",
      ofColumns(({ score }) => score),
    ),
    family(
      "slipway_drift_noise",
      "Score that drift-free samples stay below.",
      ofColumns(({ noise }) => noise),
    ),
    family(
      "slipway_drift_column",
      "1 where the column drifted.",
      ofColumns(({ drifted }) => Number(drifted)),
    ),
    family(
      "slipway_drift_null_rate",
      "Share of cells without a usable value.",
      ofColumns(({ quality }) => quality.current.rate),
    ),
    family("slipway_drift_share", "Share of judged columns that drifted.", whole(share)),
    family(
      "slipway_drift_detected",
      "1 where the verdict is fail.",
      whole(Number(check.verdict === "fail")),
    ),
    family("slipway_drift_rows", "Rows of current data.", whole(check.data.rows)),
    family(
      "slipway_drift_checked_timestamp_seconds",
      "When the check was made.",
      whole(Date.parse(check.at) / 1000),
    ),
  ].join("");
}

function family(name: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.flatMap(({ labels, value }) =>
    value === null ? [] : [`${name}{${formatLabels(labels)}} ${value}\n`],
  );
  return lines.length === 0
    ? ""
    : `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join("")}`;
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join(",");
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

import { htmlPage, own, readPageScript, renderHtml, type Block, type ChartsBlock } from "#report";
import { analysisCharts } from "./report-charts-analysis.ts";
import type { Findings } from "./findings.ts";
import type { Report, ReportFacts } from "./report-blocks.ts";
import { composeCharts, composeSliceCharts } from "./report-charts.ts";
import { historyChart } from "./report-history.ts";

/** `report.html`: the report with its charts, in one file that needs nothing else. */
export async function composeHtml(
  findings: Findings,
  report: Report,
  { inputs, past }: Pick<ReportFacts, "inputs" | "past">,
): Promise<string> {
  const { weight, clusters } = findings.candidate.rows;
  const isSimple = weight === null && clusters === null;
  const blocks: readonly Block[] = [
    ...report.top,
    ...under("Charts", [composeCharts(findings, isSimple ? inputs.confidence : null)]),
    ...under("Slices", [composeSliceCharts(findings)]),
    ...under("Where and why it errs", analysisCharts(findings)),
    ...under("History", [historyChart(findings, past)]),
    { kind: "heading", text: [own("Evidence")] },
    ...report.folds,
  ];
  return htmlPage({
    title: report.title,
    footer: report.footer,
    body: renderHtml(blocks),
    script: await readPageScript(),
  });
}

function under(title: string, groups: readonly (ChartsBlock | null)[]): readonly Block[] {
  const drawn = groups.filter((charts) => charts !== null);
  return drawn.length === 0 ? [] : [{ kind: "heading", text: [own(title)] }, ...drawn];
}

import { htmlPage, own, renderHtml } from "#report";
import type { Findings } from "./findings.ts";
import type { Report } from "./report-blocks.ts";
import { drawCharts } from "./report-charts.ts";

/** `report.html`: the report with its charts, in one file that needs nothing else. */
export function composeHtml(findings: Findings, report: Report): string {
  const charts = drawCharts(findings);
  return htmlPage({
    title: report.title,
    footer: report.footer,
    body: renderHtml([
      ...report.top,
      { kind: "heading", text: [own("Charts")] },
      { kind: "charts", charts },
      { kind: "heading", text: [own("Evidence")] },
      ...report.folds,
    ]),
  });
}

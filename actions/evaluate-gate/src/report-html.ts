import { htmlPage, own, readPageScript, renderHtml, type Block } from "#report";
import type { Findings } from "./findings.ts";
import type { Report } from "./report-blocks.ts";
import { composeCharts, composeSliceCharts } from "./report-charts.ts";

/** `report.html`: the report with its charts, in one file that needs nothing else. */
export async function composeHtml(
  findings: Findings,
  report: Report,
  confidence: number,
): Promise<string> {
  const slices = composeSliceCharts(findings);
  const blocks: readonly Block[] = [
    ...report.top,
    { kind: "heading", text: [own("Charts")] },
    composeCharts(findings, confidence),
    ...(slices === null ? [] : [{ kind: "heading", text: [own("Slices")] } as const, slices]),
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

/**
 * Evidence for people: one document of blocks, drawn as GitHub markdown and as a page.
 *
 * Charts are data here (`ChartData`) and are drawn in the reader's browser by Observable Plot, whose
 * script the page carries. Weighed were, each bundled and minified:
 *
 * - uPlot 1.6, 53 kB: the smallest and fastest, but it paints a canvas. A canvas is blurred on paper,
 *   cannot follow the colour scheme by CSS, and says nothing to a screen reader; bars, intervals and
 *   matrices would be own code.
 * - Vega-Lite 6 with Vega, 808 kB: complete, but larger than a whole report may be, and it compiles
 *   expressions with `new Function`, which the page's policy forbids.
 * - Observable Plot 0.6, 310 kB: SVG, so it prints sharply, takes the page's colours from CSS
 *   variables and carries labels for screen readers; every chart of a report is a few marks.
 *
 * What no library gives is own code (`packages/report/browser`): one cursor for pointer and keyboard
 * that reads values with their intervals aloud, and the threshold that charts share.
 *
 * @module
 */
export * from "./charts/bins.ts";
export * from "./charts/chart.ts";
export * from "./charts/operating-points.ts";
export * from "./document.ts";
export * from "./format.ts";
export * from "./html.ts";
export * from "./html-page.ts";
export * from "./judgement-table.ts";
export * from "./markdown.ts";
export { readPageScript } from "./page-script.ts";
export * from "./render-html.ts";
export { renderMarkdown, renderMarkdownWithin } from "./render-markdown.ts";
export * from "./verdict-marks.ts";

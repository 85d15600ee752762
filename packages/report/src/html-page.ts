import { escapeHtml } from "./html.ts";
import { pageStyle } from "./page-style.ts";

/** What a page is made of besides its body. */
export interface PageFacts {
  readonly title: string;
  /** A line below the report: what made it, and when. */
  readonly footer: string;
  /** HTML that was made by this package. */
  readonly body: string;
}

/** A whole HTML file that reaches for nothing outside of itself, in dark and light, for screen and paper. */
export function htmlPage({ title, footer, body }: PageFacts): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${pageStyle}</style>
</head>
<body>
<main>
${body}
</main>
<footer>${escapeHtml(footer)}</footer>
</body>
</html>
`;
}

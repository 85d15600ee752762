import { createHash } from "node:crypto";
import { escapeHtml } from "./html.ts";
import { pageStyle } from "./page-style.ts";

/** What a page is made of besides its body. */
export interface PageFacts {
  readonly title: string;
  /** A line below the report: what made it, and when. */
  readonly footer: string;
  /** HTML that was made by this package. */
  readonly body: string;
  /** What `readPageScript` gave; `null` for a page without charts. */
  readonly script: string | null;
}

/** The hash of the one style element that Observable Plot 0.6.17 puts into its drawings, of class `plot`. */
const PLOT_STYLE = "'sha256-+TfQir1nvDucAdvE6XUQBt4ayUjpAWkbw2kCdSfekHM='";

/**
 * A whole HTML file that reaches for nothing outside of itself, in dark and light, for screen and
 * paper. Its policy allows this very script and these very styles, and no request at all.
 *
 * @throws RangeError where the script holds text that ends a script element
 */
export function htmlPage({ title, footer, body, script }: PageFacts): string {
  if (script !== null && /<\/script|<!--/i.test(script))
    throw new RangeError("The page's script holds text that ends its element.");
  const policy = [
    "default-src 'none'",
    `script-src ${script === null ? "'none'" : hashOf(script)}`,
    `style-src ${hashOf(pageStyle)} ${PLOT_STYLE}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${pageStyle}</style>
</head>
<body>
<main>
${body}
</main>
<footer>${escapeHtml(footer)}</footer>
${script === null ? "" : `<script>${script}</script>\n`}</body>
</html>
`;
}

function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

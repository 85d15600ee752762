import { createHash } from "node:crypto";
import type { ServedVersion } from "../load-version.ts";
import type { Reply } from "./exchange.ts";

const style = `:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8886}
textarea,pre{width:100%;box-sizing:border-box;font:14px/1.4 ui-monospace,monospace;padding:.6rem;border:1px solid #888;border-radius:6px}
textarea{min-height:12rem}pre{white-space:pre-wrap;min-height:3rem;overflow-wrap:anywhere}
button{font:inherit;padding:.4rem 1.2rem;border-radius:6px;border:1px solid #888;cursor:pointer}`;

// Paths are relative, so that the page works behind a proxy's prefix.
const script = `const request=document.getElementById("request"),answer=document.getElementById("answer");
document.getElementById("send").addEventListener("click",async()=>{
const started=performance.now();answer.textContent="…";
try{const response=await fetch("predict",{method:"POST",headers:{"content-type":"application/json"},body:request.value});
const text=await response.text();let shown=text;try{shown=JSON.stringify(JSON.parse(text),null,2)}catch{}
answer.textContent=response.status+" "+response.statusText+" ("+(performance.now()-started).toFixed(1)+" ms)\\n"+shown}
catch(error){answer.textContent=String(error)}});`;

/** The page that shows the API and lets one try it; everything is in it, nothing is loaded. */
export function renderDocsPage(version: ServedVersion): Reply {
  return {
    status: 200,
    type: "text/html; charset=utf-8",
    body: renderPage(version),
    headers: {
      "content-security-policy": `default-src 'none'; connect-src 'self'; style-src '${hashOf(style)}'; script-src '${hashOf(script)}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      "x-content-type-options": "nosniff",
    },
  };
}

function renderPage({ manifest, columns, classes, example, digest }: ServedVersion): string {
  const title = escapeHtml(`${manifest.model} ${manifest.version}`);
  const rows = columns.map(
    ({ name, kind, expected }) =>
      `<tr><td><code>${escapeHtml(name)}</code></td><td>${kind}</td><td>${escapeHtml(expected)}</td></tr>`,
  );
  const body = JSON.stringify({ instances: [example] }, null, 2);
  const answers =
    classes.length === 0
      ? "a number"
      : `one of ${classes.map((name) => `<code>${escapeHtml(name)}</code>`).join(", ")}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>${style}</style></head><body>
<h1>${title}</h1>
<p>Predicts ${answers}. Manifest <code>${escapeHtml(digest)}</code>.</p>
<h2>Try it</h2>
<label for="request"><code>POST /predict</code></label>
<textarea id="request" spellcheck="false">${escapeHtml(body)}</textarea>
<p><button id="send" type="button">Send</button></p>
<pre id="answer" role="status" aria-label="Answer"></pre>
<h2>Columns</h2>
<table><thead><tr><th scope="col">Column</th><th scope="col">Kind</th><th scope="col">Expected</th></tr></thead>
<tbody>${rows.join("\n")}</tbody></table>
<h2>Other routes</h2>
<ul><li><a href="openapi.json">openapi.json</a></li><li><a href="metadata">metadata</a></li>
<li><a href="health">health</a>, <a href="ready">ready</a>, <a href="metrics">metrics</a></li>
<li><code>/v2/models/${escapeHtml(manifest.model)}/infer</code>: Open Inference Protocol v2</li></ul>
<script>${script}</script></body></html>
`;
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

function escapeHtml(text: string): string {
  const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" } as const;
  return text.replace(/[&<>"']/g, (found) => entities[found as keyof typeof entities]);
}

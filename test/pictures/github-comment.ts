import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { marked } from "marked";

/** A page that shows a comment about as GitHub does: its style sheet, and the width of its box. */
export async function commentPage(comment: string): Promise<string> {
  const require = createRequire(import.meta.url);
  const style = await readFile(require.resolve("github-markdown-css/github-markdown.css"), "utf8");
  const body = await marked.parse(comment, { gfm: true });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Comment</title>
<style>${style}
body{margin:0;padding:16px 8px;background:#fff}
@media (prefers-color-scheme:dark){body{background:#0d1117}}
.box{max-width:800px;margin:0 auto;border:1px solid #8886;border-radius:6px;padding:16px}
</style>
</head>
<body><main class="box"><div class="markdown-body">${body}</div></main></body>
</html>`;
}

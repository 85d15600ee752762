const light = `
  --page: #ffffff; --panel: #f6f8fa; --line: #d1d9e0; --text: #1f2328; --faint: #59636e;
  --pass: #1a7f37; --fail: #cf222e; --open: #9a6700; --on-dark: #ffffff;
  --c0: #0969da; --c1: #bc4c00; --c2: #1a7f37; --c3: #8250df;
  --c4: #bf3989; --c5: #4d7d92; --c6: #7d6608; --c7: #57606a;`;

const dark = `
  --page: #0d1117; --panel: #151b23; --line: #3d444d; --text: #e6edf3; --faint: #9198a1;
  --pass: #3fb950; --fail: #f85149; --open: #d29922; --on-dark: #ffffff;
  --c0: #388bfd; --c1: #f0883e; --c2: #3fb950; --c3: #a371f7;
  --c4: #db61a2; --c5: #76c2dd; --c6: #d4b106; --c7: #9198a1;`;

const palette = Array.from(
  { length: 8 },
  (_, k) => `.stroke-${k}{stroke:var(--c${k})}.fill-${k}{fill:var(--c${k})}`,
).join("");

/** The style of every report page: readable from 320 px up, in both colour schemes, and on paper. */
export const pageStyle = `
:root{${light}}
@media (prefers-color-scheme: dark){:root{${dark}}}
@media print{:root{${light}}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,"Segoe UI",Helvetica,Arial,sans-serif}
main,footer{max-width:1012px;margin:0 auto;padding:24px 20px}
footer{color:var(--faint);font-size:13px;border-top:1px solid var(--line)}
h1{font-size:26px;line-height:1.25;margin:0 0 12px;overflow-wrap:anywhere}
h2{font-size:19px;margin:32px 0 10px;padding-bottom:6px;border-bottom:1px solid var(--line)}
p,li{overflow-wrap:anywhere}
a{color:var(--c0)}
code{font:.88em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--panel);padding:.1em .35em;border-radius:5px;overflow-wrap:anywhere}
small{color:var(--faint);font-size:.85em}
.table{overflow-x:auto;margin:12px 0}
table{border-collapse:collapse;font-size:14px;min-width:50%}
th,td{border-bottom:1px solid var(--line);padding:7px 12px;text-align:left;vertical-align:top}
th{background:var(--panel);font-weight:600;white-space:nowrap}
td code{overflow-wrap:break-word}
td:first-child{min-width:150px}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.number small{white-space:nowrap}
.mark{white-space:nowrap;font-weight:600}
.mark.pass{color:var(--pass)}.mark.fail{color:var(--fail)}.mark.inconclusive,.mark.warn{color:var(--open)}
details{margin:14px 0;border:1px solid var(--line);border-radius:8px;padding:0 16px}
summary{cursor:pointer;font-weight:600;padding:10px 0}
details[open]>summary{border-bottom:1px solid var(--line);margin-bottom:12px}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:20px;margin:16px 0}
figure{margin:0;padding:14px;border:1px solid var(--line);border-radius:8px;break-inside:avoid}
figcaption{font-weight:600;margin-bottom:8px}
figure small{display:block;margin-top:6px}
svg{display:block;width:100%;height:auto;max-width:480px;margin:0 auto}
svg text{fill:var(--faint);font-size:12px;font-family:inherit}
svg text.axis{fill:var(--text)}
svg text.count{fill:var(--text)}
svg text.on-dark{fill:var(--on-dark)}
.grid{stroke:var(--line);stroke-width:1}
.guide{stroke:var(--faint);stroke-width:1.25;stroke-dasharray:4 4}
.line{fill:none;stroke-width:2.25;stroke-linejoin:round}
.whisker{stroke-width:2.5;stroke-linecap:round}
.dot{fill-opacity:.5}
.cell{fill:var(--panel);stroke:var(--page);stroke-width:2}
${palette}
@media (max-width:600px){main{padding:16px 12px}h1{font-size:22px}th,td{padding:6px 8px}details{padding:0 10px}figure{padding:8px}}
@media print{main{max-width:none;padding:0}details{border:0;padding:0}.table{overflow:visible}a{color:inherit}}
`;

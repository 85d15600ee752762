const light = `
  --page: #ffffff; --panel: #f6f8fa; --line: #d1d9e0; --text: #1f2328; --faint: #59636e;
  --pass: #1a7f37; --fail: #cf222e; --open: #9a6700; --on-dark: #ffffff;
  --c0: #0969da; --c1: #bc4c00; --c2: #1a7f37; --c3: #8250df;
  --c4: #bf3989; --c5: #4d7d92; --c6: #7d6608; --c7: #57606a;`;

const dark = `
  --page: #0d1117; --panel: #151b23; --line: #3d444d; --text: #e6edf3; --faint: #9198a1;
  --pass: #3fb950; --fail: #f85149; --open: #d29922; --on-dark: #0d1117;
  --c0: #4493f8; --c1: #f0883e; --c2: #3fb950; --c3: #ab7df8;
  --c4: #db61a2; --c5: #76c2dd; --c6: #d4b106; --c7: #9198a1;`;

const text = `
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,"Segoe UI",Helvetica,Arial,sans-serif}
main,footer{max-width:1080px;margin:0 auto;padding:24px 20px}
footer{color:var(--faint);font-size:13px;border-top:1px solid var(--line);overflow-wrap:anywhere}
h1{font-size:26px;line-height:1.25;margin:0 0 12px;overflow-wrap:anywhere}
h1.pass,h1.fail,h1.inconclusive{padding:10px 16px;border-left:6px solid;border-radius:6px;background:var(--panel)}
h1.pass{border-color:var(--pass)}h1.fail{border-color:var(--fail)}h1.inconclusive{border-color:var(--open)}
h2{font-size:19px;margin:32px 0 10px;padding-bottom:6px;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
p,li{overflow-wrap:anywhere}
a{color:var(--c0)}
code{font:.88em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--panel);padding:.1em .35em;border-radius:5px;overflow-wrap:anywhere}
small{color:var(--faint);font-size:.85em}
:focus-visible{outline:2px solid var(--c0);outline-offset:2px}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);margin:0}`;

const tables = `
.table{overflow-x:auto;margin:12px 0}
table{border-collapse:collapse;font-size:14px;min-width:50%}
th,td{border-bottom:1px solid var(--line);padding:7px 12px;text-align:left;vertical-align:top}
th{background:var(--panel);font-weight:600;white-space:nowrap}
th button{font:inherit;color:inherit;background:none;border:0;padding:0;cursor:pointer}
th button::after{content:"↕";margin-left:5px;color:var(--faint);font-weight:400}
th[aria-sort=ascending] button::after{content:"↑";color:var(--text)}
th[aria-sort=descending] button::after{content:"↓";color:var(--text)}
td code{overflow-wrap:break-word}
td:first-child{min-width:150px;max-width:420px}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.mark{white-space:nowrap;font-weight:600}
.mark.pass{color:var(--pass)}.mark.fail{color:var(--fail)}.mark.inconclusive,.mark.warn{color:var(--open)}
details{margin:14px 0;border:1px solid var(--line);border-radius:8px;padding:0 16px}
summary{cursor:pointer;font-weight:600;padding:10px 0}
details[open]>summary{border-bottom:1px solid var(--line);margin-bottom:12px}`;

const charts = `
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:20px;margin:16px 0}
figure{margin:0;padding:14px;border:1px solid var(--line);border-radius:8px;break-inside:avoid;min-width:0}
figcaption{font-weight:600;margin-bottom:8px;overflow-wrap:anywhere}
.caption{margin:8px 0 0;font-size:13px;color:var(--faint)}
details.data{margin:10px 0 0;border:0;padding:0;font-size:13px}
details.data>summary{padding:2px 0;font-weight:400;color:var(--faint)}
details.data[open]>summary{border:0;margin:0}
details.data .table{max-height:340px;overflow:auto;margin:6px 0 0}
.plot-area{position:relative;border-radius:6px;touch-action:pan-y}
svg.plot{display:block;max-width:100%;height:auto;margin:0 auto;color:var(--text);font-family:inherit;font-size:12px;overflow:visible}
.tip{position:absolute;z-index:2;pointer-events:none;max-width:min(280px,90%);padding:6px 10px;border-radius:6px;background:var(--text);color:var(--page);font-size:12px;line-height:1.45;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
.tip strong,.tip span{display:block}
.ring{position:absolute;pointer-events:none;width:14px;height:14px;margin:-7px 0 0 -7px;border:2px solid var(--text);border-radius:50%;box-shadow:0 0 0 1px var(--page)}
.tip[hidden],.ring[hidden]{display:none}
.controls,.legend{display:flex;flex-wrap:wrap;gap:6px;margin:0 0 8px;font-size:13px}
select,.legend button,.threshold button{font:inherit;font-size:13px;color:var(--text);background:var(--panel);border:1px solid var(--line);border-radius:6px;padding:3px 8px;max-width:100%}
.legend button,.threshold button{cursor:pointer}
.legend button{display:inline-flex;align-items:center;gap:6px;text-align:left;overflow-wrap:anywhere}
.legend button[aria-pressed=false]{color:var(--faint);text-decoration:line-through}
.legend button[aria-pressed=false] svg{opacity:.3}
.legend svg{flex:none}
button:disabled{color:var(--faint)}
.threshold{display:flex;flex-wrap:wrap;align-items:center;gap:6px 14px;margin:16px 0 0;padding:10px 14px;border:1px solid var(--line);border-radius:8px;background:var(--panel);font-size:14px}
.threshold label{display:flex;flex-wrap:wrap;align-items:center;gap:4px 12px;flex:1 1 320px}
.threshold input{flex:1 1 160px;min-width:120px;accent-color:var(--c0)}
.threshold output{min-width:5.5em;font-variant-numeric:tabular-nums;font-weight:600}
.threshold button{background:var(--page)}
.rates{flex-basis:100%;margin:0;padding:0 0 0 18px;font-size:13px;font-variant-numeric:tabular-nums}
@media (min-width:720px) and (min-height:640px){html{scroll-padding:120px 0 24px}.threshold{position:sticky;top:0;z-index:3}}`;

const media = `
@media (max-width:600px){main,footer{padding:16px 12px}h1{font-size:22px}th,td{padding:6px 8px}details{padding:0 10px}figure{padding:10px}td:first-child{min-width:120px}}
@media print{
body{font-size:11pt}
main,footer{max-width:none;padding:0}
details{border:0;padding:0}
details.data,.threshold,.controls,.tip,.ring,th button::after{display:none}
@page{margin:14mm}
.charts{grid-template-columns:repeat(auto-fit,minmax(270px,1fr));gap:12px}
.table{overflow:visible}
tr,figure{break-inside:avoid}
h2,summary{break-after:avoid}
a{color:inherit}
figure{padding:8px}
}`;

/** The style of every report page: readable from 320 px up, in both colour schemes, and on paper. */
export const pageStyle = `
:root{${light}}
@media (prefers-color-scheme: dark){:root{${dark}}}
@media print{:root{${light}}}${text}${tables}${charts}${media}
`;

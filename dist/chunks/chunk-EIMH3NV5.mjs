import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);
import{stripVTControlCharacters as W}from"node:util";var K=/[\p{Cc}\p{Cf}]/gu,Q=/[!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]/g,O=120,I="&#95;";function M(e,r=O){return E(y(e,r)).replaceAll("&#64;","&#64;\u200B").replaceAll("&#35;","&#35;\u200B")}function _(e){return`<code>${E(y(e)).replaceAll(I,`${I}<wbr>`)}</code>`}function E(e){return e.replaceAll(Q,r=>`&#${r.charCodeAt(0)};`)}function y(e,r=O){let n=W(e).replaceAll(/\s+/g," ").replaceAll(K,"").trim(),t=Array.from(n);return t.length>r?`${t.slice(0,r-1).join("")}\u2026`:n}function z({headers:e,numeric:r=[],rows:n}){let t=s=>`| ${s.map(a=>a.replaceAll("|","&#124;").replaceAll(/\r?\n/g,"<br>")).join(" | ")} |`,o=e.map((s,a)=>r.includes(a)?"---:":"---");return[t(e),`| ${o.join(" | ")} |`,...n.map(t)].join(`
`)}function J(e,r){return`<details>
<summary>${e}</summary>

${r}

</details>`}function Oe(...e){return`${e.filter(r=>r!=null&&r!=="").join(`

`)}
`}var P={pass:"\u2705",fail:"\u274C",inconclusive:"\u2754",skipped:"\u23ED\uFE0F"};function $(e,r="error"){return e==="fail"&&r==="warn"?"\u26A0\uFE0F warning":`${P[e]} ${e}`}function Ee(e){return P[e]}function ze(e,r){return`## ${P[e]} ${r}: ${e}`}var X=600;function x(e){return`${e.map(Y).filter(r=>r!=="").join(`

`)}
`}function Y(e){switch(e.kind){case"headline":return`## ${f(e.text)}`;case"heading":return`### ${f(e.text)}`;case"paragraph":return f(e.text);case"list":return e.items.map(r=>`- ${f(r)}`).join(`
`);case"table":return z({headers:e.headers.map(f),...e.numeric&&{numeric:e.numeric},rows:e.rows.map(r=>r.map(f))});case"folded":{let r=x(e.blocks).trim();return r===""?"":J(f(e.title),r)}case"charts":return""}}function f(e){return e.map(Z).join("")}function Z(e){if(typeof e=="string")return ee(e);switch(e.kind){case"own":return e.text;case"code":return _(e.text);case"strong":return`<strong>${f(e.parts)}</strong>`;case"small":return`<small>${f(e.parts)}</small>`;case"link":return`[${M(e.text)}](${encodeURI(e.url).replaceAll(/[()\s]/g,"")})`;case"mark":return $(e.verdict,e.level).replace(" ","&nbsp;");case"break":return"<br>"}}function ee(e){let r=/^\s/.test(e)?" ":"",n=/\s$/.test(e)&&e.trim()!==""?" ":"";return`${r}${M(e,X)}${n}`}function re(e,{limit:r,note:n}){let t=x(e);if(t.length<=r)return t;let o=[...e];for(;o.length>1;){let s=o.findLastIndex(({kind:i})=>i==="folded");o=o.filter((i,l)=>l!==(s<0?o.length-1:s));let a=`${x(o)}
${n}
`;if(a.length<=r)return a}return ne(x(o),r-n.length-2)+`
${n}
`}function ne(e,r){let n=e.slice(0,Math.max(0,r));return n.slice(0,Math.max(0,n.lastIndexOf(`
`))+1)}function Fe(e,r){let n=r.length-1,[t=0,o=1]=[r[0],r.at(-1)],s=Array.from({length:n},()=>0);for(let a=0;a<e.length;a++){let i=Math.floor(((e[a]??0)-t)/(o-t)*n),l=Math.min(n-1,Math.max(0,i));s[l]=(s[l]??0)+1}return s}function He(e,r,n){return Array.from({length:n+1},(t,o)=>e+(r-e)*o/n)}function Ue({name:e,scores:r,positive:n,weights:t},o){let s=new Float64Array(o.length+1),a=new Float64Array(o.length+1);for(let c=0;c<r.length;c++){let u=t?.[c]??1,k=te(o,r[c]??Number.NaN),N=n[c]===1?s:a;N[k]=(N[k]??0)+u}let i=s.reduce((c,u)=>c+u,0),l=a.reduce((c,u)=>c+u,0);return{name:e,positives:i,negatives:l,truePositives:R(s),falsePositives:R(a)}}function te(e,r){let n=0,t=e.length;for(;n<t;){let o=n+t>>1;(e[o]??0)<=r?n=o+1:t=o}return n}function R(e){let r=[],n=0;for(let t=e.length-1;t>=1;t--)n+=e[t]??0,r.push(n);return r.toReversed()}function Ve(e){let r=Float64Array.from(e).filter(Number.isFinite).sort(),n=Math.min(0,r[0]??0),t=Math.max(1,r.at(-1)??1),o=Array.from({length:51},(i,l)=>n+(t-n)*l/50),s=Array.from({length:r.length===0?0:50},(i,l)=>r[Math.floor((l+.5)/50*r.length)]??0),a=[...o,...s].map(i=>Number(i.toPrecision(4)));return[...new Set(a)].toSorted((i,l)=>i-l)}function p(e,r=4){if(e==null)return"\u2014";if(!Number.isFinite(e))return Number.isNaN(e)?"NaN":e>0?"\u221E":"\u2212\u221E";if(Number.isInteger(e)&&Math.abs(e)<1e15)return T(e.toLocaleString("en-US"));let n=Math.abs(e);if(n!==0&&(n<1e-4||n>=1e9))return T(e.toExponential(r-1));let t=n>=1?Math.max(0,r-Math.ceil(Math.log10(n+1e-12))):r;return T(e.toFixed(t))}function C(e,r=4){let n=p(e,r);return typeof e=="number"&&e>0?`+${n}`:n}function j(e,r){return typeof e!="number"||typeof r!="number"?"\u2014":`[${p(e)}, ${p(r)}]`}function qe(e){let r=["B","kB","MB","GB","TB"],n=e,t=0;for(;n>=1e3&&t<r.length-1;)n/=1e3,t+=1;return`${t===0?n:n.toFixed(1)} ${r[t]}`}function T(e){return e.replace("-","\u2212")}function d(e){return{kind:"own",text:e}}function g(e){return{kind:"code",text:e}}function L(...e){return{kind:"strong",parts:e}}function w(...e){return{kind:"small",parts:e}}var v={kind:"break"};function Qe(...e){return{kind:"paragraph",text:e}}function Xe(e,...r){return{kind:"folded",title:e,blocks:r}}function b(e,r){return typeof e!="number"||typeof r!="number"?[]:[v,w(d(j(e,r)))]}var oe={"&":"&amp;","<":"&lt;",">":"&gt;",'"':"&quot;","'":"&#39;"};function h(e,r=600){return y(e,r).replaceAll(/[&<>"']/g,n=>oe[n]??"")}var ae=6;function B(e){return`<script type="application/json">${JSON.stringify(e,(t,o)=>typeof o=="string"?y(o):typeof o=="number"?Number(o.toPrecision(ae)):o).replaceAll(/[<>&\u2028\u2029]/g,t=>`\\u${t.charCodeAt(0).toString(16).padStart(4,"0")}`)}</script>`}import{createHash as pe}from"node:crypto";var F=`
  --page: #ffffff; --panel: #f6f8fa; --line: #d1d9e0; --text: #1f2328; --faint: #59636e;
  --pass: #1a7f37; --fail: #cf222e; --open: #9a6700; --on-dark: #ffffff;
  --c0: #0969da; --c1: #bc4c00; --c2: #1a7f37; --c3: #8250df;
  --c4: #bf3989; --c5: #4d7d92; --c6: #7d6608; --c7: #57606a;`,ie=`
  --page: #0d1117; --panel: #151b23; --line: #3d444d; --text: #e6edf3; --faint: #9198a1;
  --pass: #3fb950; --fail: #f85149; --open: #d29922; --on-dark: #0d1117;
  --c0: #4493f8; --c1: #f0883e; --c2: #3fb950; --c3: #ab7df8;
  --c4: #db61a2; --c5: #76c2dd; --c6: #d4b106; --c7: #9198a1;`,se=`
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
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);margin:0}`,le=`
.table{overflow-x:auto;margin:12px 0}
table{border-collapse:collapse;font-size:14px;min-width:50%}
th,td{border-bottom:1px solid var(--line);padding:7px 12px;text-align:left;vertical-align:top}
th{background:var(--panel);font-weight:600;white-space:nowrap}
th button{font:inherit;color:inherit;background:none;border:0;padding:0;cursor:pointer}
th button::after{content:"\u2195";margin-left:5px;color:var(--faint);font-weight:400}
th[aria-sort=ascending] button::after{content:"\u2191";color:var(--text)}
th[aria-sort=descending] button::after{content:"\u2193";color:var(--text)}
td code{overflow-wrap:break-word}
td:first-child{min-width:150px;max-width:420px}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.mark{white-space:nowrap;font-weight:600}
.mark.pass{color:var(--pass)}.mark.fail{color:var(--fail)}.mark.inconclusive,.mark.warn{color:var(--open)}
details{margin:14px 0;border:1px solid var(--line);border-radius:8px;padding:0 16px}
summary{cursor:pointer;font-weight:600;padding:10px 0}
details[open]>summary{border-bottom:1px solid var(--line);margin-bottom:12px}`,de=`
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:20px;margin:16px 0;align-items:start}
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
@media (min-width:720px) and (min-height:640px){html{scroll-padding:120px 0 24px}.threshold{position:sticky;top:0;z-index:3}}`,ce=`
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
}`,S=`
:root{${F}}
@media (prefers-color-scheme: dark){:root{${ie}}}
@media print{:root{${F}}}${se}${le}${de}${ce}
`;var ue="'sha256-+TfQir1nvDucAdvE6XUQBt4ayUjpAWkbw2kCdSfekHM='";function ar({title:e,footer:r,body:n,script:t}){if(t!==null&&/<\/script|<!--/i.test(t))throw new RangeError("The page's script holds text that ends its element.");return`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${["default-src 'none'",`script-src ${t===null?"'none'":H(t)}`,`style-src ${H(S)} ${ue}`,"base-uri 'none'","form-action 'none'"].join("; ")}">
<meta name="color-scheme" content="light dark">
<title>${h(e)}</title>
<style>${S}</style>
</head>
<body>
<main>
${n}
</main>
<footer>${h(r)}</footer>
${t===null?"":`<script>${t}</script>
`}</body>
</html>
`}function H(e){return`'sha256-${pe("sha256").update(e).digest("base64")}'`}function cr(e){return e.length===0?"_No thresholds were given._":x([me(e)]).trim()}function me(e){let r=[...new Set(e.flatMap(o=>U(o)??[]))],[n]=r.length===1?r:[],t=n===void 0?[d("difference")]:[d("difference to "),g(n)];return{kind:"table",headers:[...["threshold","value","bound, margin"].map(o=>[d(o)]),...r.length>0?[t]:[]],numeric:[1,2,3].slice(0,r.length>0?3:2),rows:e.map(o=>[...fe(o),...r.length>0?[ge(o,n===void 0)]:[]])}}function fe(e){let{measure:r,reason:n,bounds:t}=e,o=he(e);return[[{kind:"mark",verdict:e.verdict,level:e.level},d(" "),g(e.threshold),...n===void 0?[]:[v,w(n)]],[d(p(r.value)),...b(r.low,r.high)],[d(t.length===0?"\u2014":t.map(({value:s})=>p(s)).join(" to ")),...o===null?[]:[v,w(d(C(o)))]]]}function he({bounds:e}){let r=e.flatMap(({margin:n})=>n===null?[]:[n]);return r.length===0?null:Math.min(...r)}function D(e){return e.bounds.find(({difference:r})=>r?.value!==void 0)??null}function U(e){let r=D(e);return r===null?null:r.reference?.version??r.reference?.name??"reference"}function ge(e,r){let{difference:n}=D(e)??{};if(n==null)return[];let{value:t,low:o,high:s}=n;return[d(C(t)),...b(o,s),...r?[v,w(d("to "),g(U(e)??""))]:[]]}var xe=async()=>(await import("./page-script-KF3UGDW3.mjs")).text;var A=41;function V(e){switch(e.kind){case"curves":return[be(e)];case"histogram":return[we(e)];case"confusion":return e.views.map(r=>ve(e,r));case"scatter":return[Me(e)];case"intervals":case"history":return[Pe(e)]}}function be({series:e,xLabel:r,yLabel:n}){let t=e.some(({points:o})=>o.some(({rows:s})=>s!==void 0));return{kind:"table",headers:[[d("curve")],[d(r)],[d(n)],...t?[[d("rows")]]:[]],numeric:[1,2,3],rows:e.flatMap(({name:o,points:s})=>ye(s).map(({x:a,y:i,low:l,high:c,rows:u})=>[[o],[d(p(a))],[d(p(i)),...b(l,c)],...t?[[d(p(u))]]:[]]))}}function ye(e){return e.length<=A?e:Array.from({length:A},(r,n)=>{let t=Math.round(n/(A-1)*(e.length-1));return e[t]??{x:0,y:0}})}function we({edges:e,series:r,xLabel:n}){return{kind:"table",headers:[[d(`${n} from`)],[d("to")],...r.map(({name:t})=>[t])],numeric:[0,1,...r.map((t,o)=>o+2)],rows:e.slice(0,-1).map((t,o)=>[[d(p(t))],[d(p(e[o+1]))],...r.map(({counts:s})=>[d(p(s[o]))])])}}function ve({classes:e,views:r},{name:n,cells:t}){return{kind:"table",headers:[[...r.length>1?[n,d(": ")]:[],d("true \u2193 predicted \u2192")],...e.map(s=>[g(s)])],numeric:e.map((s,a)=>a+1),rows:e.map((s,a)=>[[g(s)],...e.map((i,l)=>{let c=d(p(ke(t[a*e.length+l]??0)));return[a===l?L(c):c]})])}}function ke(e){return Math.round(e*100)/100}var $e=10;function Me({points:e,xLabel:r,yLabel:n}){let t=e.toSorted((i,l)=>i.x-l.x),o=Math.min($e,t.length),s=i=>Math.floor(i/o*t.length),a=Array.from({length:o},(i,l)=>t.slice(s(l),s(l+1)));return{kind:"table",headers:[`${r} from`,"to",`mean ${n}`,"lowest","highest"].map(i=>[d(i)]),numeric:[0,1,2,3,4],rows:a.map(i=>{let l=i.map(({y:u})=>u),c=l.reduce((u,k)=>u+k,0)/l.length;return[i[0]?.x,i.at(-1)?.x,c,Math.min(...l),Math.max(...l)].map(u=>[d(p(u))])})}}function Pe(e){let{views:r}=e,n=e.kind==="history"?"version":e.itemLabel,t=[...new Set(r.flatMap(({items:a})=>a.map(({name:i})=>i)))],o=new Map(r.flatMap(({items:a})=>a.map(({name:i,rows:l})=>[i,l]))),s=[...o.values()].some(a=>a!==void 0);return{kind:"table",headers:[[d(n)],...s?[[d("rows")]]:[],...r.map(({name:a})=>[a])],numeric:[...r,null].map((a,i)=>i+1).slice(0,r.length+(s?1:0)),rows:t.map(a=>[[g(a)],...s?[[d(p(o.get(a)))]]:[],...r.map(({items:i})=>{let l=i.find(c=>c.name===a);return l===void 0?[d("\u2014")]:[d(p(l.value)),...b(l.low,l.high)]})])}}var Te=120;function Ce(e){return e.map(Be).join(`
`)}function Be(e){switch(e.kind){case"headline":return`<h1${e.verdict===void 0?"":` class="${e.verdict}"`}>${m(e.text)}</h1>`;case"heading":return`<h2>${m(e.text)}</h2>`;case"paragraph":return`<p>${m(e.text)}</p>`;case"list":return`<ul>${e.items.map(r=>`<li>${m(r)}</li>`).join("")}</ul>`;case"table":return q(e);case"folded":return`<details open><summary>${m(e.title)}</summary>
${Ce(e.blocks)}
</details>`;case"charts":return Se(e)}}function q({headers:e,numeric:r=[],rows:n}){let t=(a,i,l)=>`<${a}${r.includes(l)?' class="number"':""}${a==="th"?' scope="col"':""}>${m(i)}</${a}>`,o=e.map((a,i)=>t("th",a,i)).join(""),s=n.map(a=>`<tr>${a.map((i,l)=>t("td",i,l)).join("")}</tr>`).join(`
`);return`<div class="table" tabindex="0" role="group"><table><thead><tr>${o}</tr></thead><tbody>${s}</tbody></table></div>`}function Se({charts:e,operating:r=null}){return`<section><div class="charts">${r===null?"":B(r)}${e.map(Ae).join(`
`)}</div></section>`}function Ae({title:e,data:r,caption:n}){let t=n===void 0?"":`<p class="caption">${m(n)}</p>`,o=V(r).map(q).join(`
`);return`<figure class="${r.kind}"><figcaption>${m(e)}</figcaption>${B(r)}${t}<details class="data" open><summary>Data of the chart</summary>${o}</details></figure>`}function m(e){return e.map(Ne).join("")}function Ne(e){if(typeof e=="string")return G(e);switch(e.kind){case"own":return G(e.text);case"code":return`<code>${h(e.text,Te)}</code>`;case"strong":return`<strong>${m(e.parts)}</strong>`;case"small":return`<small>${m(e.parts)}</small>`;case"link":{let{protocol:r}=URL.parse(e.url)??{protocol:""},n=h(e.text);return r==="https:"||r==="http:"?`<a href="${h(e.url)}">${n}</a>`:n}case"mark":return`<span class="mark ${e.verdict}${e.level==="warn"&&e.verdict==="fail"?" warn":""}">${h($(e.verdict,e.level))}</span>`;case"break":return"<br>"}}function G(e){let r=/^\s/.test(e)?" ":"",n=/\s$/.test(e)&&e.trim()!==""?" ":"";return`${r}${h(e)}${n}`}export{Fe as a,He as b,Ue as c,Ve as d,p as e,C as f,j as g,qe as h,d as i,g as j,L as k,w as l,v as m,Qe as n,Xe as o,b as p,M as q,_ as r,y as s,z as t,J as u,Oe as v,ar as w,$ as x,Ee as y,ze as z,x as A,re as B,cr as C,me as D,xe as E,Ce as F};

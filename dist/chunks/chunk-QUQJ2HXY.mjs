import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);
import{stripVTControlCharacters as xe}from"node:util";var ye=/[\p{Cc}\p{Cf}]/gu,he=/[!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]/g,ee=120;function R(e,r=ee){return ne(g(e,r)).replaceAll("&#64;","&#64;\u200B").replaceAll("&#35;","&#35;\u200B")}function re(e){return`<code>${ne(g(e))}</code>`}function ne(e){return e.replaceAll(he,r=>`&#${r.charCodeAt(0)};`)}function g(e,r=ee){let n=xe(e).replaceAll(/\s+/g," ").replaceAll(ye,"").trim(),t=Array.from(n);return t.length>r?`${t.slice(0,r-1).join("")}\u2026`:n}function te({headers:e,numeric:r=[],rows:n}){let t=l=>`| ${l.map(a=>a.replaceAll("|","&#124;").replaceAll(/\r?\n/g,"<br>")).join(" | ")} |`,o=e.map((l,a)=>r.includes(a)?"---:":"---");return[t(e),`| ${o.join(" | ")} |`,...n.map(t)].join(`
`)}function oe(e,r){return`<details>
<summary>${e}</summary>

${r}

</details>`}function Ve(...e){return`${e.filter(r=>r!=null&&r!=="").join(`

`)}
`}function c(e,r=4){if(e==null)return"\u2014";if(!Number.isFinite(e))return Number.isNaN(e)?"NaN":e>0?"\u221E":"\u2212\u221E";if(Number.isInteger(e)&&Math.abs(e)<1e15)return J(e.toLocaleString("en-US"));let n=Math.abs(e);if(n!==0&&(n<1e-4||n>=1e9))return J(e.toExponential(r-1));let t=n>=1?Math.max(0,r-Math.ceil(Math.log10(n+1e-12))):r;return J(e.toFixed(t))}function G(e,r=4){let n=c(e,r);return typeof e=="number"&&e>0?`+${n}`:n}function O(e,r){return typeof e!="number"||typeof r!="number"?"\u2014":`[${c(e)}, ${c(r)}]`}function Ue(e){let r=["B","kB","MB","GB","TB"],n=e,t=0;for(;n>=1e3&&t<r.length-1;)n/=1e3,t+=1;return`${t===0?n:n.toFixed(1)} ${r[t]}`}function J(e){return e.replace("-","\u2212")}var be={"&":"&amp;","<":"&lt;",">":"&gt;",'"':"&quot;","'":"&#39;"};function f(e,r=600){return g(e,r).replaceAll(/[&<>"']/g,n=>be[n]??"")}var we=160;function d(e,r,...n){let t=Object.entries(r).filter(l=>l[1]!==void 0).map(([l,a])=>` ${l}="${typeof a=="number"?z(a):f(a,Number.POSITIVE_INFINITY)}"`).join(""),o=n.map(l=>l===null?"":typeof l=="string"?f(l,we):l.markup).join("");return{markup:`<${e}${t}>${o}</${e}>`}}function p(e,r){return d("g",e,...r)}function M(e,r){let{width:n,height:t,label:o}=e;return d("svg",{xmlns:"http://www.w3.org/2000/svg",viewBox:`0 0 ${z(n)} ${z(t)}`,role:"img","aria-label":o},...r)}function z(e){return String(Number(e.toFixed(2)))}var N=112,S=66;function rr({label:e,classes:r,cells:n}){let t=r.length,o=Math.max(22,Math.min(72,320/t)),l=N+o*t+8;return M({width:Math.max(l,440),height:S+o*t+12,label:e},[d("text",{class:"axis",x:N+o*t/2,y:14,"text-anchor":"middle"},"predicted"),d("text",{class:"axis",x:13,y:S+o*t/2,"text-anchor":"middle",transform:`rotate(-90 13 ${S+o*t/2})`},"true"),...r.map((a,s)=>ke(a,s,o)),...r.flatMap((a,s)=>{let i=r.reduce((m,u,w)=>m+(n[s*t+w]??0),0);return r.map((m,u)=>ve({truth:a,predicted:m,value:n[s*t+u]??0,total:i},{x:N+u*o,y:S+s*o,side:o}))})])}function ke(e,r,n){let t=r*n+n/2,[o,l]=[N+t,S-8],a=n<60;return p({},[d("text",{x:N-8,y:S+t+4,"text-anchor":"end"},g(e,12)),d("text",{x:o,y:l,"text-anchor":a?"start":"middle",transform:a?`rotate(-40 ${o} ${l})`:void 0},g(e,10))])}function ve({truth:e,predicted:r,value:n,total:t},{x:o,y:l,side:a}){let s=t>0?n/t:0;return p({},[d("rect",{class:"cell",x:o,y:l,width:a,height:a}),d("rect",{class:"fill-0",x:o,y:l,width:a,height:a,"fill-opacity":s*.85},d("title",{},`true ${e}, predicted ${r}: ${c(n)} (${c(s*100,3)} %)`)),a<26&&n===0?null:d("text",{class:s>.55?"count on-dark":"count",x:o+a/2,y:l+a/2+4,"text-anchor":"middle"},c(Math.round(n*100)/100))])}function C([e,r],[n,t]){return e===r?()=>(n+t)/2:o=>n+(o-e)/(r-e)*(t-n)}function L(e,r,n=5){if(!(r>e))return[e];let t=ae((r-e)/n),o=Math.ceil(e/t-1e-9),l=Math.floor(r/t+1e-9);return Array.from({length:l-o+1},(a,s)=>Number(((o+s)*t).toPrecision(12)))}function b(e,r){if(!(r>e))return[e-.5,r+.5];let n=ae((r-e)/5);return[Number((Math.floor(e/n+1e-9)*n).toPrecision(12)),Number((Math.ceil(r/n-1e-9)*n).toPrecision(12))]}function ae(e){let r=10**Math.floor(Math.log10(e)),n=e/r;return r*(n<=1.0000001?1:n<=2?2:n<=2.5?2.5:n<=5?5:10)}var B=440,A=320,I=56,D=14,W=12,le=46;function T(e,r,n=[]){let t=n.length>1?Math.ceil(n.length/2):0,o=A+(t===0?0:t*18+8),l=C(e.x.domain,[I,B-D]),a=C(e.y.domain,[A-le,W]);return M({width:B,height:o,label:e.label},[...$e(e,{x:l,y:a}),...r({x:l,y:a}),...n.length>1?[Me(n)]:[]])}function $e({x:e,y:r},{x:n,y:t}){let o=A-le,l=L(e.domain[0],e.domain[1],5).map(i=>p({},[d("line",{class:"grid",x1:n(i),x2:n(i),y1:W,y2:o}),d("text",{x:n(i),y:o+16,"text-anchor":"middle"},k(i))])),a=L(r.domain[0],r.domain[1],5).map(i=>p({},[d("line",{class:"grid",x1:I,x2:B-D,y1:t(i),y2:t(i)}),d("text",{x:I-6,y:t(i)+4,"text-anchor":"end"},k(i))])),s=(W+o)/2;return[...l,...a,d("text",{class:"axis",x:(I+B-D)/2,y:A-10,"text-anchor":"middle"},e.label),d("text",{class:"axis",x:13,y:s,"text-anchor":"middle",transform:`rotate(-90 13 ${s})`},r.label)]}function Me(e){return p({},e.map(({name:r,series:n},t)=>{let o=I+t%2*((B-I)/2),l=A+Math.floor(t/2)*18+12;return p({},[d("rect",{class:v(n),x:o,y:l-9,width:12,height:10,rx:2}),d("text",{x:o+18,y:l},g(r,26))])}))}function ie(e){return`stroke-${e%8}`}function v(e){return`fill-${e%8}`}function k(e){return c(Number(e.toPrecision(6)),6).replace(/(\.\d*?)0+$/,"$1").replace(/\.$/,"")}function mr(e){let r=n=>({label:n,domain:[0,1]});return T({label:e.label,x:r(e.xLabel),y:r(e.yLabel)},({x:n,y:t})=>[e.diagonal===!0?d("line",{class:"guide",x1:n(0),y1:t(0),x2:n(1),y2:t(1)}):null,...e.series.map(({points:o,series:l,dots:a,name:s})=>p({},[d("polyline",{class:`line ${ie(l)}`,points:o.map(i=>`${se(n(i.x))},${se(t(i.y))}`).join(" ")},d("title",{},s)),...(a===!0?o:[]).map(i=>d("circle",{class:v(l),cx:n(i.x),cy:t(i.y),r:4},d("title",{},i.note??`${s}: ${c(i.x)}, ${c(i.y)}`)))]))],e.series)}function se(e){return String(Number(e.toFixed(2)))}function yr(e){let{edges:r,series:n}=e,t=n.map(({counts:a})=>{let s=a.reduce((i,m)=>i+m,0);return a.map(i=>s===0?0:i/s)}),o=Math.max(1e-9,...t.flat()),l=[r[0]??0,r.at(-1)??1];return T({label:e.label,x:{label:e.xLabel,domain:l},y:{label:"share of rows",domain:[0,b(0,o)[1]]}},({x:a,y:s})=>n.flatMap(({name:i,series:m,counts:u},w)=>u.map((j,P)=>{let[F,X]=[r[P]??0,r[P+1]??0],Q=(a(X)-a(F))/n.length,Z=t[w]?.[P]??0;return d("rect",{class:v(m),x:a(F)+w*Q+.5,y:s(Z),width:Math.max(.5,Q-1),height:Math.max(0,s(0)-s(Z))},d("title",{},`${i}, ${k(F)} to ${k(X)}: ${c(j)} rows`))})),n)}function hr(e,r){let n=r.length-1,[t=0,o=1]=[r[0],r.at(-1)],l=Array.from({length:n},()=>0);for(let a=0;a<e.length;a++){let s=Math.floor(((e[a]??0)-t)/(o-t)*n),i=Math.min(n-1,Math.max(0,s));l[i]=(l[i]??0)+1}return l}function br(e,r,n){return Array.from({length:n+1},(t,o)=>e+(r-e)*o/n)}var V=440,q=150,de=16,U=24;function Sr(e){let{items:r,guide:n}=e,t=r.flatMap(({value:i,low:m,high:u})=>[i,m??i,u??i]),o=n===void 0?t:[...t,n.value],l=b(Math.min(...o),Math.max(...o)),a=C(l,[q,V-de]),s=14+r.length*U;return M({width:V,height:s+42,label:e.label},[...L(l[0],l[1],5).map(i=>p({},[d("line",{class:"grid",x1:a(i),x2:a(i),y1:8,y2:s}),d("text",{x:a(i),y:s+16,"text-anchor":"middle"},k(i))])),n===void 0?null:d("line",{class:"guide",x1:a(n.value),x2:a(n.value),y1:8,y2:s},d("title",{},`${n.name}: ${c(n.value)}`)),...r.map((i,m)=>Se(i,8+m*U+U/2,a)),d("text",{class:"axis",x:(q+V-de)/2,y:s+36,"text-anchor":"middle"},e.xLabel)])}function Se(e,r,n){let{low:t,high:o,value:l}=e;return p({},[d("text",{x:q-10,y:r+4,"text-anchor":"end"},g(e.name,20)),t===null||o===null?null:d("line",{class:"whisker stroke-0",x1:n(t),x2:n(o),y1:r,y2:r}),d("circle",{class:"fill-0",cx:n(l),cy:r,r:4.5},d("title",{},`${e.name}: ${c(l)} ${O(t,o)}, ${c(e.rows)} rows`))])}var Ie=2e3;function Cr(e){let r=Math.max(1,Math.ceil(e.x.length/Ie)),n=Array.from({length:Math.ceil(e.x.length/r)},(m,u)=>u*r),t=n.map(m=>e.x[m]??0),o=n.map(m=>e.y[m]??0),[l,a]=ce(t),[s,i]=ce([...o,0]);return T({label:e.label,x:{label:e.xLabel,domain:b(l,a)},y:{label:e.yLabel,domain:b(s,i)}},({x:m,y:u})=>{let w=b(l,a);return[d("line",{class:"guide",x1:m(w[0]),x2:m(w[1]),y1:u(0),y2:u(0)}),...t.map((j,P)=>d("circle",{class:`dot ${v(0)}`,cx:m(j),cy:u(o[P]??0),r:2.5}))]})}function ce(e){let r=Number.POSITIVE_INFINITY,n=Number.NEGATIVE_INFINITY;for(let t of e)r=Math.min(r,t),n=Math.max(n,t);return r<=n?[r,n]:[0,1]}function x(e){return{kind:"own",text:e}}function Y(e){return{kind:"code",text:e}}function Ar(...e){return{kind:"strong",parts:e}}function H(...e){return{kind:"small",parts:e}}var E={kind:"break"};function Er(...e){return{kind:"paragraph",text:e}}function Or(e,...r){return{kind:"folded",title:e,blocks:r}}function K(e,r){return typeof e!="number"||typeof r!="number"?[]:[E,H(x(O(e,r)))]}var me=`
  --page: #ffffff; --panel: #f6f8fa; --line: #d1d9e0; --text: #1f2328; --faint: #59636e;
  --pass: #1a7f37; --fail: #cf222e; --open: #9a6700; --on-dark: #ffffff;
  --c0: #0969da; --c1: #bc4c00; --c2: #1a7f37; --c3: #8250df;
  --c4: #bf3989; --c5: #4d7d92; --c6: #7d6608; --c7: #57606a;`,Te=`
  --page: #0d1117; --panel: #151b23; --line: #3d444d; --text: #e6edf3; --faint: #9198a1;
  --pass: #3fb950; --fail: #f85149; --open: #d29922; --on-dark: #ffffff;
  --c0: #388bfd; --c1: #f0883e; --c2: #3fb950; --c3: #a371f7;
  --c4: #db61a2; --c5: #76c2dd; --c6: #d4b106; --c7: #9198a1;`,Pe=Array.from({length:8},(e,r)=>`.stroke-${r}{stroke:var(--c${r})}.fill-${r}{fill:var(--c${r})}`).join(""),ue=`
:root{${me}}
@media (prefers-color-scheme: dark){:root{${Te}}}
@media print{:root{${me}}}
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
${Pe}
@media (max-width:600px){main{padding:16px 12px}h1{font-size:22px}th,td{padding:6px 8px}details{padding:0 10px}figure{padding:8px}}
@media print{main{max-width:none;padding:0}details{border:0;padding:0}.table{overflow:visible}a{color:inherit}}
`;function Jr({title:e,footer:r,body:n}){return`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>${f(e)}</title>
<style>${ue}</style>
</head>
<body>
<main>
${n}
</main>
<footer>${f(r)}</footer>
</body>
</html>
`}var pe={pass:"\u2705",fail:"\u274C",inconclusive:"\u2754",skipped:"\u23ED\uFE0F"};function _(e,r="error"){return e==="fail"&&r==="warn"?"\u26A0\uFE0F warning":`${pe[e]} ${e}`}function Gr(e,r){return`## ${pe[e]} ${r}: ${e}`}var Ne=600;function $(e){return`${e.map(Ce).filter(r=>r!=="").join(`

`)}
`}function Ce(e){switch(e.kind){case"headline":return`## ${h(e.text)}`;case"heading":return`### ${h(e.text)}`;case"paragraph":return h(e.text);case"list":return e.items.map(r=>`- ${h(r)}`).join(`
`);case"table":return te({headers:e.headers.map(h),...e.numeric&&{numeric:e.numeric},rows:e.rows.map(r=>r.map(h))});case"folded":{let r=$(e.blocks).trim();return r===""?"":oe(h(e.title),r)}case"charts":return""}}function h(e){return e.map(Le).join("")}function Le(e){if(typeof e=="string")return Be(e);switch(e.kind){case"own":return e.text;case"code":return re(e.text);case"strong":return`<strong>${h(e.parts)}</strong>`;case"small":return`<small>${h(e.parts)}</small>`;case"link":return`[${R(e.text)}](${encodeURI(e.url).replaceAll(/[()\s]/g,"")})`;case"mark":return _(e.verdict,e.level).replace(" ","&nbsp;");case"break":return"<br>"}}function Be(e){let r=/^\s/.test(e)?" ":"",n=/\s$/.test(e)&&e.trim()!==""?" ":"";return`${r}${R(e,Ne)}${n}`}function Ae(e,{limit:r,note:n}){let t=$(e);if(t.length<=r)return t;let o=[...e];for(;o.length>1;){let l=o.findLastIndex(({kind:s})=>s==="folded");o=o.filter((s,i)=>i!==(l<0?o.length-1:l));let a=`${$(o)}
${n}
`;if(a.length<=r)return a}return Ee($(o),r-n.length-2)+`
${n}
`}function Ee(e,r){let n=e.slice(0,Math.max(0,r));return n.slice(0,Math.max(0,n.lastIndexOf(`
`))+1)}function Kr(e){return e.length===0?"_No thresholds were given._":$([Oe(e)]).trim()}function Oe(e){let r=e.some(t=>fe(t)!==null);return{kind:"table",headers:[...["threshold","value","bound","margin"],...r?["difference"]:[]].map(t=>[x(t)]),numeric:[1,2,3,4],rows:e.map(t=>[...He(t),...r?[je(t)]:[]])}}function He(e){let{measure:r,reason:n}=e,[t]=e.bounds;return[[{kind:"mark",verdict:e.verdict,level:e.level},x(" "),Y(e.threshold),...n===void 0?[]:[E,H(n)]],[x(c(r.value)),...K(r.low,r.high)],e.bounds.length===0?[x("\u2014")]:e.bounds.flatMap(({value:o},l)=>[...l===0?[]:[E],x(c(o))]),[x(t===void 0?"\u2014":G(_e(e)))]]}function _e({bounds:e}){let r=e.flatMap(({margin:n})=>n===null?[]:[n]);return r.length===0?null:Math.min(...r)}function fe(e){return e.bounds.find(({difference:r})=>r?.value!==void 0)??null}function je(e){let r=fe(e);if(r?.difference===null||r?.difference===void 0)return[];let{value:n,low:t,high:o}=r.difference,l=r.reference?.version??r.reference?.name??"reference";return[x(G(n)),...K(t,o),E,H(x("against "),Y(l))]}var Fe=120;function Je(e){return e.map(Re).join(`
`)}function Re(e){switch(e.kind){case"headline":return`<h1>${y(e.text)}</h1>`;case"heading":return`<h2>${y(e.text)}</h2>`;case"paragraph":return`<p>${y(e.text)}</p>`;case"list":return`<ul>${e.items.map(r=>`<li>${y(r)}</li>`).join("")}</ul>`;case"table":return Ge(e);case"folded":return`<details open><summary>${y(e.title)}</summary>
${Je(e.blocks)}
</details>`;case"charts":return`<div class="charts">${e.charts.map(ze).join(`
`)}</div>`}}function Ge({headers:e,numeric:r=[],rows:n}){let t=(a,s,i)=>`<${a}${r.includes(i)?' class="number"':""}${a==="th"?' scope="col"':""}>${y(s)}</${a}>`,o=e.map((a,s)=>t("th",a,s)).join(""),l=n.map(a=>`<tr>${a.map((s,i)=>t("td",s,i)).join("")}</tr>`).join(`
`);return`<div class="table" tabindex="0" role="group"><table><thead><tr>${o}</tr></thead><tbody>${l}</tbody></table></div>`}function ze({title:e,svg:r,caption:n}){let t=n===void 0?"":`<small>${y(n)}</small>`;return`<figure><figcaption>${y(e)}</figcaption>${r.markup}${t}</figure>`}function y(e){return e.map(De).join("")}function De(e){if(typeof e=="string")return ge(e);switch(e.kind){case"own":return ge(e.text);case"code":return`<code>${f(e.text,Fe)}</code>`;case"strong":return`<strong>${y(e.parts)}</strong>`;case"small":return`<small>${y(e.parts)}</small>`;case"link":{let{protocol:r}=URL.parse(e.url)??{protocol:""},n=f(e.text);return r==="https:"||r==="http:"?`<a href="${f(e.url)}">${n}</a>`:n}case"mark":return`<span class="mark ${e.verdict}${e.level==="warn"&&e.verdict==="fail"?" warn":""}">${f(_(e.verdict,e.level))}</span>`;case"break":return"<br>"}}function ge(e){let r=/^\s/.test(e)?" ":"",n=/\s$/.test(e)&&e.trim()!==""?" ":"";return`${r}${f(e)}${n}`}export{R as a,re as b,g as c,te as d,oe as e,Ve as f,c as g,G as h,O as i,Ue as j,rr as k,mr as l,yr as m,hr as n,br as o,Sr as p,Cr as q,x as r,Y as s,Ar as t,H as u,E as v,Er as w,Or as x,K as y,Jr as z,_ as A,Gr as B,$ as C,Ae as D,Kr as E,Oe as F,Je as G};

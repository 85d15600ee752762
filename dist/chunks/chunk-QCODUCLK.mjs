import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);
function m(e,r=4){if(e==null)return"\u2014";if(!Number.isFinite(e))return Number.isNaN(e)?"NaN":e>0?"\u221E":"\u2212\u221E";if(e===0)return"0";if(Number.isInteger(e)&&Math.abs(e)<1e15)return A(e.toLocaleString("en-US"));let n=Math.abs(e);if(n!==0&&(n<1e-4||n>=1e9))return A(e.toExponential(r-1));let t=n>=1?Math.max(0,r-Math.ceil(Math.log10(n+1e-12))):r;return A(n>=1e3?Z(e,t):e.toFixed(t))}var Y=12;function L(e,r,n=4){if(typeof e!="number")return n;let t=r.filter(o=>typeof o=="number"&&o!==e);for(let o=n;o<Y;o++){let a=_(e,o);if(t.every(i=>_(i,o)!==a))return o}return n}function _(e,r){return Number(m(e,r).replaceAll(",","").replaceAll("\u2212","-"))}function T(e,r=4){let n=m(e,r);return typeof e=="number"&&e>0?`+${n}`:n}function E(e,r,n=4){return typeof e!="number"||typeof r!="number"?"\u2014":`[${m(e,n)}, ${m(r,n)}]`}function De(e){let r=["B","kB","MB","GB","TB"],n=e,t=0;for(;n>=1e3&&t<r.length-1;)n/=1e3,t+=1;return`${t===0?n:n.toFixed(1)} ${r[t]}`}function Z(e,r){return e.toLocaleString("en-US",{minimumFractionDigits:r,maximumFractionDigits:r})}function A(e){return e.replaceAll("-","\u2212")}import{stripVTControlCharacters as ee}from"node:util";var re=/[\p{Cc}\p{Cf}]/gu,ne=/[!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]/g,z=120,R="&#95;";function C(e,r=z){return j(v(e,r)).replaceAll("&#64;","&#64;\u200B").replaceAll("&#35;","&#35;\u200B")}function J(e){return`<code>${j(v(e)).replaceAll(R,`${R}<wbr>`)}</code>`}function j(e){return e.replaceAll(ne,r=>`&#${r.charCodeAt(0)};`)}function v(e,r=z){let n=ee(e).replaceAll(/\s+/g," ").replaceAll(re,"").trim(),t=Array.from(n);return t.length>r?`${t.slice(0,r-1).join("")}\u2026`:n}function F({headers:e,numeric:r=[],rows:n}){let t=a=>`| ${a.map(i=>i.replaceAll("|","&#124;").replaceAll(/\r?\n/g,"<br>")).join(" | ")} |`,o=e.map((a,i)=>r.includes(i)?"---:":"---");return[t(e),`| ${o.join(" | ")} |`,...n.map(t)].join(`
`)}function U(e,r){return`<details>
<summary>${e}</summary>

${r}

</details>`}function Ve(...e){return`${e.filter(r=>r!=null&&r!=="").join(`

`)}
`}var N={pass:"\u2705",fail:"\u274C",inconclusive:"\u2753",skipped:"\u23ED\uFE0F"};function P(e,r="error"){return e==="fail"&&r==="warn"?"\u26A0\uFE0F warning":`${N[e]} ${e}`}function We(e){return N[e]}function Ke(e,r){return`## ${N[e]} ${r}: ${e}`}var te=600;function y(e){return`${e.map(oe).filter(r=>r!=="").join(`

`)}
`}function oe(e){switch(e.kind){case"headline":return`## ${g(e.text)}`;case"heading":return`### ${g(e.text)}`;case"paragraph":return g(e.text);case"list":return e.items.map(r=>`- ${g(r)}`).join(`
`);case"table":return F({headers:e.headers.map(g),...e.numeric&&{numeric:e.numeric},rows:e.rows.map(r=>r.map(g))});case"folded":{let r=y(e.blocks).trim();return r===""?"":U(g(e.title),r)}case"charts":return""}}function g(e){return e.map(ae).join("")}function ae(e){if(typeof e=="string")return ie(e);switch(e.kind){case"own":return e.text;case"code":return J(e.text);case"strong":return`<strong>${g(e.parts)}</strong>`;case"small":return`<small>${g(e.parts)}</small>`;case"link":return`[${C(e.text)}](${encodeURI(e.url).replaceAll(/[()\s]/g,"")})`;case"mark":return P(e.verdict,e.level).replace(" ","&nbsp;");case"break":return"<br>"}}function ie(e){let r=/^\s/.test(e)?" ":"",n=/\s$/.test(e)&&e.trim()!==""?" ":"";return`${r}${C(e,te)}${n}`}function se(e,{limit:r,note:n}){let t=y(e);if(t.length<=r)return t;let o=[...e];for(;o.length>1;){let a=o.findLastIndex(({kind:s})=>s==="folded");o=o.filter((s,l)=>l!==(a<0?o.length-1:a));let i=`${y(o)}
${n}
`;if(i.length<=r)return i}return le(y(o),r-n.length-2)+`
${n}
`}function le(e,r){let n=e.slice(0,Math.max(0,r));return n.slice(0,Math.max(0,n.lastIndexOf(`
`))+1)}function d(e){return{kind:"own",text:e}}function b(e){return{kind:"code",text:e}}function D(...e){return{kind:"strong",parts:e}}function $(...e){return{kind:"small",parts:e}}var M={kind:"break"};function rr(...e){return{kind:"paragraph",text:e}}function nr(e,...r){return{kind:"folded",title:e,blocks:r}}function k(e,r){return typeof e!="number"||typeof r!="number"?[]:[M,$(d(E(e,r)))]}function sr(e){return e.length===0?"_No thresholds were given._":y([de(e)]).trim()}function de(e){let r=[...new Set(e.flatMap(o=>G(o)??[]))],[n]=r.length===1?r:[],t=n===void 0?[d("difference")]:[d("difference to "),b(n)];return{kind:"table",headers:[...["threshold","value","bound, margin"].map(o=>[d(o)]),...r.length>0?[t]:[]],numeric:[1,2,3].slice(0,r.length>0?3:2),rows:e.map(o=>[...ce(o),...r.length>0?[pe(o,n===void 0)]:[]])}}function ce(e){let{measure:r,reason:n,bounds:t}=e,o=ue(e),a=t.map(({value:s})=>s),i=L(r.value,a);return[[{kind:"mark",verdict:e.verdict,level:e.level},d(" "),b(e.threshold),...n===void 0?[]:[M,$(n)]],[d(m(r.value,i)),...k(r.low,r.high)],[d(a.length===0?"\u2014":a.map(s=>m(s,i)).join(" to ")),...o===null?[]:[M,$(d(T(o)))]]]}function ue({bounds:e}){let r=e.flatMap(({margin:n})=>n===null?[]:[n]);return r.length===0?null:Math.min(...r)}function H(e){return e.bounds.find(({difference:r})=>r?.value!==void 0)??null}function G(e){let r=H(e);return r===null?null:r.reference?.version??r.reference?.name??"reference"}function pe(e,r){let{difference:n}=H(e)??{};if(n==null)return[];let{value:t,low:o,high:a}=n;return[d(T(t)),...k(o,a),...r?[M,$(d("to "),b(G(e)??""))]:[]]}function dr(e,r){let n=r.length-1,[t=0,o=1]=[r[0],r.at(-1)],a=Array.from({length:n},()=>0);for(let i=0;i<e.length;i++){let s=Math.floor(((e[i]??0)-t)/(o-t)*n),l=Math.min(n-1,Math.max(0,s));a[l]=(a[l]??0)+1}return a}function cr(e,r,n){return Array.from({length:n+1},(t,o)=>e+(r-e)*o/n)}function pr(e,r){let{name:n,scores:t,positive:o,weights:a,order:i}=e;if(i!==void 0&&a===void 0&&me(t,i))return fe({name:n,scores:t,positive:o,order:i},r);let s=new Float64Array(r.length+1),l=new Float64Array(r.length+1);for(let u=0;u<t.length;u++){let h=a?.[u]??1,w=ge(r,t[u]??Number.NaN),O=o[u]===1?s:l;O[w]=(O[w]??0)+h}let c=s.reduce((u,h)=>u+h,0),p=l.reduce((u,h)=>u+h,0);return{name:n,positives:c,negatives:p,truePositives:V(s),falsePositives:V(l)}}function me(e,r){return r.length>0&&!Number.isNaN(e[r.at(-1)??0]??Number.NaN)}function fe({name:e,scores:r,positive:n,order:t},o){let a=t.length,i=o.map(u=>he(r,t,u)),s=o.map(()=>0),l=o.map(()=>0),c=0,p=a;for(let u=o.length-1;u>=-1;u--){let h=i[u]??0;for(let w=h;w<p;w++)c+=n[t[w]??0]===1?1:0;if(p=h,u<0)break;s[u]=c,l[u]=a-h-c}return{name:e,positives:c,negatives:a-c,truePositives:s,falsePositives:l}}function he(e,r,n){let t=0,o=r.length;for(;t<o;){let a=t+o>>1;(e[r[a]??0]??0)<n?t=a+1:o=a}return t}function ge(e,r){let n=0,t=e.length;for(;n<t;){let o=n+t>>1;(e[o]??0)<=r?n=o+1:t=o}return n}function V(e){let r=[],n=0;for(let t=e.length-1;t>=1;t--)n+=e[t]??0,r.push(n);return r.toReversed()}function mr(e,r){let{at:n,length:t}=r===void 0?xe(e):be(e,r),o=Math.min(0,t===0?0:n(0)),a=Math.max(1,t===0?1:n(t-1)),i=Array.from({length:51},(c,p)=>o+(a-o)*p/50),s=Array.from({length:t===0?0:50},(c,p)=>n(Math.floor((p+.5)/50*t))),l=[...i,...s].map(c=>Number(c.toPrecision(4)));return[...new Set(l)].toSorted((c,p)=>c-p)}function xe(e){let r=Float64Array.from(e).filter(Number.isFinite).sort();return{length:r.length,at:n=>r[n]??0}}function be(e,r){let n=a=>e[r[a]??0]??Number.NaN,t=0,o=r.length;for(;t<o&&!Number.isFinite(n(t));)t++;for(;o>t&&!Number.isFinite(n(o-1));)o--;return{length:o-t,at:a=>n(t+a)}}var ye={"&":"&amp;","<":"&lt;",">":"&gt;",'"':"&quot;","'":"&#39;"};function x(e,r=600){return v(e,r).replaceAll(/[&<>"']/g,n=>ye[n]??"")}var we=6;function B(e){return`<script type="application/json">${JSON.stringify(e,(t,o)=>typeof o=="string"?v(o):typeof o=="number"?Number(o.toPrecision(we)):o).replaceAll(/[<>&\u2028\u2029]/g,t=>`\\u${t.charCodeAt(0).toString(16).padStart(4,"0")}`)}</script>`}import{createHash as Ae}from"node:crypto";var q=`
  --page: #ffffff; --panel: #f6f8fa; --line: #d1d9e0; --text: #1f2328; --faint: #59636e;
  --pass: #1a7f37; --fail: #cf222e; --open: #9a6700; --on-dark: #ffffff;
  --c0: #0969da; --c1: #bc4c00; --c2: #1a7f37; --c3: #8250df;
  --c4: #bf3989; --c5: #4d7d92; --c6: #7d6608; --c7: #57606a;`,ke=`
  --page: #0d1117; --panel: #151b23; --line: #3d444d; --text: #e6edf3; --faint: #9198a1;
  --pass: #3fb950; --fail: #f85149; --open: #d29922; --on-dark: #0d1117;
  --c0: #4493f8; --c1: #f0883e; --c2: #3fb950; --c3: #ab7df8;
  --c4: #db61a2; --c5: #76c2dd; --c6: #d4b106; --c7: #9198a1;`,ve=`
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
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);margin:0}`,$e=`
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
details[open]>summary{border-bottom:1px solid var(--line);margin-bottom:12px}`,Me=`
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
@media (min-width:720px) and (min-height:640px){html{scroll-padding:120px 0 24px}.threshold{position:sticky;top:0;z-index:3}}`,Pe=`
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
:root{${q}}
@media (prefers-color-scheme: dark){:root{${ke}}}
@media print{:root{${q}}}${ve}${$e}${Me}${Pe}
`;var Te="'sha256-+TfQir1nvDucAdvE6XUQBt4ayUjpAWkbw2kCdSfekHM='";function kr({title:e,footer:r,body:n,script:t}){if(t!==null&&/<\/script|<!--/i.test(t))throw new RangeError("The page's script holds text that ends its element.");return`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${["default-src 'none'",`script-src ${t===null?"'none'":W(t)}`,`style-src ${W(S)} ${Te}`,"base-uri 'none'","form-action 'none'"].join("; ")}">
<meta name="color-scheme" content="light dark">
<title>${x(e)}</title>
<style>${S}</style>
</head>
<body>
<main>
${n}
</main>
<footer>${x(r)}</footer>
${t===null?"":`<script>${t}</script>
`}</body>
</html>
`}function W(e){return`'sha256-${Ae("sha256").update(e).digest("base64")}'`}var Ce=async()=>(await import("./page-script-335U6XQH.mjs")).text;var I=41;function K(e){switch(e.kind){case"curves":return[Ne(e)];case"histogram":return[Se(e)];case"confusion":return e.views.map(r=>Ie(e,r));case"scatter":return[Le(e)];case"intervals":case"history":return[Ee(e)]}}function Ne({series:e,xLabel:r,yLabel:n}){let t=e.some(({points:o})=>o.some(({rows:a})=>a!==void 0));return{kind:"table",headers:[[d("curve")],[d(r)],[d(n)],...t?[[d("rows")]]:[]],numeric:[1,2,3],rows:e.flatMap(({name:o,points:a})=>Be(a).map(({x:i,y:s,low:l,high:c,rows:p})=>[[o],[d(m(i))],[d(m(s)),...k(l,c)],...t?[[d(m(p))]]:[]]))}}function Be(e){return e.length<=I?e:Array.from({length:I},(r,n)=>{let t=Math.round(n/(I-1)*(e.length-1));return e[t]??{x:0,y:0}})}function Se({edges:e,series:r,xLabel:n}){return{kind:"table",headers:[[d(`${n} from`)],[d("to")],...r.map(({name:t})=>[t])],numeric:[0,1,...r.map((t,o)=>o+2)],rows:e.slice(0,-1).map((t,o)=>[[d(m(t))],[d(m(e[o+1]))],...r.map(({counts:a})=>[d(m(a[o]))])])}}function Ie({classes:e,views:r},{name:n,cells:t}){return{kind:"table",headers:[[...r.length>1?[n,d(": ")]:[],d("true \u2193 predicted \u2192")],...e.map(a=>[b(a)])],numeric:e.map((a,i)=>i+1),rows:e.map((a,i)=>[[b(a)],...e.map((s,l)=>{let c=d(m(Oe(t[i*e.length+l]??0)));return[i===l?D(c):c]})])}}function Oe(e){return Math.round(e*100)/100}var _e=10;function Le({points:e,xLabel:r,yLabel:n}){let t=e.toSorted((s,l)=>s.x-l.x),o=Math.min(_e,t.length),a=s=>Math.floor(s/o*t.length),i=Array.from({length:o},(s,l)=>t.slice(a(l),a(l+1)));return{kind:"table",headers:[`${r} from`,"to",`mean ${n}`,"lowest","highest"].map(s=>[d(s)]),numeric:[0,1,2,3,4],rows:i.map(s=>{let l=s.map(({y:p})=>p),c=l.reduce((p,u)=>p+u,0)/l.length;return[s[0]?.x,s.at(-1)?.x,c,Math.min(...l),Math.max(...l)].map(p=>[d(m(p))])})}}function Ee(e){let{views:r}=e,n=e.kind==="history"?"version":e.itemLabel,t=[...new Set(r.flatMap(({items:i})=>i.map(({name:s})=>s)))],o=new Map(r.flatMap(({items:i})=>i.map(({name:s,rows:l})=>[s,l]))),a=[...o.values()].some(i=>i!==void 0);return{kind:"table",headers:[[d(n)],...a?[[d("rows")]]:[],...r.map(({name:i})=>[i])],numeric:[...r,null].map((i,s)=>s+1).slice(0,r.length+(a?1:0)),rows:t.map(i=>[[b(i)],...a?[[d(m(o.get(i)))]]:[],...r.map(({items:s})=>{let l=s.find(c=>c.name===i);return l===void 0?[d("\u2014")]:[d(m(l.value)),...k(l.low,l.high)]})])}}var Re=120;function ze(e){return e.map(Je).join(`
`)}function Je(e){switch(e.kind){case"headline":return`<h1${e.verdict===void 0?"":` class="${e.verdict}"`}>${f(e.text)}</h1>`;case"heading":return`<h2>${f(e.text)}</h2>`;case"paragraph":return`<p>${f(e.text)}</p>`;case"list":return`<ul>${e.items.map(r=>`<li>${f(r)}</li>`).join("")}</ul>`;case"table":return X(e);case"folded":return`<details open><summary>${f(e.title)}</summary>
${ze(e.blocks)}
</details>`;case"charts":return je(e)}}function X({headers:e,numeric:r=[],rows:n}){let t=(i,s,l)=>`<${i}${r.includes(l)?' class="number"':""}${i==="th"?' scope="col"':""}>${f(s)}</${i}>`,o=e.map((i,s)=>t("th",i,s)).join(""),a=n.map(i=>`<tr>${i.map((s,l)=>t("td",s,l)).join("")}</tr>`).join(`
`);return`<div class="table" tabindex="0" role="group"><table><thead><tr>${o}</tr></thead><tbody>${a}</tbody></table></div>`}function je({charts:e,operating:r=null}){return`<section><div class="charts">${r===null?"":B(r)}${e.map(Fe).join(`
`)}</div></section>`}function Fe({title:e,data:r,caption:n}){let t=n===void 0?"":`<p class="caption">${f(n)}</p>`,o=K(r).map(X).join(`
`);return`<figure class="${r.kind}"><figcaption>${f(e)}</figcaption>${B(r)}${t}<details class="data" open><summary>Data of the chart</summary>${o}</details></figure>`}function f(e){return e.map(Ue).join("")}function Ue(e){if(typeof e=="string")return Q(e);switch(e.kind){case"own":return Q(e.text);case"code":return`<code>${x(e.text,Re)}</code>`;case"strong":return`<strong>${f(e.parts)}</strong>`;case"small":return`<small>${f(e.parts)}</small>`;case"link":{let{protocol:r}=URL.parse(e.url)??{protocol:""},n=x(e.text);return r==="https:"||r==="http:"?`<a href="${x(e.url)}">${n}</a>`:n}case"mark":return`<span class="mark ${e.verdict}${e.level==="warn"&&e.verdict==="fail"?" warn":""}">${x(P(e.verdict,e.level))}</span>`;case"break":return"<br>"}}function Q(e){let r=/^\s/.test(e)?" ":"",n=/\s$/.test(e)&&e.trim()!==""?" ":"";return`${r}${x(e)}${n}`}export{dr as a,cr as b,pr as c,mr as d,m as e,T as f,E as g,De as h,d as i,b as j,D as k,$ as l,M as m,rr as n,nr as o,k as p,C as q,J as r,v as s,F as t,U as u,Ve as v,kr as w,P as x,We as y,Ke as z,y as A,se as B,sr as C,de as D,Ce as E,ze as F};

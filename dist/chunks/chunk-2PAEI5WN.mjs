import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);
import{f as o,i as r}from"./chunk-3BUDFHCT.mjs";import{hostname as e}from"node:os";function d(n){return{run:o(n),monitoring:r(n)}}function l(n,t){return{id:n.runId===0?`local/${e()}`:`${n.runId}/${n.job}`,url:t}}export{d as a,l as b};

import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);
import{f as o,j as r}from"./chunk-MNQ3JA72.mjs";import{hostname as l}from"node:os";function u(n){return{run:o(n),monitoring:r(n)}}function m({runId:n,job:e},{model:t,url:i}){return{id:`${n===0?`local/${l()}`:`${n}/${e}`}/${t}`,url:i}}export{u as a,m as b};

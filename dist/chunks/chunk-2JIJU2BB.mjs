import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);
import{_ as r,aa as t}from"./chunk-24PS3N4X.mjs";var o=["size_mb","p50_ms","p95_ms","p99_ms"],n="mean",s=[...r(),n,...o];function i(e){return c(e)?{low:0,high:Number.POSITIVE_INFINITY}:t(e)}var p={metrics:s,rangeOf:i};function c(e){return o.includes(e)}export{o as a,n as b,p as c,c as d};

import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);
import{b as t}from"./chunk-23RJ3XT6.mjs";var e=["size_mb","p50_ms","p95_ms","p99_ms"],r="mean",n=[...t(),r,...e];function i(s){return e.includes(s)}export{e as a,r as b,n as c,i as d};

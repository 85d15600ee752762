import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);
import{a as t}from"./chunk-JVVFQTFO.mjs";function s(n){return(e,i,o={})=>{n(`${JSON.stringify({severity:e,time:new Date().toISOString(),message:i,...o})}
`)}}function a(n){return n instanceof t?{code:n.code,...n.hint!==void 0&&{hint:n.hint}}:{code:"UNEXPECTED",stack:n instanceof Error?n.stack:String(n)}}function c(n){return n instanceof Error?n.message:String(n)}export{s as a,a as b,c};

import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);
import{a,b}from"./chunk-FR4777KV.mjs";import"./chunk-OZ2KPBQM.mjs";import"./chunk-YTY5HJN6.mjs";import"./chunk-JVVFQTFO.mjs";import"./chunk-UPWSU4C7.mjs";export{a as googleCredentials,b as projectInEnvironment};

import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);
import{a,b}from"./chunk-A5IPFEYX.mjs";import"./chunk-GF7LV4IL.mjs";import"./chunk-5UKJ7BAC.mjs";import"./chunk-JVVFQTFO.mjs";import"./chunk-UPWSU4C7.mjs";export{a as googleCredentials,b as projectInEnvironment};

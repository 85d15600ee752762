import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);
import{d as a}from"./chunk-SWLESTZZ.mjs";import"./chunk-PRHSMQRG.mjs";import"./chunk-3MZBEY4T.mjs";import"./chunk-JVVFQTFO.mjs";import"./chunk-UPWSU4C7.mjs";export{a as objectStore};

import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);
import{d as a}from"./chunk-FPVLWTAX.mjs";import"./chunk-GF7LV4IL.mjs";import"./chunk-JVVFQTFO.mjs";import"./chunk-UPWSU4C7.mjs";export{a as objectStore};

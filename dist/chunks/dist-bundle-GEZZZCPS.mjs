import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);
import{a,b}from"./chunk-Y6B6A5FI.mjs";import"./chunk-ALXKNQD7.mjs";import"./chunk-K7HO3VWW.mjs";import"./chunk-UPWSU4C7.mjs";export{a as VERSION,b as retry};

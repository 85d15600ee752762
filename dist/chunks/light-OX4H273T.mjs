import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);
import{a}from"./chunk-K7HO3VWW.mjs";import"./chunk-UPWSU4C7.mjs";export default a();

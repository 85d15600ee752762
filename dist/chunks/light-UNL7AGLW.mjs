import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);
import{a}from"./chunk-BJGL6R44.mjs";import"./chunk-UPWSU4C7.mjs";export default a();

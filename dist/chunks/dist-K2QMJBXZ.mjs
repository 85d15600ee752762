import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);
import{c as a}from"./chunk-BOSLO7WR.mjs";import"./chunk-UPWSU4C7.mjs";export default a();

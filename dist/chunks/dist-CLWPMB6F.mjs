import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);
import{b as a}from"./chunk-WXZBIKST.mjs";import"./chunk-UPWSU4C7.mjs";export default a();

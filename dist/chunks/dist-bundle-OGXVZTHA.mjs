import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);
import{a,b}from"./chunk-ZA6FE7GN.mjs";import"./chunk-OL4OCL6G.mjs";import"./chunk-BJGL6R44.mjs";import"./chunk-UPWSU4C7.mjs";export{a as VERSION,b as retry};

import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);
import{a,b}from"./chunk-5WI7B6SC.mjs";import"./chunk-BJGL6R44.mjs";import"./chunk-OL4OCL6G.mjs";import"./chunk-UPWSU4C7.mjs";export{a as VERSION,b as retry};

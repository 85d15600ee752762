import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);
import{a,b}from"./chunk-DSW2DDJE.mjs";import"./chunk-UPWSU4C7.mjs";export{b as legacyRestEndpointMethods,a as restEndpointMethods};

import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);
import{a,b,c,d}from"./chunk-TD2C5LFO.mjs";import"./chunk-UPWSU4C7.mjs";export{a as composePaginateRest,c as isPaginatingEndpoint,d as paginateRest,b as paginatingEndpoints};

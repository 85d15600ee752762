import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);
import{d as a,e as b,f as c,g as d,h as e}from"./chunk-75NKGX2Q.mjs";import"./chunk-OL4OCL6G.mjs";import"./chunk-UPWSU4C7.mjs";export{d as GitHub,b as context,c as defaults,e as getOctokitOptions,a as getUserAgentWithOrchestrationId};

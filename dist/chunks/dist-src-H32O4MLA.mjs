import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);
import{a}from"./chunk-4EG5AT7D.mjs";import"./chunk-OL4OCL6G.mjs";import"./chunk-UPWSU4C7.mjs";export{a as Octokit};

import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);
import{i as a,j as b,k as c}from"./chunk-AEQDJ7C4.mjs";import"./chunk-MPM4G3GL.mjs";import"./chunk-24PS3N4X.mjs";import"./chunk-SUWEJLKP.mjs";import"./chunk-UPWSU4C7.mjs";export{b as composeReport,c as describeActions,a as renderOutcome};

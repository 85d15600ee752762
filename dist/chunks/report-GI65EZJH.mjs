import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);
import{i as a,j as b,k as c}from"./chunk-RZO4D4N5.mjs";import"./chunk-CDUDOKRE.mjs";import"./chunk-G4MMTKEE.mjs";import"./chunk-SUWEJLKP.mjs";import"./chunk-UPWSU4C7.mjs";export{b as composeReport,c as describeActions,a as renderOutcome};

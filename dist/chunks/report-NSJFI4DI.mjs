import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);
import{i as a,j as b,k as c}from"./chunk-UJY6LQZ5.mjs";import"./chunk-QCODUCLK.mjs";import"./chunk-NXOEJYCA.mjs";import"./chunk-24PS3N4X.mjs";import"./chunk-UPWSU4C7.mjs";export{b as composeReport,c as describeActions,a as renderOutcome};

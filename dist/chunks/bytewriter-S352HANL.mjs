import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);
import{a}from"./chunk-GZ2X2Q2M.mjs";import"./chunk-UPWSU4C7.mjs";export{a as ByteWriter};

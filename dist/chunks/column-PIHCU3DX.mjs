import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);
import{u as a,v as b,w as c}from"./chunk-SFQJGWZZ.mjs";import"./chunk-UPWSU4C7.mjs";export{c as parquetHeader,a as readColumn,b as readPage};

import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);
import{r as a,s as b,t as c}from"./chunk-P25YKJ7T.mjs";import"./chunk-UPWSU4C7.mjs";export{c as parquetHeader,a as readColumn,b as readPage};

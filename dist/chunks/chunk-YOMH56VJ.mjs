import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);

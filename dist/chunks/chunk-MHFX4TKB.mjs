import{createRequire as __slipwayRequire}from"node:module";const require=__slipwayRequire(import.meta.url);
var r=["p50_ms","p95_ms","p99_ms","cold_start_ms","rps","error_rate","mismatches","bad_requests_accepted"];export{r as a};

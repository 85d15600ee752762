export * from "./bad-requests.ts";
export * from "./cases.ts";
export * from "./compare.ts";
export * from "./load.ts";
export * from "./protocols.ts";
export * from "./readiness.ts";
export * from "./request.ts";
export * from "./smoke.ts";

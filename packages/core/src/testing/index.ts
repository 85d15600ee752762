export * from "./some-manifest.ts";
export * from "./some-run.ts";
export * from "./memory-history.ts";
export * from "./quiet-ports.ts";

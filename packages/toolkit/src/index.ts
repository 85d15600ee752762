export * from "./artifacts.ts";
export * from "./context.ts";
export * from "./inputs.ts";
export * from "./limits.ts";
export * from "./run-action.ts";
export * from "./run-directory.ts";
export * from "./settings-file.ts";

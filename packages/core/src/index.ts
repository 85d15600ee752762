export * from "./errors.ts";
export * from "./table.ts";

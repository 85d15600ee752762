export * from "./judgement-table.ts";
export * from "./markdown.ts";
export * from "./verdict-marks.ts";

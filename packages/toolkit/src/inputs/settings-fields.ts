import { text } from "./text-fields.ts";

/** The inputs that choose the settings file and the environment's part of it; every action has them. */
export const settingsFields = {
  config: text("Settings file, relative to the repository's root.", { default: "slipway.yml" }),
  environment: text("Which environment's settings of slipway.yml to use."),
};

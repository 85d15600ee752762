/** Inputs of every action by name, generated from their schemas. */
export const INPUT_NAMES: Readonly<Record<string, readonly string[]>> = {};

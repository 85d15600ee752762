import { escapePattern } from "./json.ts";

/** Replaces secrets in text by `***`. */
export interface Masker {
  /** Hides a value from now on, each line of it and its usual encodings. */
  add(value: string): void;
  /** The text without secrets. */
  mask(text: string): string;
}

function encodingsOf(value: string): string[] {
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    Buffer.from(value).toString("base64"),
  ];
}

/** Makes a masker that hides nothing yet. */
export function createMasker(): Masker {
  const hidden = new Set<string>();
  let pattern: RegExp | undefined;
  const rebuild = () => {
    // The longest first: a secret that contains another must vanish whole.
    const alternatives = [...hidden]
      .sort((a, b) => b.length - a.length)
      .map((value) => escapePattern(value));
    pattern = new RegExp(alternatives.join("|"), "g");
  };
  return {
    add(value) {
      const values = [value, ...value.split(/\r?\n/)].filter((line) => line.trim() !== "");
      for (const secret of values.flatMap(encodingsOf)) hidden.add(secret);
      if (values.length > 0) rebuild();
    },
    mask: (text) => (pattern === undefined ? text : text.replace(pattern, "***")),
  };
}

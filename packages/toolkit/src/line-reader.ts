import { StringDecoder } from "node:string_decoder";

/** Characters of a line beyond these are dropped: a progress bar may never end its line. */
const LONGEST_LINE = 16_384;

/** Takes bytes as they come and hands on whole lines. */
export interface LineReader {
  push(chunk: Uint8Array): void;
  /** Hands on what stands after the last line's end. */
  end(): void;
}

/** Cuts a stream of UTF-8 into lines; a carriage return ends one too, as progress bars use it. */
export function readLines(onLine: (line: string) => void): LineReader {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  const take = (text: string): void => {
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = (lines.pop() ?? "").slice(0, LONGEST_LINE);
    for (const line of lines) onLine(line.slice(0, LONGEST_LINE));
  };
  return {
    push: (chunk) => take(decoder.write(Buffer.from(chunk))),
    end: () => {
      take(decoder.end());
      if (rest !== "") onLine(rest.replace(/\r$/, ""));
      rest = "";
    },
  };
}

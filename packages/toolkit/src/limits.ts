/** Cuts text to a number of UTF-8 bytes at a line's end, and says so in the text. */
export function cutToBytes(text: string, limitBytes: number): string {
  const bytes = Buffer.byteLength(text);
  if (bytes <= limitBytes) return text;
  const note = `\n\n_Cut: ${bytes - limitBytes} bytes more than GitHub shows here. The report file has everything._\n`;
  const kept = Buffer.from(text)
    .subarray(0, limitBytes - Buffer.byteLength(note))
    .toString("utf8");
  return kept.slice(0, Math.max(0, kept.lastIndexOf("\n"))) + note;
}

/** A text of a file's, short enough for a message. */
export function shorten(text: string, most = 120): string {
  return text.length <= most ? text : `${text.slice(0, most)}… (${text.length} characters)`;
}

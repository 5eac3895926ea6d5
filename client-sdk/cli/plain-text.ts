/** What moves the cursor, rings, or reorders a line: control characters and bidirectional overrides. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu

/**
 * Foreign text as a terminal may show it, on one line: what could act on the terminal becomes `�`.
 *
 * Names, notes and labels come from whoever registered them.
 */
export function plainText(text: string): string {
  return text.replaceAll(UNSAFE, '\ufffd')
}

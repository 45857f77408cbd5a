/** Texts of JavaScript for values that a model's file may have chosen. */

/** Characters that mean nothing in JavaScript, in comments, in HTML or in a template, whatever is around them. */
const HARMLESS = /^[A-Za-z0-9 _.,:;+()=-]$/;

/**
 * Returns a string literal. Any character that may end the literal, a comment or an element of a page is escaped, and
 * each half of a surrogate pair for itself.
 */
export const stringLiteral = (text: string): string =>
  `"${text
    .split('')
    .map((character) =>
      HARMLESS.test(character) ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    .join('')}"`;

/** Returns the literal of a number; −0 has a sign. */
export const numberLiteral = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Returns bytes in base64, without the signs of equality at its end. */
export function base64(bytes: Uint8Array): string {
  const text = new Uint8Array(Math.ceil((bytes.length * 4) / 3));
  const letters = new TextEncoder().encode(ALPHABET);
  for (let from = 0, to = 0; from < bytes.length; from += 3, to += 4) {
    const three = (bytes[from] << 16) | ((bytes[from + 1] ?? 0) << 8) | (bytes[from + 2] ?? 0);
    for (let i = 0; i < 4; i++) text[to + i] = letters[(three >> (18 - 6 * i)) & 63];
  }
  return new TextDecoder().decode(text);
}

/** The bytes of a hexadecimal text, lower case. '0' to '9' are 48 to 57, 'a' to 'f' are 97 to 102. */
export function decodeHex(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length / 2);
  const digit = (at: number): number => {
    const code = text.charCodeAt(at);
    return code < 97 ? code - 48 : code - 87;
  };
  for (let i = 0; i < bytes.length; i++) bytes[i] = 16 * digit(2 * i) + digit(2 * i + 1);
  return bytes;
}

/** Returns the CRC-32 of bytes, as zip, gzip and PNG files have it (polynomial 0xEDB88320, low bit first). */
export function crc32(bytes: Uint8Array): number {
  const [first, second, third, fourth] = tables();
  let crc = -1;
  let at = 0;
  // Four bytes a step: each table has the effect of a byte with 0 to 3 others behind it.
  for (const end = bytes.length - 3; at < end; at += 4) {
    crc ^= bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    crc = fourth[crc & 255] ^ third[(crc >>> 8) & 255] ^ second[(crc >>> 16) & 255] ^ first[crc >>> 24];
  }
  for (; at < bytes.length; at++) crc = first[(crc ^ bytes[at]) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}

let made: Int32Array[] | undefined;

/** The tables, made on first use. */
function tables(): Int32Array[] {
  if (made !== undefined) return made;
  const first = Int32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    return crc;
  });
  made = [first];
  for (let i = 0; i < 3; i++) made.push(made[i].map((crc) => first[crc & 255] ^ (crc >>> 8)));
  return made;
}

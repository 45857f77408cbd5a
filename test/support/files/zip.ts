/** Zip archives made part by part, so that any number in them can lie. The compression is Node's. */
import { crc32, deflateRawSync } from 'node:zlib';

/** A file of an archive, with what its headers say instead of the truth. */
export interface ZipPart {
  readonly name: string;
  readonly data: Uint8Array;
  readonly deflated?: boolean;
  /** What the headers and the directory say. */
  readonly said?: Partial<Record<'method' | 'flags' | 'crc' | 'packed' | 'size' | 'from', number>>;
  /** What the directory alone says. */
  readonly listed?: Partial<Record<'method' | 'crc' | 'packed' | 'size' | 'from', number>>;
}

const numbers = (...pairs: readonly (readonly [bytes: 2 | 4, value: number])[]): Buffer => {
  const buffer = Buffer.alloc(pairs.reduce((all, [bytes]) => all + bytes, 0));
  let at = 0;
  for (const [bytes, value] of pairs) at = buffer.writeUIntLE(value % 2 ** (8 * bytes), at, bytes);
  return buffer;
};

/** Returns an archive. `end` changes what its end says: of its entries, and the bytes and start of the directory. */
export function zipOf(
  parts: readonly ZipPart[],
  end: Partial<Record<'entries' | 'bytes' | 'start', number>> = {},
): Uint8Array {
  const body: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, data, deflated = false, said = {}, listed = {} } of parts) {
    const packed = deflated ? deflate(data) : Buffer.from(data);
    const truth = {
      method: deflated ? 8 : 0,
      flags: 0,
      crc: checksum(data),
      packed: packed.length,
      size: data.length,
      from: at,
      ...said,
    };
    const label = Buffer.from(name);
    const common = (all: typeof truth): Buffer =>
      numbers(
        [2, 20],
        [2, all.flags],
        [2, all.method],
        [2, 0],
        [2, 33],
        [4, all.crc],
        [4, all.packed],
        [4, all.size],
        [2, label.length],
        [2, 0],
      );
    const header = Buffer.concat([numbers([4, 0x04034b50]), common(truth), label]);
    body.push(header, packed);
    const all = { ...truth, ...listed };
    directory.push(
      numbers([4, 0x02014b50], [2, 20]),
      common(all),
      numbers([2, 0], [2, 0], [2, 0], [4, 0], [4, all.from]),
      label,
    );
    at += header.length + packed.length;
  }
  const listing = Buffer.concat(directory);
  const { entries = parts.length, bytes = listing.length, start = at } = end;
  const last = numbers([4, 0x06054b50], [2, 0], [2, 0], [2, entries], [2, entries], [4, bytes], [4, start], [2, 0]);
  return new Uint8Array(Buffer.concat([...body, listing, last]));
}

/** What data is once it is deflated, and its checksum: tests write the same parts again and again. */
const deflatedBefore = new WeakMap<Uint8Array, Buffer>();
const sumsBefore = new WeakMap<Uint8Array, number>();

function deflate(data: Uint8Array): Buffer {
  const packed = deflatedBefore.get(data) ?? deflateRawSync(data, { level: 9 });
  deflatedBefore.set(data, packed);
  return packed;
}

function checksum(data: Uint8Array): number {
  // Node 20 may lack crc32.
  const sum = sumsBefore.get(data) ?? (crc32 as typeof crc32 | undefined)?.(data) ?? bitwise(data);
  sumsBefore.set(data, sum);
  return sum;
}

function bitwise(data: Uint8Array): number {
  let crc = -1;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

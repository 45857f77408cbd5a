/** Writes zip archives: files are stored as they are, with a fixed date, so that the same files are the same bytes. */
import { crc32 } from './crc32.js';

/** A file to write, in parts that follow each other. */
export interface ZipFile {
  readonly name: string;
  readonly parts: readonly Uint8Array[];
}

/** 1 January 1980, the first day that the format has. */
const DATE = 0x21;

/** Version 2.0 of the format, and names in UTF-8. */
const VERSION = 20;
const UTF8 = 0x0800;

const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;

/** Largest archive, and most files, without the records of zip64. */
export const MOST_BYTES = 0xfffffffe;
export const MOST_FILES = 0xfffe;

/** Bytes of an archive with files of these names and sizes. */
export const zipBytes = (files: readonly { readonly name: string; readonly size: number }[]): number =>
  files.reduce((sum, { name, size }) => {
    const nameBytes = new TextEncoder().encode(name).length;
    return sum + LOCAL_BYTES + CENTRAL_BYTES + 2 * nameBytes + size;
  }, END_BYTES);

/** Returns an archive of files, at most MOST_FILES in MOST_BYTES. */
export function writeZip(files: readonly ZipFile[]): Uint8Array<ArrayBuffer> {
  const sizes = files.map(({ name, parts }) => ({ name, size: parts.reduce((sum, { length }) => sum + length, 0) }));
  const archive = new Uint8Array(zipBytes(sizes));
  const view = new DataView(archive.buffer);
  let at = 0;
  const short = (value: number): void => {
    view.setUint16(at, value, true);
    at += 2;
  };
  const word = (value: number): void => {
    view.setUint32(at, value, true);
    at += 4;
  };
  const bytes = (value: Uint8Array): void => {
    archive.set(value, at);
    at += value.length;
  };
  /** What the header of a file and its entry in the directory have in common: version to CRC, sizes, length of name. */
  const common = (crc: number, size: number, nameBytes: number): void => {
    [VERSION, UTF8, 0, 0, DATE].forEach(short);
    [crc, size, size].forEach(word);
    [nameBytes, 0].forEach(short);
  };
  const written = files.map(({ name, parts }, i) => {
    const nameBytes = new TextEncoder().encode(name);
    const from = at;
    const { size } = sizes[i];
    const start = from + LOCAL_BYTES + nameBytes.length;
    at = start;
    parts.forEach(bytes);
    const crc = crc32(archive.subarray(start, at));
    at = from;
    word(0x04034b50);
    common(crc, size, nameBytes.length);
    bytes(nameBytes);
    at = start + size;
    return { nameBytes, from, size, crc };
  });
  const directory = at;
  for (const { nameBytes, from, size, crc } of written) {
    word(0x02014b50);
    short(VERSION);
    common(crc, size, nameBytes.length);
    [0, 0, 0].forEach(short);
    word(0);
    word(from);
    bytes(nameBytes);
  }
  const end = at;
  word(0x06054b50);
  [0, 0, files.length, files.length].forEach(short);
  word(end - directory);
  word(directory);
  short(0);
  return archive;
}

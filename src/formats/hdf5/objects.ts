/**
 * Objects of an HDF5 file: their headers are lists of messages, which say what data a data set has and where, and which
 * members a group. Headers are those of HDF5 1.0 ("version 1") and 1.8 ("version 2"). Format: HDF5 File Format
 * Specification 3.0, IV.A.
 */
import { describe } from '../../common/describe.js';
import type { FileBytes } from './bytes.js';

/** Kinds of messages. */
export const DATASPACE = 0x01;
export const LINK_INFO = 0x02;
export const DATATYPE = 0x03;
export const LINK = 0x06;
export const LAYOUT = 0x08;
const ATTRIBUTE = 0x0c;
const CONTINUATION = 0x10;
export const SYMBOL_TABLE = 0x11;

/** Flag of a message that stands elsewhere. */
const SHARED = 2;

/** A message of a header. */
export interface Message {
  readonly kind: number;
  readonly at: number;
  readonly size: number;
}

/** A stretch of messages. */
interface Block {
  readonly at: number;
  readonly end: number;
}

/** Reads the messages of the object whose header is at an address. */
export function readMessages(file: FileBytes, at: number): Message[] {
  const isNew = file.letters(at, 4) === 'OHDR';
  file.once(at);
  return isNew ? readNew(file, at) : readOld(file, at);
}

function readOld(file: FileBytes, at: number): Message[] {
  if (file.byte(at) !== 1) file.refuse(`object at byte ${at} expected version 1 or 2, got ${file.byte(at)}.`);
  // The messages begin at the next multiple of eight bytes.
  return readBlocks(file, { at: at + 16, end: at + 16 + file.word(at + 8) }, 8, 0, (from) => ({
    kind: file.short(from),
    size: file.short(from + 2),
    flags: file.byte(from + 4),
  }));
}

/** Bytes of a checksum, which ends a stretch of messages. */
const CHECKSUM = 4;

function readNew(file: FileBytes, at: number): Message[] {
  if (file.byte(at + 4) !== 2) file.refuse(`object at byte ${at} expected version 2, got ${file.byte(at + 4)}.`);
  const flags = file.byte(at + 5);
  const sizeAt = at + 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
  const start = sizeAt + (1 << (flags & 3));
  const first = { at: start, end: start + file.sized(sizeAt, flags & 3) };
  return readBlocks(file, first, flags & 4 ? 6 : 4, CHECKSUM, (from) => ({
    kind: file.byte(from),
    size: file.short(from + 1),
    flags: file.byte(from + 3),
  }));
}

/** Reads the first stretch of messages, and those that it refers to. */
function readBlocks(
  file: FileBytes,
  first: Block,
  header: number,
  checksum: number,
  read: (at: number) => { kind: number; size: number; flags: number },
): Message[] {
  const messages: Message[] = [];
  const blocks = [first];
  for (let block = blocks.pop(); block !== undefined; block = blocks.pop()) {
    file.require(block.at, block.end - block.at);
    // What is left at the end of a stretch is a gap.
    for (let at = block.at; at + header <= block.end;) {
      file.spend(header);
      const { kind, size, flags } = read(at);
      at += header;
      if (at + size > block.end) file.refuse(`message at byte ${at} expected ${size} bytes before byte ${block.end}.`);
      if (kind === CONTINUATION) {
        const [next, length] = [file.long(at), file.long(at + 8)];
        if (checksum === 0) file.once(next);
        else file.visit(next, 'OCHK');
        if (length > checksum) blocks.push({ at: next + checksum, end: next + length - checksum });
      } else if ((flags & SHARED) === 0) messages.push({ kind, at, size });
      at += size;
    }
  }
  return messages;
}

/** Returns the extents of a dataspace, or undefined for none at all. */
export function readShape(file: FileBytes, at: number): number[] | undefined {
  const [version, rank] = [file.byte(at), file.byte(at + 1)];
  if (version !== 1 && version !== 2) file.refuse(`dataspace at byte ${at} expected version 1 or 2, got ${version}.`);
  if (version === 2 && file.byte(at + 3) === 2) return undefined;
  const start = at + (version === 1 ? 8 : 4);
  return Array.from({ length: rank }, (_, axis) => file.long(start + 8 * axis));
}

/** Classes of types. */
export const FLOAT = 1;
const STRING = 3;
export const OPAQUE = 5;
const VARIABLE = 9;

/** Names of all classes, for messages. */
const CLASSES = [
  ...['integers', 'floats', 'times', 'text', 'bit fields', 'raw bytes', 'structures', 'references', 'enumerations'],
  ...['lists of variable length', 'arrays'],
];

/** A type of numbers or text. */
export interface Type {
  readonly kind: number;
  /** The name of its class. */
  readonly name: string;
  readonly bytes: number;
  /** Of floats: bits of the exponent. */
  readonly exponentBits: number;
  readonly bigEndian: boolean;
  /** Of a list of variable length: whether it is a text. */
  readonly isText: boolean;
}

export function readType(file: FileBytes, at: number): Type {
  const first = file.byte(at);
  const [kind, bits] = [first & 15, file.byte(at + 1)];
  return {
    kind,
    name: CLASSES[kind] ?? `type ${kind}`,
    bytes: file.word(at + 4),
    exponentBits: kind === FLOAT ? file.byte(at + 13) : 0,
    bigEndian: (kind === FLOAT || kind === 0) && (bits & 0x41) !== 0,
    isText: kind === VARIABLE && (bits & 15) === 1,
  };
}

/** Where the data of a data set is, in one piece. */
export function readLayout(file: FileBytes, where: string, at: number): { readonly at: number; readonly size: number } {
  const [version, kind] = [file.byte(at), file.byte(at + 1)];
  if (version !== 3 && version !== 4)
    file.refuse(`${where} expected data of HDF5 1.6 or later, got version ${version}.`);
  if (kind === 0) return { at: at + 4, size: file.short(at + 2) };
  if (kind !== 1) {
    file.refuse(
      `${where} expected data in one piece, as Keras writes it, got ${kind === 2 ? 'chunks' : describe(kind)}.`,
    );
  }
  // No address: nothing was written.
  return { at: file.address(at + 2) ?? 0, size: file.address(at + 2) === undefined ? 0 : file.long(at + 10) };
}

const padded = (bytes: number): number => 8 * Math.ceil(bytes / 8);

/** Longest text of an attribute. */
const LONGEST_TEXT = 64 * 1024 * 1024;

/** Returns the text of an attribute of an object, or undefined if it has none of that name, or another type. */
export function readText(file: FileBytes, messages: readonly Message[], wanted: string): string | undefined {
  for (const { kind, at } of messages) {
    if (kind !== ATTRIBUTE) continue;
    const version = file.byte(at);
    if (version < 1 || version > 3) file.refuse(`attribute at byte ${at} expected version 1 to 3, got ${version}.`);
    const [nameBytes, typeBytes, spaceBytes] = [2, 4, 6].map((offset) => file.short(at + offset));
    const start = at + (version === 3 ? 9 : 8);
    file.spend(8);
    if (nameBytes !== wanted.length + 1 || file.text(start, nameBytes) !== wanted) continue;
    const step = version === 1 ? padded : (bytes: number) => bytes;
    const typeAt = start + step(nameBytes);
    const data = typeAt + step(typeBytes) + step(spaceBytes);
    const type = readType(file, typeAt);
    if (type.kind === STRING) return file.text(data, type.bytes);
    return type.isText ? readHeapText(file, data) : undefined;
  }
  return undefined;
}

/** Reads a text of variable length, which is in a collection of the global heap. */
function readHeapText(file: FileBytes, at: number): string | undefined {
  const [length, collection, wanted] = [file.word(at), file.address(at + 4), file.word(at + 12)];
  if (collection === undefined || length > LONGEST_TEXT) return undefined;
  if (file.letters(collection, 4) !== 'GCOL') file.refuse(`file expected "GCOL" at byte ${collection}.`);
  const end = collection + file.long(collection + 8);
  for (let entry = collection + 16; entry + 16 <= end;) {
    file.spend(8);
    const [index, size] = [file.short(entry), file.long(entry + 8)];
    if (index === 0) break;
    if (index === wanted) {
      if (size < length) file.refuse(`text at byte ${at} expected ${length} bytes, got ${size}.`);
      return file.text(entry + 16, length);
    }
    entry += 16 + padded(size);
  }
  return file.refuse(`text at byte ${at} expected entry ${wanted} of the collection at byte ${collection}, got none.`);
}

/**
 * Reads zip archives from strangers: stored and deflated files, zip64, sizes behind the data. Every number is checked
 * before use. Entries must not overlap, so that all of them together are no longer than what they take in the archive,
 * inflated; names must differ; what an entry states of itself must agree in both places. Nothing is allocated for an
 * entry before it is read. Format: PKWARE's APPNOTE.TXT 6.3.
 */
import { describe } from '../../common/describe.js';
import { FormatError } from '../../common/errors.js';
import { crc32 } from './crc32.js';
import { inflate } from './inflate.js';

/** A file in an archive. */
export interface ZipEntry {
  readonly name: string;
  /** Bytes once it is read. */
  readonly size: number;
  /** Bytes in the archive. */
  readonly packed: number;
  /** Whether it is deflated, otherwise stored. */
  readonly deflated: boolean;
  readonly crc: number;
  /** Where its data begins. */
  readonly start: number;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;

/** Sizes of these records without what is of variable length. */
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;
const END_64_BYTES = 56;
const LOCATOR_BYTES = 20;

/** Longest comment behind the end. */
const LONGEST_COMMENT = 0xffff;

/** Values that say that the number is in a zip64 record. */
const IN_64_SHORT = 0xffff;
const IN_64 = 0xffffffff;

/** Tag of the extra field with numbers of 64 bits. */
const EXTRA_64 = 1;

const STORED = 0;
const DEFLATED = 8;

/** Flags: encrypted in three ways, and sizes behind the data. */
const ENCRYPTED = 0x2041;
const SIZES_BEHIND = 8;

/** Bytes that deflated data of one byte gives at most, and those of its smallest block. */
const DEFLATE_RATIO = 1032;
const DEFLATE_FREE = 64;

/** Numbers of an archive, low byte first. */
class Numbers {
  private readonly view: DataView;

  constructor(
    private readonly where: string,
    readonly bytes: Uint8Array,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  short(at: number): number {
    return this.view.getUint16(at, true);
  }

  word(at: number): number {
    return this.view.getUint32(at, true);
  }

  /** A number of 64 bits; one that no array could have is as good as infinite. */
  long(at: number): number {
    return this.word(at) + 0x100000000 * this.word(at + 4);
  }

  text(at: number, length: number): string {
    // A copy: platforms do not decode shared memory.
    const own = this.bytes.slice(at, at + length);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(own);
    } catch {
      // An old code page; its letters only have to differ.
      return String.fromCharCode(...own);
    }
  }

  /** Throws unless the archive has that many bytes there. */
  require(at: number, length: number, what: string): void {
    if (at + length <= this.bytes.length) return;
    this.refuse(`${what} expected ${length} bytes from byte ${at}, got a file of ${this.bytes.length}. It is cut off.`);
  }

  refuse(message: string): never {
    throw new FormatError(`${this.where}: ${message}`);
  }
}

/** What the end of an archive says of its directory. */
interface Directory {
  readonly entries: number;
  readonly start: number;
  readonly bytes: number;
}

function readEnd(file: Numbers): Directory {
  const { length } = file.bytes;
  const first = Math.max(0, length - END_BYTES - LONGEST_COMMENT);
  let at = length - END_BYTES;
  while (at >= first && !(file.word(at) === END && at + END_BYTES + file.short(at + 20) === length)) at--;
  if (at < first) {
    const cut = length >= 4 && file.word(0) === LOCAL;
    file.refuse(`file expected a zip archive, got one without its directory.${cut ? ' It is cut off.' : ''}`);
  }
  const disks = file.word(at + 4);
  let directory = { entries: file.short(at + 10), bytes: file.word(at + 12), start: file.word(at + 16) };
  let end = at;
  const locator = at - LOCATOR_BYTES;
  if (locator >= 0 && file.word(locator) === LOCATOR_64) {
    end = file.long(locator + 8);
    file.require(end, END_64_BYTES, 'end of the directory');
    if (file.word(end) !== END_64) file.refuse(`end of the directory at byte ${end} expected a zip64 record.`);
    // Some writers add the record where nothing needs it.
    if (directory.entries === IN_64_SHORT || directory.bytes === IN_64 || directory.start === IN_64) {
      directory = { entries: file.long(end + 32), bytes: file.long(end + 40), start: file.long(end + 48) };
    }
  }
  if (disks !== 0 && disks !== 0xffffffff) file.refuse('file expected one archive, got a part of a split one.');
  // What stands between could be a directory that other readers take: archives one behind the other are two.
  if (directory.start + directory.bytes !== end || directory.entries * CENTRAL_BYTES > directory.bytes) {
    file.refuse(
      `directory expected ${directory.entries} entries in ${directory.bytes} bytes from byte ${directory.start}, ` +
        `got an archive whose directory ends at byte ${end}.`,
    );
  }
  return directory;
}

/** Returns what an entry states, with the numbers of 64 bits that are in its extra field. */
function readWide(file: Numbers, at: number, length: number, given: readonly number[], name: string): number[] {
  const numbers = [...given];
  const end = at + length;
  for (let field = at; field + 4 <= end;) {
    const [tag, bytes] = [file.short(field), file.short(field + 2)];
    let next = field + 4;
    field = next + bytes;
    if (tag !== EXTRA_64) continue;
    given.forEach((value, i) => {
      if (value !== IN_64) return;
      if (next + 8 > Math.min(field, end)) file.refuse(`${describe(name)} expected its sizes in its zip64 field.`);
      numbers[i] = file.long(next);
      next += 8;
    });
    return numbers;
  }
  return numbers;
}

/** Reads the entry of the directory at a byte, and the header before its data; returns it and where the next begins. */
function readEntry(file: Numbers, at: number, directory: Directory): { entry: ZipEntry; from: number; next: number } {
  file.require(at, CENTRAL_BYTES, 'directory');
  if (file.word(at) !== CENTRAL) file.refuse(`directory at byte ${at} expected an entry.`);
  const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((offset) => file.short(at + offset));
  const next = at + CENTRAL_BYTES + nameBytes + extraBytes + commentBytes;
  file.require(at, next - at, 'directory');
  const name = file.text(at + CENTRAL_BYTES, nameBytes);
  const of = describe(name);
  const [flags, method] = [file.short(at + 8), file.short(at + 10)];
  if ((flags & ENCRYPTED) !== 0) file.refuse(`${of} expected no encryption.`);
  if (method !== STORED && method !== DEFLATED) {
    file.refuse(`${of} expected to be stored or deflated, got compression method ${method}.`);
  }
  const crc = file.word(at + 16);
  const narrow = [24, 20, 42].map((offset) => file.word(at + offset));
  const [size, packed, from] = readWide(file, at + CENTRAL_BYTES + nameBytes, extraBytes, narrow, name);
  const available = directory.start - LOCAL_BYTES - packed;
  if (!(from <= available)) file.refuse(`${of} expected ${packed} bytes before the directory, from byte ${from}.`);
  if (file.word(from) !== LOCAL) file.refuse(`${of} expected its header at byte ${from}.`);
  const start = from + LOCAL_BYTES + file.short(from + 26) + file.short(from + 28);
  if (start + packed > directory.start) {
    file.refuse(`${of} expected ${packed} bytes from byte ${start}, got a directory at byte ${directory.start}.`);
  }
  const lies =
    file.short(from + 8) !== method ||
    file.short(from + 26) !== nameBytes ||
    file.text(from + LOCAL_BYTES, nameBytes) !== name ||
    // Sizes may stand behind the data, or in a field.
    ((file.short(from + 6) & SIZES_BEHIND) === 0 &&
      [14, 18, 22].some((offset, i) => {
        const value = file.word(from + offset);
        return value !== [crc, packed, size][i] && !(i > 0 && value === IN_64);
      }));
  if (lies) file.refuse(`${of} expected the name, method, size and CRC in its header that the directory has.`);
  const deflated = method === DEFLATED;
  if (deflated ? size > DEFLATE_RATIO * packed + DEFLATE_FREE : size !== packed) {
    file.refuse(`${of} expected at most what its ${packed} bytes can hold, got a size of ${size}.`);
  }
  return { entry: { name, size, packed, deflated, crc, start }, from, next };
}

/** Returns the entries of an archive, in the order of its directory, checked but not read. */
export function readDirectory(where: string, bytes: Uint8Array): ZipEntry[] {
  const file = new Numbers(where, bytes);
  const directory = readEnd(file);
  const found: { entry: ZipEntry; from: number }[] = [];
  const names = new Set<string>();
  let at = directory.start;
  for (let i = 0; i < directory.entries; i++) {
    const { next, ...one } = readEntry(file, at, directory);
    found.push(one);
    names.add(one.entry.name);
    at = next;
  }
  if (at !== directory.start + directory.bytes) {
    file.refuse(`directory expected to end at byte ${directory.start + directory.bytes}, got an end at byte ${at}.`);
  }
  if (names.size !== found.length) file.refuse('directory expected entries with names of their own, got one twice.');
  const entries = found.map(({ entry }) => entry);
  let end = 0;
  for (const { entry, from } of found.sort((a, b) => a.from - b.from)) {
    if (from < end) file.refuse(`${describe(entry.name)} expected to start behind byte ${end}, got byte ${from}.`);
    end = entry.start + entry.packed;
  }
  return entries;
}

/** Returns a copy of what an entry holds, whose CRC is right. */
export function readFile(where: string, bytes: Uint8Array, entry: ZipEntry): Uint8Array<ArrayBuffer> {
  const { name, size, packed, deflated, crc, start } = entry;
  const refuse = (message: string): never => {
    throw new FormatError(`${where}: ${describe(name)} ${message}.`);
  };
  const data = bytes.subarray(start, start + packed);
  const read = deflated ? inflate(data, size, refuse) : data.slice();
  const found = crc32(read);
  if (found !== crc) refuse(`expected the CRC ${crc.toString(16)}, got ${found.toString(16)}: it is damaged`);
  return read;
}

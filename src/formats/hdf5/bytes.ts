/**
 * The bytes of an HDF5 file from a stranger. Every read is checked against the end of the file; places that only one
 * thing can refer to are visited once, and work is limited by the size of the file, so that no cycle and no overlap of
 * structures takes longer than a file of that size should.
 */
import { describe } from '../../common/describe.js';
import { FormatError } from '../../common/errors.js';

/** Longest name of a group, data set or attribute. */
const LONGEST_NAME = 1024;

/** An address that leads nowhere. */
const NOWHERE = 2 ** 64;

/** Bytes of a file with what was read of them. */
export class FileBytes {
  readonly length: number;
  private readonly view: DataView;
  private readonly visited = new Set<number>();
  private steps: number;

  constructor(
    readonly where: string,
    readonly bytes: Uint8Array,
  ) {
    this.length = bytes.length;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.steps = bytes.length;
  }

  refuse(message: string): never {
    throw new FormatError(`${this.where}: ${message}`);
  }

  /** Throws unless the file has that many bytes at an address. */
  require(at: number, length: number): void {
    if (at + length <= this.length) return;
    this.refuse(`file expected ${length} bytes at byte ${at}, got a file of ${this.length}. It is cut off or damaged.`);
  }

  byte(at: number): number {
    this.require(at, 1);
    return this.view.getUint8(at);
  }

  short(at: number): number {
    this.require(at, 2);
    return this.view.getUint16(at, true);
  }

  word(at: number): number {
    this.require(at, 4);
    return this.view.getUint32(at, true);
  }

  /** A length of 64 bits; one that no file has is refused where it is used. */
  long(at: number): number {
    return this.word(at) + 0x100000000 * this.word(at + 4);
  }

  /** A number of 1, 2, 4 or 8 bytes, of which the format has the exponent. */
  sized(at: number, exponent: number): number {
    if (exponent === 3) return this.long(at);
    return exponent === 2 ? this.word(at) : exponent === 1 ? this.short(at) : this.byte(at);
  }

  /** An address, or undefined where there is nothing. */
  address(at: number): number | undefined {
    const address = this.long(at);
    return address === NOWHERE ? undefined : address;
  }

  /** Throws unless these letters are at an address, to which nothing else has led. */
  visit(at: number, letters: string): void {
    this.once(at);
    if (this.letters(at, letters.length) === letters) return;
    this.refuse(`file expected ${describe(letters)} at byte ${at}, got ${describe(this.letters(at, letters.length))}.`);
  }

  /** Throws if something has led to an address before. */
  once(at: number): void {
    if (this.visited.has(at)) this.refuse(`file expected one reference to byte ${at}, got two: structures overlap.`);
    this.visited.add(at);
  }

  /** Counts work, of which a file can cause as much as it has bytes. */
  spend(steps: number): void {
    this.steps -= steps;
    if (this.steps < 0) this.refuse('file expected structures that do not overlap, got more than fit into it.');
  }

  letters(at: number, length: number): string {
    this.require(at, length);
    return String.fromCharCode(...this.bytes.subarray(at, at + length));
  }

  /** Text of a known length, up to its first zero. */
  text(at: number, length: number): string {
    this.require(at, length);
    // A copy: platforms do not decode shared memory.
    const own = this.bytes.slice(at, at + length);
    const end = own.indexOf(0);
    return new TextDecoder().decode(end === -1 ? own : own.subarray(0, end));
  }

  /** A name that ends with a zero before `end`. */
  name(at: number, end: number): string {
    this.require(at, 1);
    const zero = this.bytes.subarray(at, Math.min(end, at + LONGEST_NAME)).indexOf(0);
    if (zero === -1) this.refuse(`name at byte ${at} expected at most ${LONGEST_NAME} bytes.`);
    return this.text(at, zero);
  }
}

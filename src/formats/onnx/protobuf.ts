/**
 * Reads messages in Protocol Buffers' wire format, by a table of the message's fields. It knows nothing of what a
 * message means. The reader trusts nothing: each length is checked against what is left.
 * Format: protobuf.dev/programming-guides/encoding.
 */
import { FormatError } from '../../common/errors.js';
import {
  BYTES,
  FIXED32,
  FIXED64,
  VARINT,
  type FieldType,
  type Message,
  type MessageType,
  type NumberType,
} from './protobuf-types.js';

const TWO_28 = 268_435_456;
const TWO_36 = 68_719_476_736;

/**
 * Messages and texts in lists that a file may have: sixteen for each layer that a network may have. Each takes some
 * hundred bytes in memory and two in the file.
 */
const MOST_ENTRIES = 131_072;

/** Integers in lists that a file may have: each takes eight bytes in memory, and may take one in the file. */
const MOST_INTEGERS = 4_194_304;

const UTF8 = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads a message from its bytes, each length checked before use. */
class Reader {
  private at = 0;
  private readonly view: DataView;

  constructor(
    private readonly where: string,
    private readonly bytes: Uint8Array,
    /** Entries and integers that are left for the whole file. */
    private readonly budget: { left: number; integers: number },
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.at === this.bytes.length;
  }

  refuse(message: string): never {
    throw new FormatError(`${this.where}: ${message}`);
  }

  count(): void {
    if (--this.budget.left < 0) this.refuse(`a file expected at most ${MOST_ENTRIES} messages and texts, got more.`);
  }

  /** Reads an integer as a signed number of 64 bits; beyond 2^53 it is rounded. */
  varint(): number {
    let low = 0;
    let high = 0;
    let scale = 1;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.done) this.refuse('an integer expected its last byte, got the end.');
      const byte = this.bytes[this.at++];
      const bits = byte & 127;
      if (shift < 28) low += bits * scale;
      else high += bits * scale;
      scale = shift === 21 ? 1 : scale * 128;
      if (byte < 128) {
        // 28 bits are in `low`, 36 or more in `high`: the upper half of these is negative.
        const upper = high % TWO_36;
        return (2 * upper >= TWO_36 ? upper - TWO_36 : upper) * TWO_28 + low;
      }
    }
    return this.refuse('an integer expected at most ten bytes, got more.');
  }

  take(length: number, what: string): Uint8Array {
    const left = this.bytes.length - this.at;
    if (length < 0 || length > left) this.refuse(`${what} expected ${length} bytes, got ${left} until the end.`);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  float(what: string): number {
    this.take(4, what);
    return this.view.getFloat32(this.at - 4, true);
  }

  double(what: string): number {
    this.take(8, what);
    return this.view.getFloat64(this.at - 8, true);
  }

  chunk(what: string): Uint8Array {
    return this.take(this.varint(), what);
  }

  string(what: string): string {
    try {
      return UTF8.decode(this.chunk(what));
    } catch (error) {
      if (error instanceof FormatError) throw error;
      return this.refuse(`${what} expected text in UTF-8, got other bytes.`);
    }
  }

  private countInteger(): void {
    if (--this.budget.integers < 0) this.refuse(`a file expected at most ${MOST_INTEGERS} integers, got more.`);
  }

  skip(wire: number, what: string): void {
    if (wire === VARINT) this.varint();
    else if (wire === FIXED64) this.take(8, what);
    else if (wire === BYTES) this.chunk(what);
    else if (wire === FIXED32) this.take(4, what);
    else this.refuse(`${what} expected wire type 0, 1, 2 or 5, got ${wire}.`);
  }

  /** Reads one value of a field. */
  value(type: FieldType, wire: number, what: string): unknown {
    const expected = WIRE[typeof type === 'string' ? type : 'bytes'];
    if (wire !== expected) this.refuse(`${what} expected wire type ${expected}, got ${wire}.`);
    if (type === 'int') return this.varint();
    if (type === 'float') return this.float(what);
    if (type === 'double') return this.double(what);
    if (type === 'string') return this.string(what);
    if (type === 'bytes') return this.chunk(what);
    return readMessage(new Reader(this.where, this.chunk(what), this.budget), type);
  }

  /** Reads one number, or a packed list of them, the form in which writers put lists since version 3. */
  numbers(type: NumberType, wire: number, into: NumberList, what: string): void {
    if (wire !== BYTES) {
      if (type === 'int') this.countInteger();
      into.push(this.value(type, wire, what) as number);
      return;
    }
    const chunk = this.chunk(what);
    const inner = new Reader(this.where, chunk, this.budget);
    // Integers take at least a byte each.
    into.reserve(type === 'int' ? Math.min(chunk.length, 64) : Math.ceil(chunk.length / (type === 'float' ? 4 : 8)));
    while (!inner.done) {
      if (type === 'int') {
        this.countInteger();
        into.push(inner.varint());
      } else into.push(type === 'float' ? inner.float(what) : inner.double(what));
    }
  }
}

/** A list of numbers that grows. */
class NumberList {
  length = 0;

  constructor(private data: Float32Array | Float64Array) {}

  /** Makes room for so many more. */
  reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.data.length) return;
    // A list in many parts is not copied for each of them.
    const room = this.length === 0 ? needed : Math.max(needed, 2 * this.length);
    const larger = this.data instanceof Float32Array ? new Float32Array(room) : new Float64Array(room);
    larger.set(this.data);
    this.data = larger;
  }

  push(value: number): void {
    if (this.length === this.data.length) this.reserve(Math.max(16, this.length));
    this.data[this.length++] = value;
  }

  done(): Float32Array | Float64Array {
    return this.data.subarray(0, this.length);
  }
}

const isNumber = (type: FieldType): type is NumberType => type === 'int' || type === 'float' || type === 'double';

const WIRE: Readonly<Record<string, number>> = {
  int: VARINT,
  float: FIXED32,
  double: FIXED64,
  string: BYTES,
  bytes: BYTES,
};

/** Lists without numbers, which all messages share. */
const NO: Readonly<Record<NumberType, Float32Array | Float64Array>> = {
  int: /* @__PURE__ */ new Float64Array(0),
  float: /* @__PURE__ */ new Float32Array(0),
  double: /* @__PURE__ */ new Float64Array(0),
};

function readMessage(reader: Reader, { name: message, fields }: MessageType): Message {
  reader.count();
  const values: Record<string, unknown> = {};
  // Most lists are empty, and a file has thousands of messages.
  let lists: Map<string, NumberList> | undefined;
  for (const { name, type, list } of fields.values()) if (list) values[name] = isNumber(type) ? NO[type] : [];
  while (!reader.done) {
    const key = reader.varint();
    const wire = key & 7;
    const number = Math.floor(key / 8);
    const field = fields.get(number);
    const what = field?.what ?? `${message}.${number}`;
    if (number < 1) reader.refuse(`${message} expected fields from 1 on, got field ${number}.`);
    if (field === undefined) {
      reader.skip(wire, what);
      continue;
    }
    const { name, type, list } = field;
    if (!list) {
      // Files one behind the other: other readers merge what they say.
      if (typeof type !== 'string' && values[name] !== undefined) reader.refuse(`${what} expected once, got twice.`);
      // As the format has it, the last one counts.
      values[name] = reader.value(type, wire, what);
    } else if (isNumber(type)) {
      lists ??= new Map();
      let numbers = lists.get(name);
      if (numbers === undefined) lists.set(name, (numbers = new NumberList(NO[type])));
      reader.numbers(type, wire, numbers, what);
    } else {
      reader.count();
      (values[name] as unknown[]).push(reader.value(type, wire, what));
    }
  }
  if (lists !== undefined) for (const [name, list] of lists) values[name] = list.done();
  return values;
}

/**
 * Reads a message. Fields that the type does not have are skipped, absent ones are undefined, absent lists empty.
 * @throws FormatError for damaged bytes, a field of another type, or more entries than a file may have; the text starts
 * with `where`.
 */
export const decodeMessage = (where: string, type: MessageType, bytes: Uint8Array): Message =>
  readMessage(new Reader(where, bytes, { left: MOST_ENTRIES, integers: MOST_INTEGERS }), type);

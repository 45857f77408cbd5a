/**
 * The header of an .npy file: a Python dictionary as text, `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
 * A parser of just that: text, True and False, tuples of counts. Nothing is evaluated. Format: numpy/lib/format.py.
 */
import { describe } from '../../common/describe.js';
import { FormatError } from '../../common/errors.js';
import { sizeOf } from '../../common/tensors.js';
import { typeOf, type TypeInFile } from './dtypes.js';

/** What a header says. */
export interface Header extends TypeInFile {
  readonly shape: number[];
  /** Whether the first index runs fastest. */
  readonly fortran: boolean;
  /** Number of values. */
  readonly size: number;
  /** Where the data begins. */
  readonly start: number;
}

const MAGIC = '\x93NUMPY';

/** Longest header: NumPy's own limit is 10,000 characters, which only structures exceed. */
const LONGEST = 65_536;

/** Most axes, those of NumPy 2. */
const MOST_AXES = 64;

/** A value of the header. */
type Value = string | boolean | number[];

/** Parts of the text; whatever stands for itself is one character. */
const TOKENS = /\s*(?:'([^'\\\n]*)'|"([^"\\\n]*)"|(\d{1,16})L?|(True|False)|([{}():,[])|$)/y;

/** Reads text part by part. */
class Parser {
  private at = 0;

  constructor(
    private readonly where: string,
    private readonly text: string,
  ) {}

  private refuse(expected: string): never {
    const rest = describe(this.text.slice(this.at, this.at + 20));
    throw new FormatError(`${this.where} expected ${expected} in its header, got ${rest} at character ${this.at}.`);
  }

  /** Takes the next part, as the groups of TOKENS. */
  private next(): readonly (string | undefined)[] {
    TOKENS.lastIndex = this.at;
    const match = TOKENS.exec(this.text);
    if (match === null) return this.refuse("text, True, False or a tuple of counts, as { 'descr': … }");
    this.at = TOKENS.lastIndex;
    return match;
  }

  /** Whether a sign is next; nothing is taken. */
  private isNext(sign: string): boolean {
    const before = this.at;
    const found = this.next()[5] === sign;
    this.at = before;
    return found;
  }

  /** Takes a sign if it is next. */
  private sign(sign: string): boolean {
    const found = this.isNext(sign);
    if (found) this.next();
    return found;
  }

  private key(): string {
    const before = this.at;
    const [, single, double] = this.next();
    if (single !== undefined || double !== undefined) return single ?? double ?? '';
    this.at = before;
    return this.refuse('a name');
  }

  private value(): Value {
    const before = this.at;
    const [, single, double, , flag, sign] = this.next();
    if (single !== undefined || double !== undefined) return single ?? double ?? '';
    if (flag !== undefined) return flag === 'True';
    if (sign === '(') return this.counts();
    this.at = before;
    if (sign === '[') return this.refuse('one type of numbers, not a structure,');
    return this.refuse('text, True, False or a tuple of counts');
  }

  private counts(): number[] {
    const counts: number[] = [];
    while (!this.sign(')')) {
      const before = this.at;
      const count = this.next()[3];
      if (count === undefined || !Number.isSafeInteger(Number(count)) || counts.length === MOST_AXES) {
        this.at = before;
        this.refuse(`at most ${MOST_AXES} counts`);
      }
      counts.push(Number(count));
      // (3) is a number in parentheses.
      if (!this.sign(',') && (counts.length === 1 || !this.isNext(')'))) this.refuse('a comma');
    }
    return counts;
  }

  /** Reads the whole text. */
  dictionary(): Map<string, Value> {
    const entries = new Map<string, Value>();
    if (!this.sign('{')) this.refuse('a dictionary');
    while (!this.sign('}')) {
      const name = this.key();
      if (entries.has(name)) this.refuse(`one ${name}`);
      if (!this.sign(':')) this.refuse('a colon');
      entries.set(name, this.value());
      if (!this.sign(',') && !this.isNext('}')) this.refuse('a comma');
    }
    if (this.text.slice(this.at).trim() !== '') this.refuse('nothing more');
    return entries;
  }
}

/** Whether a file begins as an .npy file. */
export const isNpy = (bytes: Uint8Array): boolean => String.fromCharCode(...bytes.subarray(0, 6)) === MAGIC;

/** Reads the header of a file. `where` begins its messages. */
export function readHeader(where: string, bytes: Uint8Array): Header {
  const refuse = (message: string): never => {
    throw new FormatError(`${where} ${message}`);
  };
  if (!isNpy(bytes)) {
    const archive = bytes[0] === 0x50 && bytes[1] === 0x4b ? ', got a zip archive: read it with readNpz.' : '.';
    refuse(`expected an .npy file, which begins with "\\x93NUMPY"${archive}`);
  }
  const [major, minor] = bytes.subarray(6, 8);
  if (!(major >= 1 && major <= 3 && minor === 0)) refuse(`expected version 1.0, 2.0 or 3.0, got ${major}.${minor}.`);
  const begin = major === 1 ? 10 : 12;
  if (bytes.length < begin) refuse(`expected a header, got a file of ${bytes.length} bytes. It is cut off.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > LONGEST) refuse(`expected a header of at most ${LONGEST} bytes, got ${length}.`);
  const start = begin + length;
  if (start > bytes.length) {
    refuse(`expected ${length} bytes of header from byte ${begin}, got a file of ${bytes.length}. It is cut off.`);
  }
  // Version 3 is UTF-8, which only names in structures need.
  const text = Array.from(bytes.slice(begin, start), (code) => String.fromCharCode(code)).join('');
  const parser = new Parser(where, text);
  const entries = parser.dictionary();
  const [descr, fortran, shape] = ['descr', 'fortran_order', 'shape'].map((name) => entries.get(name));
  if (entries.size !== 3 || typeof descr !== 'string' || typeof fortran !== 'boolean' || !Array.isArray(shape)) {
    return refuse(`expected descr, fortran_order and shape in its header, got ${describe(text.trim())}.`);
  }
  return { ...typeOf(where, descr), shape, fortran, size: sizeOf(shape), start };
}

/** Multiple of bytes at which data begins. */
const ALIGNMENT = 64;

/** Returns the beginning of a file, up to its data: version 1.0, C order. */
export function writeHeader(code: string, shape: readonly number[]): Uint8Array {
  // One count has a comma behind it, as in Python.
  const counts = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const order = code.endsWith('1') ? '|' : '<';
  const text = `{'descr': '${order}${code}', 'fortran_order': False, 'shape': (${counts}), }`;
  const bytes = ALIGNMENT * Math.ceil((10 + text.length + 1) / ALIGNMENT);
  const header = Uint8Array.from(`${MAGIC}\x01\0\0\0${text.padEnd(bytes - 11)}\n`, (letter) => letter.charCodeAt(0));
  new DataView(header.buffer).setUint16(8, bytes - 10, true);
  return header;
}

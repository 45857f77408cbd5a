/**
 * DEFLATE (RFC 1951) for files from strangers: the length of the result is known before, so memory is taken once, and
 * data that would give more, or less, is refused where it does.
 */

/** Throws for damaged data. */
type Refuse = (message: string) => never;

/** Longest code of a symbol, in bits. */
const LONGEST = 15;

/** Order in which a block states the lengths of the codes of its lengths (RFC 1951, 3.2.7). */
const LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Least lengths and distances of their symbols, with the number of bits that are added (RFC 1951, 3.2.5). */
function ranges(
  first: number,
  extraOf: (symbol: number) => number,
  symbols: number,
): { least: Uint16Array; extra: Uint8Array } {
  const [least, extra] = [new Uint16Array(symbols), new Uint8Array(symbols)];
  for (let symbol = 0, value = first; symbol < symbols; symbol++) {
    least[symbol] = value;
    extra[symbol] = extraOf(symbol);
    value += 1 << extra[symbol];
  }
  return { least, extra };
}

/** A code as a table: at the next bits, low bit first, the symbol times 16 and its length; 0 where no code begins so. */
interface Code {
  readonly table: Uint16Array;
  readonly mask: number;
}

/** Builds the code in which each symbol has the given length, 0 for one that does not occur (RFC 1951, 3.2.2). */
function codeOf(lengths: Uint8Array, refuse: Refuse): Code {
  const counts = new Uint16Array(LONGEST + 1);
  for (const length of lengths) counts[length]++;
  counts[0] = 0;
  let bits = LONGEST;
  while (bits > 1 && counts[bits] === 0) bits--;
  const next = new Uint16Array(LONGEST + 1);
  for (let length = 1, code = 0; length <= bits; length++) {
    code = (code + counts[length - 1]) << 1;
    if (code + counts[length] > 1 << length) refuse('has a code with too many symbols');
    next[length] = code;
  }
  const table = new Uint16Array(1 << bits);
  lengths.forEach((length, symbol) => {
    if (length === 0) return;
    let reversed = 0;
    for (let code = next[length]++, bit = 0; bit < length; bit++, code >>= 1) reversed = (reversed << 1) | (code & 1);
    for (let at = reversed; at < table.length; at += 1 << length) table[at] = (symbol << 4) | length;
  });
  return { table, mask: table.length - 1 };
}

/** Bits of the data, low bit first. Past its end there are zeros, and `left` is negative once they were taken. */
class Bits {
  private held = 0;
  private count = 0;
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  /** Holds at least 24 bits. */
  private fill(): void {
    while (this.count < 24) {
      // Past the end: undefined, which is 0 for an operator of bits.
      this.held |= this.bytes[this.at++] << this.count;
      this.count += 8;
    }
  }

  /** Number of bits of the data that are left. */
  get left(): number {
    return 8 * (this.bytes.length - this.at) + this.count;
  }

  /** Takes up to 16 bits. */
  take(bits: number): number {
    this.fill();
    const value = this.held & ((1 << bits) - 1);
    this.held >>>= bits;
    this.count -= bits;
    return value;
  }

  /** Takes the next symbol of a code, or returns -1 where there is none. */
  symbol({ table, mask }: Code): number {
    this.fill();
    const entry = table[this.held & mask];
    this.held >>>= entry & 15;
    this.count -= entry & 15;
    return entry === 0 ? -1 : entry >> 4;
  }

  /** Takes bytes from the next whole byte on. */
  bytesFrom(count: number): Uint8Array {
    // What is held beyond the byte that was begun is given back.
    const start = this.at - (this.count >> 3);
    this.at = start + count;
    this.held = this.count = 0;
    return this.bytes.subarray(start, this.at);
  }

  /** Gives up the rest of a byte that was begun. */
  align(): void {
    this.take(this.count & 7);
  }
}

/** The codes of a block: of literals and lengths, and of distances. */
type Codes = readonly [literals: Code, distances: Code];

function fixedCodes(refuse: Refuse): Codes {
  const lengths = Uint8Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8));
  return [codeOf(lengths, refuse), codeOf(new Uint8Array(30).fill(5), refuse)];
}

function readCodes(bits: Bits, refuse: Refuse): Codes {
  const literals = bits.take(5) + 257;
  const distances = bits.take(5) + 1;
  const given = bits.take(4) + 4;
  const ofLengths = new Uint8Array(19);
  for (let i = 0; i < given; i++) ofLengths[LENGTH_ORDER[i]] = bits.take(3);
  const code = codeOf(ofLengths, refuse);
  const lengths = new Uint8Array(literals + distances);
  for (let i = 0; i < lengths.length;) {
    const symbol = bits.symbol(code);
    if (symbol < 0 || bits.left < 0) refuse('has lengths of codes that are cut off');
    if (symbol < 16) lengths[i++] = symbol;
    else {
      if (symbol === 16 && i === 0) refuse('repeats a length of a code before there is one');
      const value = symbol === 16 ? lengths[i - 1] : 0;
      const times = symbol === 16 ? 3 + bits.take(2) : symbol === 17 ? 3 + bits.take(3) : 11 + bits.take(7);
      if (i + times > lengths.length) refuse('has more lengths of codes than symbols');
      lengths.fill(value, i, (i += times));
    }
  }
  return [codeOf(lengths.subarray(0, literals), refuse), codeOf(lengths.subarray(literals), refuse)];
}

/** Returns what DEFLATE data holds, which must be `size` bytes. `refuse` throws with what is wrong about the data. */
export function inflate(data: Uint8Array, size: number, refuse: Refuse): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(size);
  const bits = new Bits(data);
  const lengths = ranges(3, (symbol) => (symbol < 4 ? 0 : (symbol >> 2) - 1), 28);
  const distances = ranges(1, (symbol) => (symbol < 2 ? 0 : (symbol >> 1) - 1), 30);
  let at = 0;
  const readBlock = ([ofLiterals, ofDistances]: Codes): void => {
    for (;;) {
      const symbol = bits.symbol(ofLiterals);
      if (symbol < 0) refuse('has bits that are no symbol');
      if (bits.left < 0) refuse('is cut off');
      if (symbol < 256) {
        if (at === size) refuse(`gives more than the ${size} bytes that it states`);
        out[at++] = symbol;
        continue;
      }
      if (symbol === 256) return;
      if (symbol > 285) refuse('has a length that does not exist');
      // The last symbol is the longest length, without bits that are added.
      const length = symbol === 285 ? 258 : lengths.least[symbol - 257] + bits.take(lengths.extra[symbol - 257]);
      const code = bits.symbol(ofDistances);
      if (code < 0 || code > 29) refuse('has a distance that does not exist');
      const distance = distances.least[code] + bits.take(distances.extra[code]);
      if (bits.left < 0) refuse('is cut off');
      if (distance > at) refuse('refers to what stands before its beginning');
      if (at + length > size) refuse(`gives more than the ${size} bytes that it states`);
      for (const end = at + length; at < end; at++) out[at] = out[at - distance];
    }
  };
  for (let last = false; !last;) {
    last = bits.take(1) === 1;
    const kind = bits.take(2);
    if (kind === 0) {
      bits.align();
      const [length, complement] = [bits.take(16), bits.take(16)];
      if (bits.left < 8 * length || length !== (complement ^ 0xffff)) refuse('has a block that is cut off or damaged');
      if (at + length > size) refuse(`gives more than the ${size} bytes that it states`);
      out.set(bits.bytesFrom(length), at);
      at += length;
    } else if (kind === 3) refuse('has a block of a kind that does not exist');
    else readBlock(kind === 1 ? fixedCodes(refuse) : readCodes(bits, refuse));
    if (bits.left < 0) refuse('is cut off');
  }
  if (at !== size) refuse(`gives ${at} bytes instead of the ${size} that it states`);
  if (bits.left >= 8) refuse('goes on behind its last block');
  return out;
}

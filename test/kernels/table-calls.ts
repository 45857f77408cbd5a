/**
 * Makes calls of any kernel from nothing but its lines in the ABI table and in the table of extents: sizes, contents
 * and addresses. One pointer of a call is placed so that its buffer ends where memory ends, so that an access past its
 * extent traps. Memory around the other buffers is filled with a pattern, which must neither change nor have an effect.
 * The checks are in extents.test.ts.
 */
import { ABI, type KernelName } from '../../src/runtime/abi.js';
import type { Area, Extent } from '../../src/runtime/extent-forms.js';
import { EXTENTS } from '../../src/runtime/extents.js';
import { ABI as INT8_ABI, type Int8KernelName, type Int8Path } from '../../src/runtime/int8/abi.js';
import { INT8_EXTENTS } from '../../src/runtime/int8/extents.js';
import { source, type Source } from '../support/reference/random.js';

type Numbers = Record<string, number>;

/** Every width from 1 to 20, and some that reach the loops of large rows and the packing of products. */
const WIDTHS = [...Array.from({ length: 20 }, (_, i) => i + 1), 33, 67];
const ROW_COUNTS = [0, 1, 2, 3, 5, 8, 13];
/** Limit on the combinations of sizes of one kernel. */
const MOST_SIZES = 400;
/** A buffer of more floats is scratch: its contents are not checked. */
const LARGE = 16_384;

/** Random parameters besides sizes, by name. A parameter without an entry may be any number. */
const CHOICES: Readonly<Record<string, readonly number[]>> = {
  rows: [1, 2, 3, 7],
  width: [8, 12, 16, 68],
  pieces: [1, 2, 3],
  skipped: [0, 1, 2],
  panels: [0, 1, 2, 10],
  columns: [1, 2, 3],
  accumulate: [0, 1],
  calibrated: [0, 1],
  nesterov: [0, 1],
};

/** A kernel of float32, or of eight bits: both binaries have these under the same names. */
export type TableName = KernelName | `${Int8Path} ${Int8KernelName}`;

export interface TableCall {
  readonly kernel: TableName;
  /** Values by parameter, except pointers. */
  readonly scalars: Numbers;
  /** Pointers that are null. */
  readonly nulls: ReadonlySet<string>;
  readonly seed: number;
}

const isPointer = (parameter: string): boolean => parameter.startsWith('*');
const isFloat = (parameter: string): boolean => parameter.endsWith(':f32');
const isDistance = (parameter: string): boolean => /^ld[a-z]?$/.test(parameter);

/** The parameters and the extents of each kernel. */
const TABLE = new Map<string, { parameters: readonly string[]; extents: Readonly<Record<string, Extent>> }>();
for (const [name, parameters] of Object.entries(ABI)) {
  TABLE.set(name, { parameters, extents: EXTENTS[name as KernelName] });
}
for (const [path, extents] of Object.entries(INT8_EXTENTS)) {
  for (const [name, parameters] of Object.entries(INT8_ABI)) {
    TABLE.set(`${path} ${name}`, { parameters, extents: extents[name as Int8KernelName] });
  }
}

export const tableNames = [...TABLE.keys()] as TableName[];
export const parametersOf = (kernel: TableName): readonly string[] => TABLE.get(kernel)!.parameters;
export const extentsOf = (kernel: TableName): Readonly<Record<string, Extent>> => TABLE.get(kernel)!.extents;

const of = <T>(list: readonly T[], from: Source): T => list[from.below(list.length)];

/** Floats from the start of a buffer to the end of what a call may touch. */
const endOf = ({ count, length, stride, over }: Area): number =>
  count <= 0 || length + over <= 0 ? 0 : (count - 1) * stride + length + over;

export const areasOf = ({ reads, writes }: Extent, sizes: Numbers): Area[] =>
  [reads, writes].flatMap((area) => (area === undefined ? [] : [area(sizes)]));

/** All combinations, or a random sample where there are too many. */
function combinations(lists: readonly (readonly number[])[], from: Source): number[][] {
  const total = lists.reduce((product, list) => product * list.length, 1);
  if (total > MOST_SIZES) return Array.from({ length: MOST_SIZES }, () => lists.map((list) => of(list, from)));
  return lists.reduce<number[][]>(
    (before, list) => before.flatMap((one) => list.map((value) => [...one, value])),
    [[]],
  );
}

/** The calls to try of a kernel: all of its sizes, or a sample of them. */
export function callsOf(kernel: TableName): TableCall[] {
  const parameters = parametersOf(kernel);
  const from = source(0x5eed);
  const sizes = ['m', 'n', 'k'].filter((name) => parameters.includes(name));
  const inner = parameters.includes('k');
  const lists = sizes.map((name) => {
    // Rows have at least one value; a vector may be empty.
    if (name === 'n') return sizes.length > 1 ? WIDTHS : [0, ...WIDTHS];
    return inner ? [0, ...WIDTHS] : ROW_COUNTS;
  });
  return combinations(lists, from).map((values) => {
    const scalars: Numbers = Object.fromEntries(sizes.map((name, index) => [name, values[index]]));
    for (const parameter of parameters) {
      if (isPointer(parameter) || isDistance(parameter) || parameter in scalars) continue;
      if (isFloat(parameter)) scalars[parameter.slice(0, -':f32'.length)] = Math.fround(0.25 + 0.5 * from.uniform());
      else scalars[parameter] = parameter in CHOICES ? of(CHOICES[parameter], from) : from.below(2 ** 32) | 0;
    }
    for (const distance of parameters.filter(isDistance)) {
      scalars[distance] = leastDistance(kernel, scalars, distance) + of([0, 0, 1, 4], from);
    }
    // One row that all rows start from.
    if (parameters.includes('ldi') && from.below(2) === 0) scalars.ldi = 0;
    const nulls = Object.entries(extentsOf(kernel)).flatMap(([name, { optional }]) =>
      optional === true && from.below(2) === 0 ? [name] : [],
    );
    return { kernel, scalars, nulls: new Set(nulls), seed: from.below(2 ** 31) };
  });
}

/** The least distance of rows at which no two rows of this distance overlap. */
function leastDistance(kernel: TableName, scalars: Numbers, distance: string): number {
  const at = (value: number): Area[] =>
    Object.values(extentsOf(kernel)).flatMap((one) => areasOf(one, { ...scalars, [distance]: value }));
  const [none, many] = [at(0), at(1000)];
  return Math.max(1, ...none.flatMap(({ stride, length }, i) => (many[i].stride === stride ? [] : [length])));
}

/**
 * Kind of a call's contents: ordinary numbers, any bits, or ordinary numbers with NaNs whose sign bit is `negative`.
 */
export type Contents = 'ordinary' | 'hostile' | { readonly negative: boolean };

/** Addresses of a call's pointers, in floats. */
interface Placement {
  readonly at: ReadonlyMap<string, number>;
  /** First float that is checked. */
  readonly first: number;
}

/** The bits that a call left in the areas that it writes, by pointer. */
export type Written = ReadonlyMap<string, Uint32Array>;

/** One instance of the kernels on a small memory of its own. */
export class TableFixture {
  private readonly words: Uint32Array;
  private readonly kernels: Readonly<Record<string, (...numbers: number[]) => void>>;

  /** An instance of a binary; one of eight bits has the kernels of its path. */
  constructor(
    bytes: BufferSource,
    private readonly path?: Int8Path,
  ) {
    // Shared, as the binary declares it; no larger than the largest call needs.
    const memory = new WebAssembly.Memory({ initial: 32, maximum: 32, shared: true });
    this.words = new Uint32Array(memory.buffer);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
    this.kernels = instance.exports as never;
  }

  get names(): TableName[] {
    return Object.keys(this.kernels).map((name) =>
      this.path === undefined ? name : `${this.path} ${name}`,
    ) as TableName[];
  }

  /**
   * Makes a call whose buffer `last` ends at the end of memory, with `pattern` around all buffers. Throws where the
   * call changes anything outside of its areas.
   */
  run(call: TableCall, last: string, contents: Contents, pattern: number): Written {
    const { kernel, scalars } = call;
    const placed = this.place(call, last);
    const { first } = placed;
    const { words } = this;
    words.fill(pattern, first);
    this.eachArea(call, placed, (name, extent, area, at) => {
      // An area that is only written holds the pattern first: the call must overwrite all of it.
      if (extent.reads === undefined) return;
      // Integers are indices: hostile ones are any integer, ordinary ones are below the smallest number of rows or
      // columns.
      const bound = contents === 'hostile' ? 2 ** 32 : Math.max(1, Math.min(scalars.n, scalars.rows ?? Infinity));
      const from = source(call.seed + 7919 * name.length);
      eachRun(area, at, (start, length) => fill(words.subarray(start, start + length), extent, contents, bound, from));
    });
    const before = words.slice(first);
    const args = parametersOf(kernel).map((parameter) => {
      if (isPointer(parameter)) return call.nulls.has(parameter.slice(1)) ? 0 : 4 * placed.at.get(parameter.slice(1))!;
      return scalars[isFloat(parameter) ? parameter.slice(0, -':f32'.length) : parameter];
    });
    try {
      this.kernels[kernel.slice(kernel.indexOf(' ') + 1)](...args);
    } catch (error) {
      throw new Error(`${describeCall(call, last)}: ${(error as Error).message}`, { cause: error });
    }
    const after = words.slice(first);
    const written = new Map<string, number[]>();
    this.eachArea(call, placed, (name, { writes }, area, at) => {
      if (writes === undefined) return;
      const list = written.get(name) ?? [];
      eachRun(area, at, (start, length) => {
        const large = length > LARGE;
        if (!large) list.push(...after.subarray(start - first, start - first + length));
        before.set(after.subarray(start - first, start - first + length), start - first);
      });
      written.set(name, list);
    });
    const changed = after.findIndex((word, i) => word !== before[i]);
    if (changed !== -1) {
      throw new Error(`${describeCall(call, last)}: ${this.whereIs(call, placed, first + changed)} was written`);
    }
    return new Map([...written].map(([name, list]) => [name, Uint32Array.from(list)]));
  }

  /** Places buffers from the end of memory down: `last`, then the others in order with room between them. */
  private place(call: TableCall, last: string): Placement {
    const from = source(call.seed);
    const at = new Map<string, number>();
    let top = this.words.length;
    const extents = extentsOf(call.kernel);
    for (const name of [last, ...Object.keys(extents).filter((other) => other !== last)]) {
      if (call.nulls.has(name)) continue;
      const end = Math.max(0, ...areasOf(extents[name], call.scalars).map(endOf));
      top -= end;
      at.set(name, top);
      top -= 32 + from.below(8);
    }
    if (top < 256) throw new Error(`${describeCall(call, last)} needs more memory than there is`);
    return { at, first: top };
  }

  private eachArea(
    { kernel, scalars, nulls }: TableCall,
    { at }: Placement,
    visit: (name: string, extent: Extent, area: Area, at: number) => void,
  ): void {
    for (const [name, extent] of Object.entries(extentsOf(kernel))) {
      if (nulls.has(name)) continue;
      const { reads, writes } = extent;
      visit(name, extent, (writes ?? reads)!(scalars), at.get(name)!);
    }
  }

  private whereIs(call: TableCall, { at }: Placement, word: number): string {
    const offsets = [...at].map(([name, start]) => `${name}[${word - start}]`);
    return `a float at ${offsets.join(' = ')}`;
  }
}

export const describeCall = ({ kernel, scalars, nulls }: TableCall, last: string): string =>
  `${kernel} ${JSON.stringify(scalars)}, ${last} at the end${nulls.size > 0 ? `, without ${[...nulls].join(', ')}` : ''}`;

function eachRun({ count, length, stride }: Area, at: number, visit: (start: number, length: number) => void): void {
  for (let i = 0; i < count; i++) if (length > 0) visit(at + i * stride, length);
}

const SPECIAL = Float32Array.of(0, -0, 1, -1, 1e-40, 3e38, -3e38, Infinity, -Infinity);
const SPECIAL_BITS = new Uint32Array(SPECIAL.buffer);
const float = new Float32Array(1);
const bitsOf = new Uint32Array(float.buffer);

/** Fills memory with contents that depend on `from` alone. */
function fill(words: Uint32Array, { holds }: Extent, contents: Contents, bound: number, from: Source): void {
  if (words.length > LARGE) return;
  if (holds === 'doubles') {
    const doubles = Float64Array.from({ length: words.length / 2 }, () => from.symmetric(2));
    words.set(new Uint32Array(doubles.buffer));
    if (typeof contents === 'object' && from.below(3) === 0) words[1] = contents.negative ? 0xfff80000 : 0x7ff80000;
    if (contents === 'hostile') for (let i = 0; i < words.length; i++) words[i] = from.uniform() * 2 ** 32;
    return;
  }
  for (let i = 0; i < words.length; i++) {
    if (contents === 'hostile' || holds === 'integers') {
      words[i] = from.below(bound);
      continue;
    }
    const kind = from.below(12);
    float[0] = from.symmetric(2);
    words[i] = bitsOf[0];
    if (contents === 'ordinary') continue;
    if (kind < 3) words[i] = contents.negative ? 0xffc00000 : 0x7fc00000;
    else if (kind === 3) words[i] = of([...SPECIAL_BITS], from);
  }
}

/** Whether two results have the same bits. Two NaNs count as equal. */
export function sameBitsExceptNaN(one: Uint32Array, other: Uint32Array, holds: Extent['holds']): boolean {
  if (one.length !== other.length) return false;
  if (holds === 'doubles') {
    const [a, b] = [one, other].map((words) => new Float64Array(words.slice().buffer));
    return a.every((value, i) => Object.is(value, b[i]));
  }
  const [a, b] = [one, other].map((words) => new Float32Array(words.slice().buffer));
  return one.every((word, i) => word === other[i] || (holds === undefined && Number.isNaN(a[i]) && Number.isNaN(b[i])));
}

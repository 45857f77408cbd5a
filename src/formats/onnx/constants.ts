/**
 * Constants of an ONNX file: their numbers, whatever the file stores them as, and the operators that compute constants
 * from constants. The sizes of results are checked before they are made.
 */
import { FormatError } from '../../common/errors.js';
import { DTYPES, type Dtype } from '../dtypes.js';
import { FLOAT, type OnnxTensor } from './messages.js';
import { copyStrided, stridesOf } from './strides.js';

/** A constant, row-major. Integers are numbers too; `integer` says which constants hold them. */
export interface Constant {
  readonly dims: readonly number[];
  readonly data: Float32Array | Float64Array;
  readonly integer: boolean;
}

/**
 * Numbers that operators on constants may make in one file, in addition to one for each four bytes of the file, since a
 * file of some bytes can ask for any number.
 */
const FREE_NUMBERS = 2_097_152;

/** Most axes of a constant. */
const MOST_AXES = 8;

/** Number of elements of a shape. */
export const count = (dims: readonly number[]): number => dims.reduce((product, size) => product * size, 1);

interface ElementType {
  readonly bytes: number;
  readonly integer: boolean;
  /** Reads raw data. */
  readonly read: (view: DataView, into: Float32Array | Float64Array) => void;
  /** The list that holds elements where there are no raw data; its entries are the bits of a type of 16 bits. */
  readonly list: 'floatData' | 'int32Data' | 'int64Data' | 'doubleData';
}

const each =
  (bytes: number, read: (view: DataView, at: number) => number): ElementType['read'] =>
  (view, into) => {
    for (let i = 0; i < into.length; i++) into[i] = read(view, bytes * i);
  };

/** An integer of 64 bits; beyond 2⁵³ the nearest. */
const long = (view: DataView, at: number): number => view.getInt32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);

/** Types of 16 bits, which are read into float32. */
const half = (dtype: Dtype): ElementType => ({
  bytes: dtype.bytes,
  integer: false,
  read: (view, into) => dtype.read(view, into as Float32Array),
  list: 'int32Data',
});

const FLOAT16 = 10;
const DOUBLE = 11;
const BFLOAT16 = 16;

/** Element types by their number in TensorProto.DataType. */
const ELEMENT_TYPES: Readonly<Record<number, ElementType>> = {
  1: { bytes: 4, integer: false, read: each(4, (view, at) => view.getFloat32(at, true)), list: 'floatData' },
  2: { bytes: 1, integer: true, read: each(1, (view, at) => view.getUint8(at)), list: 'int32Data' },
  3: { bytes: 1, integer: true, read: each(1, (view, at) => view.getInt8(at)), list: 'int32Data' },
  6: { bytes: 4, integer: true, read: each(4, (view, at) => view.getInt32(at, true)), list: 'int32Data' },
  7: { bytes: 8, integer: true, read: each(8, long), list: 'int64Data' },
  9: { bytes: 1, integer: true, read: each(1, (view, at) => view.getUint8(at)), list: 'int32Data' },
  [FLOAT16]: half(DTYPES.F16),
  [DOUBLE]: { bytes: 8, integer: false, read: each(8, (view, at) => view.getFloat64(at, true)), list: 'doubleData' },
  [BFLOAT16]: half(DTYPES.BF16),
};

/** Whether float32 has all numbers of a type. */
const fitsFloat32 = (type: number): boolean => ![6, 7, DOUBLE].includes(type);

/** Files beside the model, by the names that it gives them. */
export type ExternalData = Readonly<Record<string, Uint8Array>>;

/** Returns the bytes of a tensor that is stored in a file beside the model. */
function externalBytes(where: string, { externalData = [] }: OnnxTensor, files: ExternalData | undefined): Uint8Array {
  const entries = new Map(externalData.map(({ key = '', value = '' }) => [key, value]));
  const location = entries.get('location') ?? '';
  if (location === '' || /^([/\\]|[a-z]:)|(^|[/\\])\.\.([/\\]|$)/i.test(location)) {
    throw new FormatError(`${where} expected a file beside the model, got the path ${JSON.stringify(location)}.`);
  }
  const file = files !== undefined && Object.hasOwn(files, location) ? files[location] : undefined;
  if (!(file instanceof Uint8Array)) {
    throw new FormatError(
      `${where} is stored in "${location}". Pass that file's bytes: importOnnx(bytes, { externalData: { '${location}': … } }).`,
    );
  }
  const offset = Number(entries.get('offset') ?? 0);
  const length = Number(entries.get('length') ?? file.length - offset);
  if (
    !Number.isSafeInteger(offset) ||
    !Number.isSafeInteger(length) ||
    offset < 0 ||
    length < 0 ||
    offset + length > file.length
  ) {
    throw new FormatError(
      `${where} expected ${length} bytes from byte ${offset} of "${location}", got ${file.length} in all.`,
    );
  }
  return file.subarray(offset, offset + length);
}

/** Returns a shape as a list of sizes. */
function dimsOf(where: string, dims: ArrayLike<number>): number[] {
  const list = Array.from(dims);
  if (list.length > MOST_AXES)
    throw new FormatError(`${where} expected at most ${MOST_AXES} axes, got ${list.length}.`);
  for (const size of list) {
    if (!Number.isInteger(size) || size < 0)
      throw new FormatError(`${where} expected sizes of 0 or more, got ${size}.`);
  }
  return list;
}

/**
 * Returns the numbers of a tensor.
 * @throws FormatError for an element type that is no number, and where the numbers do not fill the shape.
 */
export function constantOf(where: string, tensor: OnnxTensor, files: ExternalData | undefined): Constant {
  const what = `${where}: tensor "${tensor.name ?? ''}"`;
  const dims = dimsOf(what, tensor.dims);
  const size = count(dims);
  const type = Object.hasOwn(ELEMENT_TYPES, tensor.dataType) ? ELEMENT_TYPES[tensor.dataType] : undefined;
  if (type === undefined) {
    throw new FormatError(`${what} expected numbers, got element type ${tensor.dataType}.`);
  }
  const { bytes, integer, read, list } = type;
  const raw = tensor.dataLocation === 1 ? externalBytes(what, tensor, files) : tensor.rawData;
  const given = raw === undefined ? (tensor[list]?.length ?? 0) : raw.length / bytes;
  if (given !== size) throw new FormatError(`${what} expected ${size} numbers, got ${given}.`);
  // Low byte first, as in the file: engines refuse processors with another byte order.
  if (raw !== undefined && tensor.dataType === FLOAT) {
    return { dims, data: new Float32Array(new Uint8Array(raw).buffer), integer };
  }
  const data = fitsFloat32(tensor.dataType) ? new Float32Array(size) : new Float64Array(size);
  const isHalf = tensor.dataType === FLOAT16 || tensor.dataType === BFLOAT16;
  if (raw !== undefined) read(new DataView(raw.buffer, raw.byteOffset, raw.byteLength), data);
  else if (isHalf) read(new DataView(Uint16Array.from(tensor[list] ?? []).buffer), data);
  else data.set(tensor[list] ?? []);
  return { dims, data, integer };
}

/** Makes constants, within a budget of numbers for the whole file. */
export class ConstantMaker {
  private left: number;
  /** What was made of constants, by what it is. */
  private readonly made = new WeakMap<Constant, Map<string, Float32Array>>();

  constructor(private readonly most: number) {
    this.left = most;
  }

  /** Returns one for a file of that size. */
  static forFile(bytes: number): ConstantMaker {
    return new ConstantMaker(FREE_NUMBERS + Math.floor(bytes / 4));
  }

  /** Takes numbers from the budget. */
  spend(where: string, numbers: number): void {
    this.left -= numbers;
    if (!(this.left >= 0)) {
      throw new FormatError(`${where} expected constants of at most ${this.most} numbers in all, got more.`);
    }
  }

  /** Returns what is made of a constant; the same array again where several nodes read it, which then share it. */
  once(from: Constant, what: string, make: () => Float32Array): Float32Array {
    const known = this.made.get(from) ?? new Map<string, Float32Array>();
    this.made.set(from, known);
    const result = known.get(what) ?? make();
    known.set(what, result);
    return result;
  }

  /** Returns room for a constant of this shape. */
  make(
    where: string,
    dims: readonly number[],
    integer: boolean,
  ): { dims: readonly number[]; data: Float64Array; integer: boolean } {
    const size = count(dimsOf(where, dims));
    this.spend(where, size);
    return { dims, data: new Float64Array(size), integer };
  }

  /** Returns the constant spread to a larger shape, as NumPy does. */
  spread(where: string, from: Constant, dims: readonly number[]): Constant {
    if (from.dims.length === dims.length && from.dims.every((size, axis) => size === dims[axis])) return from;
    const missing = dims.length - from.dims.length;
    const own = dims.map((_, axis) => (axis < missing ? 1 : from.dims[axis - missing]));
    if (missing < 0 || own.some((size, axis) => size !== 1 && size !== dims[axis])) {
      throw new FormatError(
        `${where} expected shapes that fit, got (${from.dims.join(', ')}) and (${dims.join(', ')}).`,
      );
    }
    const to = this.make(where, dims, from.integer);
    const strides = stridesOf(own).map((stride, axis) => (own[axis] === 1 ? 0 : stride));
    copyStrided(to.data, dims, from.data, strides);
    return to;
  }

  /** Returns the shape that both spread to. */
  common(where: string, a: readonly number[], b: readonly number[]): number[] {
    const rank = Math.max(a.length, b.length);
    return Array.from({ length: rank }, (_, axis) => {
      const left = a[axis - rank + a.length] ?? 1;
      const right = b[axis - rank + b.length] ?? 1;
      if (left !== right && left !== 1 && right !== 1) {
        throw new FormatError(`${where} expected shapes that fit, got (${a.join(', ')}) and (${b.join(', ')}).`);
      }
      return left === 1 ? right : left;
    });
  }

  /** Applies a function of two numbers, element by element. */
  pairwise(where: string, a: Constant, b: Constant, of: (a: number, b: number) => number): Constant {
    const dims = this.common(where, a.dims, b.dims);
    const [left, right] = [this.spread(where, a, dims), this.spread(where, b, dims)];
    const to = this.make(where, dims, a.integer && b.integer);
    const { data } = to;
    for (let i = 0; i < data.length; i++) data[i] = of(left.data[i], right.data[i]);
    return to;
  }

  /** Reorders the axes. */
  transpose(where: string, from: Constant, order: readonly number[]): Constant {
    const { dims } = from;
    if (order.length !== dims.length || [...order].sort((a, b) => a - b).some((axis, index) => axis !== index)) {
      throw new FormatError(`${where} expected each of ${dims.length} axes once, got [${order.join(', ')}].`);
    }
    const strides = stridesOf(dims);
    const to = this.make(
      where,
      order.map((axis) => dims[axis]),
      from.integer,
    );
    copyStrided(
      to.data,
      to.dims,
      from.data,
      order.map((axis) => strides[axis]),
    );
    return to;
  }

  /** Repeats a constant along each axis, as often as `repeats` says. */
  tile(where: string, from: Constant, repeats: readonly number[]): Constant {
    const { dims } = from;
    const to = this.make(
      where,
      dims.map((size, axis) => size * repeats[axis]),
      from.integer,
    );
    // Two axes for each: the repeats, which stay where they are, and the numbers.
    const strides = stridesOf(dims).flatMap((stride) => [0, stride]);
    const both = dims.flatMap((size, axis) => [repeats[axis], size]);
    copyStrided(to.data, both, from.data, strides);
    return to;
  }

  /** Joins constants along an axis. */
  concatenate(where: string, parts: readonly Constant[], axis: number): Constant {
    const [first] = parts;
    const along = axisOf(where, axis, first.dims.length);
    for (const { dims } of parts) {
      if (dims.length !== first.dims.length || dims.some((size, one) => one !== along && size !== first.dims[one])) {
        throw new FormatError(
          `${where} expected shapes that fit, got (${first.dims.join(', ')}) and (${dims.join(', ')}).`,
        );
      }
    }
    const total = parts.reduce((sum, { dims }) => sum + dims[along], 0);
    const to = this.make(
      where,
      first.dims.map((size, one) => (one === along ? total : size)),
      parts.every(({ integer }) => integer),
    );
    const outer = count(first.dims.slice(0, along));
    const inner = count(first.dims.slice(along + 1));
    let at = 0;
    for (let block = 0; block < outer; block++) {
      for (const { dims, data } of parts) {
        const length = dims[along] * inner;
        to.data.set(data.subarray(block * length, (block + 1) * length), at);
        at += length;
      }
    }
    return to;
  }

  /** Takes entries along an axis by index; negative ones count from the end. */
  gather(where: string, from: Constant, indices: Constant, axis: number): Constant {
    const along = axisOf(where, axis, from.dims.length);
    const size = from.dims[along];
    const inner = count(from.dims.slice(along + 1));
    const outer = count(from.dims.slice(0, along));
    const to = this.make(
      where,
      [...from.dims.slice(0, along), ...indices.dims, ...from.dims.slice(along + 1)],
      from.integer,
    );
    let at = 0;
    for (let block = 0; block < outer; block++) {
      for (const index of indices.data) {
        const entry = index < 0 ? index + size : index;
        if (!Number.isInteger(entry) || entry < 0 || entry >= size) {
          throw new FormatError(`${where} expected indices below ${size}, got ${index}.`);
        }
        const start = (block * size + entry) * inner;
        to.data.set(from.data.subarray(start, start + inner), at);
        at += inner;
      }
    }
    return to;
  }
}

/** Returns an axis from 0 on; negative ones count from the end. */
export function axisOf(where: string, axis: number, rank: number): number {
  const from = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(from) || from < 0 || from >= rank) {
    throw new FormatError(`${where} expected an axis of ${rank}, got ${axis}.`);
  }
  return from;
}

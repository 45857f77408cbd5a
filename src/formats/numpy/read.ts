/**
 * `readNpy` and `readNpz`: NumPy's files as typed arrays. Memory is bounded before it is taken: a compressed archive of
 * a few bytes may claim gigabytes.
 */
import { describe, describeShape } from '../../common/describe.js';
import { FormatError, MemoryError } from '../../common/errors.js';
import { isOutOfMemory, sizeOf } from '../../common/tensors.js';
import { integer, oneOf, optional, readFields, setField, type OptionTable } from '../../common/options.js';
import { DTYPES } from '../dtypes.js';
import { fileBytes } from '../file-bytes.js';
import { readDirectory, readFile, type ZipEntry } from '../zip/read-zip.js';
import type { NumpyData, NumpyType } from './dtypes.js';
import { isNpy, readHeader, type Header } from './header.js';

/**
 * An array of NumPy.
 * @category NumPy
 */
export interface NumpyArray<D extends NumpyData = NumpyData> {
  /** NumPy's name of the type in the file. */
  readonly dtype: NumpyType;
  /** Length of each axis; none for a single value. */
  readonly shape: number[];
  /** Values, the last index fastest (C order), whatever the order in the file. */
  readonly data: D;
}

/**
 * Options of `readNpy` and `readNpz`.
 * @category NumPy
 */
export interface ReadNumpyOptions {
  /**
   * 'float32' for numbers rounded to float32, whatever the type in the file: what `setWeights` takes. Default: the
   * typed array that holds them exactly.
   */
  dtype?: 'float32' | undefined;
  /**
   * Most bytes that the arrays may take while they are read. Default 64 MB more than four times the file: enough for
   * what is not compressed, and for data that compresses well; archives of zeros may need more.
   */
  maxBytes?: number | undefined;
}

interface Options {
  readonly dtype: 'float32' | undefined;
  readonly maxBytes: number | undefined;
}

const OPTIONS: OptionTable<Options> = {
  dtype: { check: optional(oneOf(['float32'])), or: undefined },
  maxBytes: { check: optional(integer(0)), or: undefined },
};

/** Bytes that a file may take while it is read, beside those in proportion to it, and their proportion. */
const FREE_BYTES = 64 * 1024 * 1024;
const PER_BYTE = 4;

/** What may still be allocated. */
class Room {
  private used = 0;
  private readonly limit: number;

  constructor(
    fileBytes: number,
    private readonly given: number | undefined,
  ) {
    this.limit = given ?? FREE_BYTES + PER_BYTE * fileBytes;
  }

  /** Takes bytes for what `where` begins, or throws. */
  take(where: string, bytes: number): void {
    this.used += bytes;
    if (this.used <= this.limit) return;
    const limit = this.given === undefined ? ', 64 MB and 4 times the file' : '';
    throw new FormatError(
      `${where} expected arrays of at most ${this.limit} bytes${limit}, got more. ` +
        'If you trust the origin of the file, raise maxBytes.',
    );
  }

  /** Gives back bytes that are garbage now. */
  give(bytes: number): void {
    this.used -= bytes;
  }
}

/** Reverses the bytes of each number. */
function swapBytes(bytes: Uint8Array, size: number): void {
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}

/** Copies values from Fortran's order, in which the first index runs fastest, to C's. */
function toRows<D extends NumpyData>(data: D, shape: readonly number[]): D {
  const result = data.slice() as D;
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)));
  const index = shape.map(() => 0);
  for (let to = 0, from = 0; to < result.length; to++) {
    result[to] = data[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return result;
}

/** Reads numbers as they are in a file, from a copy of it that is changed. */
function readData(file: Uint8Array<ArrayBuffer>, header: Header): NumpyData {
  const { type, size, start, swapped, name } = header;
  const bytes = file.subarray(start);
  if (swapped) swapBytes(bytes, type.bytes);
  if (name === 'bool') bytes.forEach((value, i) => (bytes[i] = Number(value !== 0)));
  // A header of some other writer may leave them anywhere.
  const aligned = bytes.byteOffset % type.bytes === 0 ? bytes : bytes.slice();
  if (name !== 'float16') return new type.Bits(aligned.buffer, aligned.byteOffset, size);
  const floats = new Float32Array(size);
  DTYPES.F16.read(new DataView(aligned.buffer, aligned.byteOffset, aligned.byteLength), floats);
  return floats;
}

const toFloats = (data: NumpyData): Float32Array =>
  data instanceof BigInt64Array || data instanceof BigUint64Array
    ? Float32Array.from(data as BigInt64Array, Number)
    : Float32Array.from(data as Float64Array);

/** Reads one file, which is a copy of its own. `size` bytes of it are taken already. */
function readArray(
  where: string,
  file: Uint8Array<ArrayBuffer>,
  header: Header,
  room: Room,
  as: Options['dtype'],
): NumpyArray {
  const { name, type, shape, fortran, size, start } = header;
  const bytes = size * type.bytes;
  const available = file.length - start;
  if (bytes !== available) {
    const cut = bytes > available ? ' It is cut off.' : '';
    throw new FormatError(
      `${where} expected ${bytes} bytes of data for ${name} ${describeShape(shape)}, got ${available}.${cut}`,
    );
  }
  // Bits of float16, and what is not aligned, are copied.
  if (name === 'float16' || start % type.bytes !== 0) room.take(where, (name === 'float16' ? 3 : 1) * bytes);
  let data = readData(file, header);
  if (as !== undefined && !(data instanceof Float32Array)) {
    room.take(where, 4 * size);
    const before = data.byteLength;
    data = toFloats(data);
    room.give(before);
  }
  if (fortran && shape.length > 1) {
    room.take(where, data.byteLength);
    const before = data.byteLength;
    data = toRows(data, shape);
    room.give(before);
  }
  return { dtype: name, shape, data };
}

/** Runs what allocates as much as a file asks for. */
function withinMemory<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!isOutOfMemory(error)) throw error;
    throw new MemoryError(`${where}: arrays of the file expected to fit into memory, got ${(error as Error).message}.`);
  }
}

/**
 * Reads an .npy file of NumPy: versions 1.0 to 3.0, floats of 16 to 64 bits, integers of 8 to 64 bits and bool, of
 * either order of bytes and of axes. The array is a copy.
 * @throws FormatError for a damaged file, and for objects (a Python pickle), text, structures and other types, which it
 * names; ValueError for anything but bytes, or an unknown option; MemoryError.
 * @example
 * import { readNpy, writeNpy } from 'wasm-mlp/numpy';
 * const file = writeNpy({ shape: [2, 2], data: Float64Array.of(1, 2, 3, 4) });
 * readNpy(file).dtype; // 'float64'
 * readNpy(file, { dtype: 'float32' }).data; // [1, 2, 3, 4]
 * @category NumPy
 */
export function readNpy(
  bytes: Uint8Array | ArrayBuffer,
  options: ReadNumpyOptions & { dtype: 'float32' },
): NumpyArray<Float32Array>;
export function readNpy(bytes: Uint8Array | ArrayBuffer, options?: ReadNumpyOptions): NumpyArray;
export function readNpy(bytes: Uint8Array | ArrayBuffer, options?: ReadNumpyOptions): NumpyArray {
  const where = 'readNpy';
  const { dtype, maxBytes } = readFields<Options>(where, options, OPTIONS);
  const file = fileBytes(where, bytes);
  return withinMemory(where, () => {
    const room = new Room(file.length, maxBytes);
    const what = `${where}: file`;
    room.take(what, file.length);
    const copy = file.slice();
    return readArray(what, copy, readHeader(what, copy), room, dtype);
  });
}

/** The name of an array, without the end that `np.savez` gives its file. */
const nameOf = ({ name }: ZipEntry): string => (name.endsWith('.npy') ? name.slice(0, -'.npy'.length) : name);

/**
 * Reads an .npz file, as `np.savez` and `np.savez_compressed` write it: arrays by their names, in the order of the file,
 * but for names that are integers, such as '0', which objects list first and ascending. Each array is a copy; its CRC
 * was right.
 * @throws FormatError for a damaged file, for one whose arrays take more than `maxBytes`, and for arrays that `readNpy`
 * refuses, by their names; ValueError for anything but bytes, or an unknown option; MemoryError.
 * @example
 * import { readNpz, writeNpz } from 'wasm-mlp/numpy';
 * const network = await sequential({ layers: [dense({ units: 2, inputShape: [3] })] });
 * const arrays = readNpz(writeNpz(network.getWeights()), { dtype: 'float32' });
 * arrays['0.weight'].shape; // [2, 3]
 * network.setWeights(Object.values(arrays));
 * @category NumPy
 */
export function readNpz(
  bytes: Uint8Array | ArrayBuffer,
  options: ReadNumpyOptions & { dtype: 'float32' },
): Record<string, NumpyArray<Float32Array>>;
export function readNpz(bytes: Uint8Array | ArrayBuffer, options?: ReadNumpyOptions): Record<string, NumpyArray>;
export function readNpz(bytes: Uint8Array | ArrayBuffer, options?: ReadNumpyOptions): Record<string, NumpyArray> {
  const where = 'readNpz';
  const { dtype, maxBytes } = readFields<Options>(where, options, OPTIONS);
  const file = fileBytes(where, bytes);
  if (isNpy(file)) throw new FormatError(`${where}: file expected an archive, got one array: read it with readNpy.`);
  return withinMemory(where, () => {
    const room = new Room(file.length, maxBytes);
    const entries = readDirectory(where, file);
    room.take(
      `${where}: file`,
      entries.reduce((sum, { size }) => sum + size, 0),
    );
    const arrays: Record<string, NumpyArray> = {};
    for (const entry of entries) {
      const name = nameOf(entry);
      const what = `${where}: array ${describe(name)}`;
      if (Object.hasOwn(arrays, name)) throw new FormatError(`${what} expected one of that name, got two.`);
      const copy = readFile(where, file, entry);
      setField(arrays, name, readArray(what, copy, readHeader(what, copy), room, dtype));
    }
    return arrays;
  });
}

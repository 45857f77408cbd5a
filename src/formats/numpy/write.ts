/** `writeNpy` and `writeNpz`: typed arrays as NumPy's files, the same bytes for the same arrays. */
import { bytesIn, isDetached, isList, typedKind, typedLength } from '../../common/arrays.js';
import { counted, describe, describeShape } from '../../common/describe.js';
import { MemoryError, ShapeError, ValueError } from '../../common/errors.js';
import { fieldOf, fieldsOf } from '../../common/objects.js';
import { integer, isRecord, listOf, unchecked } from '../../common/options.js';
import { sizeOf } from '../../common/tensors.js';
import { MOST_BYTES, MOST_FILES, writeZip, zipBytes } from '../zip/write-zip.js';
import { halvesOf, TYPE_NAMES, TYPES, type NumpyData, type NumpyType } from './dtypes.js';
import { writeHeader } from './header.js';

/**
 * An array to write: what `readNpz` returns, a tensor of `getWeights`, or anything of this form.
 * @category NumPy
 */
export interface NumpyArrayLike {
  /** Length of each axis; none for a single value. Default: one axis of all values. */
  readonly shape?: readonly number[] | undefined;
  /** Values, the last index fastest. */
  readonly data: NumpyData | Uint8ClampedArray;
  /**
   * NumPy's name of the type in the file. Default: that of the typed array. Other than that: 'float16' of a
   * Float32Array, rounded, and 'bool' of a Uint8Array.
   */
  readonly dtype?: NumpyType | undefined;
}

/**
 * An array to write with the name that it has in an archive.
 * @category NumPy
 */
export interface NamedNumpyArray extends NumpyArrayLike {
  /** Name in `np.load(…)`, as `0.weight`. */
  readonly name: string;
}

/** Most axes, those of every version of NumPy. */
const MOST_AXES = 32;

/** Longest name: two bytes in an archive, with `.npy` behind it. */
const MOST_NAME_BYTES = 0xffff - '.npy'.length;

/** The parts of an .npy file. */
type Parts = readonly [header: Uint8Array, data: Uint8Array];

const shapeCheck = listOf('a list of counts', integer(0));
const listCheck = listOf('a list of arrays', unchecked);

/** Whether a value is a list of more elements than it may have; a proxy may claim any number. */
const isLonger = (value: unknown, most: number): boolean => isList(value) && value.length > most;

function typeFor(where: string, kind: string, dtype: unknown): NumpyType {
  if (dtype === undefined) {
    const own = TYPE_NAMES.find((name) => TYPES[name].from.includes(kind));
    if (own !== undefined) return own;
    throw new ValueError(`${where}: data expected a typed array of numbers that NumPy has, got a ${kind}.`);
  }
  const name = TYPE_NAMES.find((one) => one === dtype);
  if (name === undefined) {
    throw new ValueError(`${where}: dtype expected one of ${TYPE_NAMES.join(', ')}, got ${describe(dtype)}.`);
  }
  const { from } = TYPES[name];
  if (!from.includes(kind)) {
    throw new ValueError(`${where}: data expected a ${from.join(' or ')} for ${name}, got a ${kind}.`);
  }
  return name;
}

/** Checks an array and returns the parts of its file. */
function partsOf(where: string, value: unknown): Parts {
  const given = fieldsOf(value, 'shape', 'data', 'dtype');
  const kind = typedKind(given.data);
  if (kind === undefined) {
    const what =
      given.data === undefined ? `${where} expected { shape, data }` : `${where}: data expected a typed array`;
    throw new ValueError(`${what}, got ${describe(given.data ?? value)}.`);
  }
  const name = typeFor(where, kind, given.dtype);
  const length = typedLength(given.data);
  if (isLonger(given.shape, MOST_AXES)) {
    throw new ValueError(`${where}: shape expected at most ${MOST_AXES} axes, got ${describe(given.shape)}.`);
  }
  const shape = given.shape === undefined ? [length] : shapeCheck(`${where}: shape`, given.shape);
  if (sizeOf(shape) !== length || isDetached(given.data)) {
    throw new ShapeError(
      `${where}: data expected ${counted(sizeOf(shape), 'value')} for shape ${describeShape(shape)}, got ${describe(given.data)}.`,
    );
  }
  const bytes = bytesIn(given.data);
  const halves = name === 'float16' && kind === 'Float32Array';
  const data = halves ? bytesIn(halvesOf(new Uint32Array(bytes.slice().buffer))) : bytes;
  return [writeHeader(TYPES[name].code, shape), data];
}

/** Returns the arrays with their names, from a list or a record. */
function namedArrays(where: string, arrays: unknown): [name: unknown, array: unknown][] {
  if (isList(arrays)) {
    if (isLonger(arrays, MOST_FILES)) {
      throw new ValueError(`${where}: arrays expected at most ${MOST_FILES}, got ${describe(arrays)}.`);
    }
    return listCheck(`${where}: arrays`, arrays).map((array): [unknown, unknown] => [fieldOf(array, 'name'), array]);
  }
  if (isRecord(arrays)) return Object.entries(arrays);
  throw new ValueError(
    `${where}: arrays expected a list of { name, shape, data }, or an object of arrays by name, got ${describe(arrays)}.`,
  );
}

/** Allocates a file. */
function allocated<T>(where: string, make: () => T): T {
  try {
    return make();
  } catch {
    throw new MemoryError(`${where}: file expected to fit into memory. Write fewer arrays at a time.`);
  }
}

/**
 * Returns an array as an .npy file, version 1.0, for `np.load`.
 * @throws ValueError for anything but a typed array of numbers, and for a type that cannot hold them; ShapeError if the
 * shape is that of another number of values; MemoryError.
 * @example
 * import { readNpy, writeNpy } from 'wasm-mlp/numpy';
 * const file = writeNpy({ shape: [2, 1], data: Float32Array.of(1, 2) });
 * readNpy(file).shape; // [2, 1]
 * @category NumPy
 */
export function writeNpy(array: NumpyArrayLike): Uint8Array {
  const [header, data] = partsOf('writeNpy: array', array);
  return allocated('writeNpy', () => {
    const file = new Uint8Array(header.length + data.length);
    file.set(header);
    file.set(data, header.length);
    return file;
  });
}

/**
 * Returns arrays as an .npz file, for `np.load`: a list with names, as `getWeights` returns it, or an object of arrays
 * by name. Nothing is compressed; the same arrays give the same bytes.
 * @throws ValueError for arrays that `writeNpy` refuses, and for names that are missing or occur twice; ShapeError;
 * MemoryError for more than 4 GB.
 * @example
 * import { readNpz, writeNpz } from 'wasm-mlp/numpy';
 * const file = writeNpz({ x: { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }, y: { data: Int32Array.of(0, 1) } });
 * Object.keys(readNpz(file)); // ['x', 'y']
 * @category NumPy
 */
export function writeNpz(arrays: readonly NamedNumpyArray[] | Readonly<Record<string, NumpyArrayLike>>): Uint8Array {
  const where = 'writeNpz';
  const names = new Set<string>();
  const files = namedArrays(where, arrays).map(([name, array], i) => {
    if (typeof name !== 'string' || name === '' || names.has(name)) {
      throw new ValueError(`${where}: arrays[${i}] expected a name of its own, got ${describe(name)}.`);
    }
    const nameBytes = new TextEncoder().encode(name);
    // Halves of a surrogate pair have no bytes of their own.
    const isText = new TextDecoder('utf-8', { ignoreBOM: true }).decode(nameBytes) === name;
    if (!isText || nameBytes.length > MOST_NAME_BYTES) {
      throw new ValueError(
        `${where}: arrays[${i}] expected a name of at most ${MOST_NAME_BYTES} bytes of UTF-8, got ${describe(name)}.`,
      );
    }
    names.add(name);
    return { name: `${name}.npy`, parts: partsOf(`${where}: ${describe(name)}`, array) };
  });
  const bytes = zipBytes(files.map(({ name, parts }) => ({ name, size: parts[0].length + parts[1].length })));
  if (bytes > MOST_BYTES || files.length > MOST_FILES) {
    throw new MemoryError(
      `${where}: file expected at most ${MOST_FILES} arrays in ${MOST_BYTES} bytes, got ${files.length} in ${bytes}. Write several files.`,
    );
  }
  return allocated(where, () => writeZip(files));
}

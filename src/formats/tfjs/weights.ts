/**
 * Weights beside a topology: a manifest lists them in groups, and the bytes of a group are those of its shards one
 * behind the other. Quantized weights become float32 as in TensorFlow.js.
 */
import { newFloats } from '../../common/arrays.js';
import { describe } from '../../common/describe.js';
import { FormatError } from '../../common/errors.js';
import { isRecord } from '../../common/options.js';
import { sizeOf } from '../../common/tensors.js';
import { DTYPES } from '../dtypes.js';
import { fieldOf } from '../keras-topology/config.js';
import type { StoredWeight, WeightSource } from '../keras-topology/weights.js';

/** A weight of the manifest. */
interface Weight {
  readonly where: string;
  readonly shape: readonly number[];
  readonly type: NumberType;
  /** Numbers are v·scale + min. */
  readonly scale: number;
  readonly min: number;
  /** Whether they are rounded to integers. */
  readonly rounded: boolean;
  readonly pieces: Pieces;
  readonly offset: number;
}

/** How numbers of a type are read. */
interface NumberType {
  readonly bytes: number;
  read(view: DataView, into: Float32Array): void;
}

const typed = (bytes: number, at: (view: DataView, offset: number) => number): NumberType => ({
  bytes,
  read(view, into) {
    for (let i = 0; i < into.length; i++) into[i] = at(view, i * bytes);
  },
});

const TYPES: Readonly<Record<string, NumberType>> = {
  float32: {
    bytes: 4,
    read(view, into) {
      new Uint8Array(into.buffer).set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
    },
  },
  float16: DTYPES.F16,
  int32: /* @__PURE__ */ typed(4, (view, offset) => view.getInt32(offset, true)),
  uint16: /* @__PURE__ */ typed(2, (view, offset) => view.getUint16(offset, true)),
  uint8: /* @__PURE__ */ typed(1, (view, offset) => view.getUint8(offset)),
  bool: /* @__PURE__ */ typed(1, (view, offset) => view.getUint8(offset)),
};

/** Bytes that lie in several places: the shards of a group. */
class Pieces {
  readonly length: number;

  constructor(private readonly parts: readonly Uint8Array[]) {
    this.length = parts.reduce((total, { length }) => total + length, 0);
  }

  /** Returns a view of some bytes: of the shard that has all of them, or else of a copy. */
  view(offset: number, length: number): DataView {
    let start = 0;
    let copy: Uint8Array | undefined;
    let filled = 0;
    for (const part of this.parts) {
      const from = offset + filled - start;
      start += part.length;
      if (from >= part.length) continue;
      const found = part.subarray(from, from + length - filled);
      if (copy === undefined && found.length === length) {
        return new DataView(found.buffer, found.byteOffset, length);
      }
      copy ??= new Uint8Array(length);
      copy.set(found, filled);
      filled += found.length;
      if (filled === length) break;
    }
    return new DataView((copy ?? new Uint8Array(0)).buffer);
  }
}

/** A group of the manifest: the weights in order, and the files that hold them. */
interface Group {
  readonly paths: readonly string[];
  readonly weights: readonly Omit<Weight, 'pieces'>[];
  readonly names: readonly string[];
  readonly bytes: number;
}

function readWeight(where: string, value: unknown, offset: number): { name: string; weight: Omit<Weight, 'pieces'> } {
  if (!isRecord(value)) throw new FormatError(`${where} expected an object, got ${describe(value)}.`);
  const name = fieldOf(value, 'name');
  if (typeof name !== 'string') throw new FormatError(`${where}: name expected a text, got ${describe(name)}.`);
  const at = `${where}, ${describe(name)}`;
  const shape = fieldOf(value, 'shape');
  const fits = (extent: unknown): boolean => Number.isInteger(extent) && (extent as number) >= 0;
  if (!Array.isArray(shape) || !shape.every(fits) || !Number.isSafeInteger(sizeOf(shape as number[]) * 8)) {
    throw new FormatError(`${at}: shape expected a list of integers, got ${describe(shape)}.`);
  }
  const dtype = fieldOf(value, 'dtype') ?? 'float32';
  const quantization = fieldOf(value, 'quantization');
  if (quantization !== undefined && !isRecord(quantization)) {
    throw new FormatError(`${at}: quantization expected an object, got ${describe(quantization)}.`);
  }
  const stored = quantization === undefined ? dtype : fieldOf(quantization, 'dtype');
  if (typeof stored !== 'string' || !Object.hasOwn(TYPES, stored)) {
    throw new FormatError(`${at}: dtype expected one of ${Object.keys(TYPES).join(', ')}, got ${describe(stored)}.`);
  }
  const numberOf = (key: string, or: number): number => {
    const number = (quantization === undefined ? undefined : fieldOf(quantization, key)) ?? or;
    if (typeof number === 'number' && Number.isFinite(number)) return number;
    throw new FormatError(`${at}: ${key} of quantization expected a number, got ${describe(number)}.`);
  };
  return {
    name,
    weight: {
      where: at,
      shape: shape as number[],
      type: TYPES[stored],
      scale: numberOf('scale', 1),
      min: numberOf('min', 0),
      rounded: dtype === 'int32',
      offset,
    },
  };
}

/** Reads a group of weights, whose bytes follow each other in this order. */
export function readGroup(where: string, weights: unknown, paths: unknown = []): Group {
  if (!Array.isArray(weights) || !Array.isArray(paths) || !paths.every((path) => typeof path === 'string')) {
    throw new FormatError(`${where} expected lists of paths and weights, got something else.`);
  }
  let bytes = 0;
  const names: string[] = [];
  const read = weights.map((value, index) => {
    const { name, weight } = readWeight(`${where}, weight ${index}`, value, bytes);
    bytes += sizeOf(weight.shape) * weight.type.bytes;
    names.push(name);
    return weight;
  });
  if (!Number.isSafeInteger(bytes)) {
    throw new FormatError(`${where}: weights expected to fit into memory, got ${bytes} bytes.`);
  }
  return { paths, weights: read, names, bytes };
}

/** The weights of a file by name. */
export class Weights implements WeightSource {
  private readonly byName = new Map<string, Weight>();
  /** By the last two parts of the name; several weights may have the same. */
  private readonly byEnd = new Map<string, Weight[]>();
  /** Bytes that may still be read: a weight is one layer's. */
  private left: number;

  constructor(where: string, groups: readonly Group[], parts: readonly Uint8Array[]) {
    const total = groups.reduce((sum, { bytes }) => sum + bytes, 0);
    this.left = total;
    const given = new Pieces(parts);
    if (given.length !== total) {
      throw new FormatError(`${where}: weights expected ${total} bytes as the manifest says, got ${given.length}.`);
    }
    let before = 0;
    for (const { weights, names, bytes } of groups) {
      weights.forEach((weight, index) => {
        this.add(names[index], { ...weight, pieces: given, offset: before + weight.offset });
      });
      before += bytes;
    }
  }

  /** Lets go of the bytes: no weight is found any more. */
  release(): void {
    this.byName.clear();
    this.byEnd.clear();
  }

  private add(name: string, weight: Weight): void {
    // Keras appends the number of an output; its third version numbers the weights of a layer in `vars`.
    const parts = name
      .replace(/:0$/, '')
      .split('/')
      .filter((part) => part !== 'vars');
    this.byName.set(parts.join('/'), weight);
    const end = parts.slice(-2).join('/');
    const same = this.byEnd.get(end);
    if (same === undefined) this.byEnd.set(end, [weight]);
    else same.push(weight);
  }

  /**
   * Returns the weight of a layer by its name or its number among those of the layer; undefined if there is none.
   * `path` are the models that the layer is in.
   */
  find(layer: string, name: string, index: number, path: readonly string[]): StoredWeight | undefined {
    const weight = this.lookUp(layer, name, index, path);
    return weight && { where: weight.where, shape: weight.shape, read: () => this.readOnce(weight) };
  }

  private readOnce(weight: Weight): Float32Array {
    this.left -= sizeOf(weight.shape) * weight.type.bytes;
    if (this.left >= 0) return numbersOf(weight);
    // Layers of many models may have one name, so that few bytes would give many layers their weights.
    throw new FormatError(`${weight.where} expected one layer that has it, got several of its name.`);
  }

  private lookUp(layer: string, name: string, index: number, path: readonly string[]): Weight | undefined {
    for (const end of [`${layer}/${name}`, `${layer}/${index}`]) {
      const found = this.byName.get(end) ?? this.byName.get([...path, end].join('/'));
      if (found !== undefined) return found;
      const ending = this.byEnd.get(end);
      if (ending?.length === 1) return ending[0];
    }
    return undefined;
  }
}

/** Returns the numbers of a weight: those of the file themselves where they are float32 at a multiple of four bytes. */
function numbersOf({ shape, type, scale, min, rounded, pieces, offset }: Weight): Float32Array {
  const size = sizeOf(shape);
  const view = pieces.view(offset, size * type.bytes);
  const isPlain = scale === 1 && min === 0 && type === TYPES.float32 && view.byteOffset % 4 === 0;
  if (isPlain) return new Float32Array(view.buffer, view.byteOffset, size);
  const values = newFloats(size);
  type.read(view, values);
  if (scale !== 1 || min !== 0) {
    for (let i = 0; i < values.length; i++) {
      // In float64, rounded once, as in TensorFlow.js.
      const value = values[i] * scale + min;
      values[i] = rounded ? Math.round(value) : value;
    }
  }
  return values;
}

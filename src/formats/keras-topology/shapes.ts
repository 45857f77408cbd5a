/** Layers of a file, what they become here, and checks of the shapes and axes that they act on. */
import { describeShape } from '../../common/describe.js';
import { FormatError } from '../../common/errors.js';
import type { Config } from './config.js';
import type { LayerTensor } from './network.js';
import type { PlainStep } from './read-activations.js';

/** Most lists around a number. */
const MOST_AXES = 32;

/** Shape of a tensor without the rows of the batch. */
export type Shape = readonly number[];

/** A layer of a file. */
export interface KerasLayer {
  readonly config: Config;
  /** Whether Keras 3 wrote it. */
  readonly version3: boolean;
  /** Returns a weight by its name and its number among those of the layer, transposed if asked for. */
  weight(name: string, index: number, shape: Shape, transposed?: boolean): Float32Array;
  /** Returns a tensor of values that are all the same, within a limit for the whole file. */
  repeat(value: number, count: number): Float32Array;
}

/** A layer here. */
export interface Step extends PlainStep {
  /** Its tensors, read once: for the first use of the layer. */
  readonly tensors?: () => readonly LayerTensor[];
}

/** What a layer becomes for inputs of some shapes: layers one behind the other, and the shape of the last. */
export interface Reading {
  readonly steps: readonly Step[];
  readonly shape: Shape;
  /** Of a fixed change of columns: that of y = (x + offset)·scale, if it is only one of both. */
  readonly columns?: {
    readonly offset?: readonly number[];
    readonly scale?: readonly number[];
    readonly variance?: unknown;
  };
}

export type Read = (layer: KerasLayer, shapes: readonly Shape[]) => Reading;

/** Returns the shape of the only input. */
export function only({ config }: KerasLayer, shapes: readonly Shape[]): Shape {
  if (shapes.length !== 1) throw new FormatError(`${config.where} expected one input, got ${shapes.length}.`);
  return shapes[0];
}

/** Returns the last extent of the only input, all others of which have to be 1. */
export function width(layer: KerasLayer, shapes: readonly Shape[]): number {
  const shape = only(layer, shapes);
  if (shape.length > 0 && shape.slice(0, -1).every((extent) => extent === 1)) return shape[shape.length - 1];
  throw new FormatError(
    `${layer.config.where} expected rows of numbers, got rows of shape ${describeShape(shape)}. ` +
      `A row has one axis here.`,
  );
}

/** Throws unless an axis, or the one of a list, is the last of a tensor of this shape. */
export function requireLast(config: Config, shape: Shape, or = -1): void {
  const given = config.get('axis') ?? or;
  const [axis] = Array.isArray(given) && given.length === 1 ? (given as unknown[]) : [given];
  if (axis !== -1 && axis !== shape.length) config.refuse('axis', 'the last, -1');
}

/** Reads a number for all columns, or a list of one for each. */
export function perColumn(config: Config, name: string, or: number, size: number): number | readonly number[] {
  const value = config.get(name);
  if (!Array.isArray(value)) return config.number(name, or);
  // Lists in lists, as NumPy writes arrays; deeper ones are none.
  const list: readonly unknown[] = value.flat(MOST_AXES);
  if (list.length !== size || !list.every((one) => Number.isFinite(one))) {
    config.refuse(name, `a number, or a list of ${size}`);
  }
  return list as number[];
}

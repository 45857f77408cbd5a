/**
 * Reads tensors given by name, from `setWeights` or a file, and checks them against the parameters of a plan.
 * parameters.ts then writes them to linear memory.
 */
import { isList, isSequence, typedKind, typedLength, typedPart } from '../common/arrays.js';
import { counted, describe, describeShape } from '../common/describe.js';
import { ShapeError, ValueError } from '../common/errors.js';
import { fieldsOf, ownOf } from '../common/objects.js';
import { allFinite, sizeOf } from '../common/tensors.js';
import type { PlannedParameter } from './plan.js';

/**
 * A tensor that `setWeights` accepts: a result of `getWeights`, or plain numbers; the name may be left out.
 * @category Models
 */
export interface TensorLike {
  /** Checked if given. */
  readonly name?: string;
  /** (units, inputs) or (units). */
  readonly shape: readonly number[];
  /** Row-major, as many values as the shape has, all finite. */
  readonly data: Float32Array | readonly number[];
}

/** Whether the values of tensors are copied, and whether they have to be finite. */
interface Reading {
  readonly copied: boolean;
  readonly finite: boolean;
}

/**
 * Checks all tensors against the parameters before any is used, and returns their values in order. Tensors of the user
 * are copied, so that a getter cannot change them between check and use; those of a file have no getters and are
 * returned without a copy.
 */
export function readTensors(
  where: string,
  parameters: readonly PlannedParameter[],
  tensors: unknown,
  how: Reading = { copied: true, finite: true },
  what = 'weights',
): Float32Array[] {
  if (!isList(tensors)) throw new ValueError(`${where}: ${what} expected a list of tensors, got ${describe(tensors)}.`);
  if (tensors.length !== parameters.length) {
    throw new ShapeError(`${where}: ${what} expected ${counted(parameters.length, 'tensor')}, got ${tensors.length}.`);
  }
  return parameters.map((parameter, index) => readTensor(where, parameter, tensors[index], how));
}

/** Copies `size` values, even if the array has grown since its length was checked. */
const floatsOf = (data: Float32Array, size: number): Float32Array => new Float32Array(typedPart(data, 0, size));

function readTensor(where: string, { name, spec }: PlannedParameter, value: unknown, how: Reading): Float32Array {
  const { shape } = spec;
  const isInt8 = spec.storage === 'int8';
  const least = ownOf(spec, 'least') ?? -Infinity;
  const { name: said, shape: given, data } = fieldsOf(value, 'name', 'shape', 'data');
  if (given === undefined || data === undefined) {
    throw new ValueError(`${where}: "${name}" expected { shape, data }, got ${describe(value)}.`);
  }
  if (said !== undefined && said !== name) {
    throw new ValueError(`${where}: "${name}" expected next, got ${describe(said)}.`);
  }
  const fits = isList(given) && given.length === shape.length;
  if (!fits || shape.some((extent, axis) => extent !== given[axis])) {
    throw new ShapeError(`${where}: "${name}" expected shape ${describeShape(shape)}, got ${describeShape(given)}.`);
  }
  const isFloats = typedKind(data) === 'Float32Array';
  if (!isSequence(data) || !(isFloats || isList(data))) {
    throw new ValueError(`${where}: "${name}" expected data as a Float32Array, got ${describe(data)}.`);
  }
  const size = sizeOf(shape);
  const length = isFloats ? typedLength(data) : data.length;
  if (length !== size) throw new ShapeError(`${where}: "${name}" expected ${counted(size, 'value')}, got ${length}.`);
  const typed = isFloats ? (how.copied ? floatsOf(data as Float32Array, size) : (data as Float32Array)) : undefined;
  if (typed !== undefined && least === -Infinity && !isInt8 && (!how.finite || allFinite(typed))) return typed;
  const values = typed ?? new Float32Array(size);
  for (let i = 0; i < values.length; i++) {
    const value: unknown = typed === undefined ? data[i] : typed[i];
    // Checks the rounded number: one beyond the range of float32 would become infinite.
    if (typeof value !== 'number' || !Number.isFinite(Math.fround(value))) {
      throw new ValueError(`${where}: "${name}" expected finite numbers, got ${describe(value)} at index ${i}.`);
    }
    if (value < least) {
      throw new ValueError(`${where}: "${name}" expected numbers >= ${least}, got ${value} at index ${i}.`);
    }
    if (isInt8 && !(Number.isInteger(value) && Math.abs(value) <= 127)) {
      throw new ValueError(`${where}: "${name}" expected integers from -127 to 127, got ${value} at index ${i}.`);
    }
    if (typed === undefined) values[i] = value;
  }
  return values;
}

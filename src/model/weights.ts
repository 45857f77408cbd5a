import { describe, describeShape } from '../common/describe.js';
import { ShapeError, ValueError } from '../common/errors.js';
import { sizeOf } from '../common/tensors.js';
import type { PlannedParameter } from '../graph/plan.js';

/** A tensor as `setWeights` takes it: what `getWeights` gives, or plain numbers; the name may be left out. */
export interface TensorLike {
  /** Checked where it is given. */
  readonly name?: string;
  /** (units, inputs) or (units). */
  readonly shape: readonly number[];
  /** Row-major, as many values as the shape has, all finite. */
  readonly data: Float32Array | readonly number[];
}

/**
 * Checks tensors against parameters, all of them before any is used, and returns their values in order: copies, which nobody can change between check
 * and use, or where nobody has the tensors' arrays, those.
 */
export function readTensors(
  where: string,
  parameters: readonly PlannedParameter[],
  tensors: unknown,
  copies: 'copied' | 'as they are' = 'copied',
): Float32Array[] {
  if (!Array.isArray(tensors))
    throw new ValueError(`${where}: weights expected a list of tensors, got ${describe(tensors)}.`);
  if (tensors.length !== parameters.length) {
    throw new ShapeError(`${where}: weights expected ${parameters.length} tensors, got ${tensors.length}.`);
  }
  return parameters.map((parameter, index) => readTensor(where, parameter, tensors[index], copies === 'copied'));
}

/** Whether there is no NaN and no infinity. The platform's search is not slow in a fresh process, as a loop of our own is: 0.5 for 3 ms per 100,000 values. */
const allFinite = (data: Float32Array): boolean => ![NaN, Infinity, -Infinity].some((value) => data.includes(value));

function readTensor(where: string, { name, spec }: PlannedParameter, value: unknown, copies: boolean): Float32Array {
  const { shape, least = -Infinity } = spec;
  if (typeof value !== 'object' || value === null || !('shape' in value) || !('data' in value)) {
    throw new ValueError(`${where}: "${name}" expected { shape, data }, got ${describe(value)}.`);
  }
  const tensor = value as TensorLike;
  if (tensor.name !== undefined && tensor.name !== name) {
    throw new ValueError(`${where}: "${name}" expected next, got "${tensor.name}".`);
  }
  const extents = tensor.shape;
  const fits = Array.isArray(extents) && extents.length === shape.length;
  if (!fits || extents.some((extent, axis) => extent !== shape[axis])) {
    const got = Array.isArray(extents) ? describeShape(extents as number[]) : describe(extents);
    throw new ShapeError(`${where}: "${name}" expected shape ${describeShape(shape)}, got ${got}.`);
  }
  const { data } = tensor;
  if (!(data instanceof Float32Array) && !Array.isArray(data)) {
    throw new ValueError(`${where}: "${name}" expected data as a Float32Array, got ${describe(data)}.`);
  }
  if (data.length !== sizeOf(shape)) {
    throw new ShapeError(`${where}: "${name}" expected ${sizeOf(shape)} values, got ${data.length}.`);
  }
  const isTyped = data instanceof Float32Array;
  const values = isTyped && !copies ? data : isTyped ? new Float32Array(data) : new Float32Array(data.length);
  if (isTyped && least === -Infinity && allFinite(values)) return values;
  for (let i = 0; i < values.length; i++) {
    // Rounded first: a number beyond float32 would become an infinity.
    const value: unknown = isTyped ? values[i] : data[i];
    if (typeof value !== 'number' || !Number.isFinite(Math.fround(value))) {
      throw new ValueError(`${where}: "${name}" expected finite numbers, got ${describe(value)} at index ${i}.`);
    }
    if (value < least) {
      throw new ValueError(`${where}: "${name}" expected numbers >= ${least}, got ${value} at index ${i}.`);
    }
    values[i] = value;
  }
  return values;
}

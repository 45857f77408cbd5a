/**
 * The kernels besides the matrix products that threads share, cut into ranges of floats, rows or columns. All of them
 * compute each of these by itself, so cuts change no bit.
 */
import { ABI, ELEMENTWISE_KERNELS, type KernelName } from '../abi.js';

/** A kernel (n, *x, …, scalars) that works float by float. */
export interface FloatKernel {
  readonly name: KernelName;
  /** Multiply-adds of a product that take as long as one float, about. */
  readonly weight: number;
  /** Parameters that point to weights, to sums of gradients or to the state of an optimizer, which it changes. */
  readonly changes: readonly string[];
}

/**
 * Multiply-adds that take as long as a float of a kernel that is bound by the caches, of an update, of one with square
 * roots, and of an activation with an exponential: 0.1, 0.3, 0.4 and 1.4 ns, at 16 multiply-adds a nanosecond. An update
 * alone takes 0.1 ns; the rest is for the half of the gradients that the other thread of two has in its cache.
 */
const CHEAP = 2;
const UPDATE = 5;
const ROOTS = 6;
const EXPONENTIAL = 20;

const CHEAP_ACTIVATIONS: readonly string[] = ['relu', 'leaky_relu', 'relu6', 'hard_sigmoid', 'hard_swish', 'unit_step'];

const plain = (weight: number, ...names: KernelName[]): FloatKernel[] =>
  names.map((name) => ({ name, weight, changes: [] }));
const update = (weight: number, name: KernelName, ...changes: string[]): FloatKernel => ({ name, weight, changes });

/** Returns the kernels that are cut into ranges of floats. */
export const floatKernels = (): FloatKernel[] => [
  ...Object.keys(ELEMENTWISE_KERNELS).flatMap((name) =>
    plain(
      CHEAP_ACTIVATIONS.includes(name) ? CHEAP : EXPONENTIAL,
      `f32_${name}` as KernelName,
      `f32_${name}_backward` as KernelName,
    ),
  ),
  ...plain(CHEAP, 'f32_product', 'f32_difference', 'f32_clip_value', 'f32_penalty_gradient'),
  update(CHEAP, 'f32_sum', '*y'),
  update(CHEAP, 'f32_scale', '*w'),
  update(CHEAP, 'f32_copy', '*y'),
  update(UPDATE, 'f32_blend', '*y'),
  update(UPDATE, 'f32_sgd', '*w'),
  update(UPDATE, 'f32_sgd_momentum', '*w', '*v'),
  update(UPDATE, 'f32_lion', '*w', '*m'),
  update(ROOTS, 'f32_adagrad', '*w', '*s'),
  update(ROOTS, 'f32_rmsprop', '*w', '*s', '*v'),
  update(ROOTS, 'f32_rmsprop_centered', '*w', '*s', '*a', '*v'),
  update(ROOTS, 'f32_adadelta', '*w', '*s', '*u'),
  update(ROOTS, 'f32_adam', '*w', '*m', '*v'),
  update(ROOTS, 'f32_amsgrad', '*w', '*m', '*v', '*x'),
  update(ROOTS, 'f32_adamax', '*w', '*m', '*u'),
];

/** Returns the number of parameters of a kernel, of those that are pointers, and a bit for each that it changes. */
export function parametersOf({ name, changes }: FloatKernel): { length: number; pointers: number; changed: number } {
  const parameters: readonly string[] = ABI[name];
  return {
    length: parameters.length,
    pointers: parameters.filter((parameter) => parameter.startsWith('*')).length,
    changed: parameters.reduce((bits, parameter, i) => (changes.includes(parameter) ? bits | (1 << i) : bits), 0),
  };
}

/**
 * Multiply-adds that take as long as a float of other kernels: of a row that is gathered, from memory that no cache
 * holds; of weights that are transposed; of a column that is summed.
 */
export const GATHER_WEIGHT = 10;
export const TRANSPOSE_WEIGHT = 3;
export const COLUMN_SUM_WEIGHT = CHEAP;

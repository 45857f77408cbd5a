/** Bounds within which the library must agree with the graph twin, and the comparison of gradients along directions. */
import type { NamedTensor } from '../../../src/index.js';
import type { GraphTwin, Objective, Run } from './graph.js';
import type { Source } from './random.js';

/** Relative to the largest value, or to 1. Float32 rounds each of the few dozen operations by up to 6e-8. */
export const VALUE = 5e-6;
/** Relative to the largest gradient of a tensor, as in test/training/gradients.test.ts. */
const TOLERANCE = 2e-5;
/**
 * Relative to the largest gradient of all, or to a tenth, about the size of a loss's own derivative. Where terms
 * cancel, their rounding remains: a bias before a normalization has a gradient of 0 and terms as large as those around
 * it, and so has everything under a softmax whose outputs have equal gradients. 2.5e-7 is the worst of 4000 random
 * graphs.
 */
const CANCELLATION = 1e-6;
const SMALLEST = 0.1;

export const largest = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** The largest |actual − expected|, relative to the largest |expected| or to 1. Infinity for NaN and missing values. */
export function valueError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  const error = largest(Array.from(expected, (value, i) => actual[i] - value));
  return Number.isNaN(error) ? Infinity : error / Math.max(1, largest(expected));
}

/** The comparison of one gradient along one direction. */
export interface Finding {
  readonly name: string;
  /** Relative to its bound. */
  readonly error: number;
  /** Whether a kink is in reach, so that finite differences prove nothing. */
  readonly kink: boolean;
}

/** A random direction of length 1. */
export function anyDirection(size: number, from: Source): number[] {
  const any = Array.from({ length: size }, () => from.symmetric());
  const length = Math.hypot(...any) || 1;
  return any.map((value) => value / length);
}

export const axis = (size: number, at: number): number[] => Array.from({ length: size }, (_, i) => +(i === at));

/**
 * Compares each gradient of the library with the twin's slopes, along the directions that `directions` returns for a
 * number of coordinates.
 */
export function compareGradients(
  twin: GraphTwin,
  run: Run,
  objectives: Objective[],
  gradients: readonly NamedTensor[],
  directions: (size: number) => number[][],
): Finding[] {
  const largestOfAll = largest(gradients.map(({ data }) => largest(data)));
  return gradients.flatMap(({ name, data }) => {
    const tensor = twin.tensors.find((one) => one.name === name && one.learned);
    if (tensor?.values.length !== data.length) throw new Error(`the twin has no ${name} of ${data.length} values`);
    const bound = TOLERANCE * largest(data) + CANCELLATION * Math.max(largestOfAll, SMALLEST);
    return directions(data.length).map((direction) => {
      const { value, doubt } = twin.slope(run, objectives, tensor, direction);
      const found = direction.reduce((total, d, i) => total + d * data[i], 0);
      const error = Math.abs(found - value) / bound;
      return { name, error: Number.isNaN(error) ? Infinity : error, kink: doubt > bound / 4 };
    });
  });
}

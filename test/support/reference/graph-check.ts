/** How near the library has to be to the graph twin. */
import type { NamedTensor } from '../../../src/index.js';
import type { GraphTwin, Objective, Run } from './graph.js';
import type { Source } from './random.js';

/** Of the largest value, or of 1. Float32 rounds each of the few dozen operations on the way by up to 6e-8. */
export const VALUE = 5e-6;
/** Of the largest gradient of a tensor, as in gradients.test.ts. */
const TOLERANCE = 2e-5;
/**
 * Of the largest gradient of all, or of a tenth, about what the derivative of a loss itself is. What is left where
 * terms cancel is their rounding: a bias in front of a normalization has a gradient of 0 and terms as large as its
 * neighbours', and so has all there is under a softmax whose outputs are pulled alike. 2.5e-7 is the worst of 4000
 * random graphs.
 */
const CANCELLATION = 1e-6;
const LEAST = 0.1;

export const largest = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/**
 * The largest |actual − expected|, of the largest |expected| or of 1. NaN and missing values are infinitely far off.
 */
export function valueError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  const error = largest(Array.from(expected, (value, i) => actual[i] - value));
  return Number.isNaN(error) ? Infinity : error / Math.max(1, largest(expected));
}

/** What a gradient was found to be along a direction. */
export interface Finding {
  readonly name: string;
  /** Of its bound. */
  readonly error: number;
  /** Whether a kink is in reach, so that differences say nothing. */
  readonly kink: boolean;
}

/** A direction of length 1 in all coordinates. */
export function anyDirection(size: number, from: Source): number[] {
  const any = Array.from({ length: size }, () => from.symmetric());
  const length = Math.hypot(...any) || 1;
  return any.map((value) => value / length);
}

export const axis = (size: number, at: number): number[] => Array.from({ length: size }, (_, i) => +(i === at));

/**
 * Each gradient of the library against the twin's slopes, along the directions that `directions` gives for so many
 * coordinates.
 */
export function compareGradients(
  twin: GraphTwin,
  run: Run,
  objectives: Objective[],
  gradients: readonly NamedTensor[],
  directions: (size: number) => number[][],
): Finding[] {
  const most = largest(gradients.map(({ data }) => largest(data)));
  return gradients.flatMap(({ name, data }) => {
    const tensor = twin.tensors.find((one) => one.name === name && one.learned);
    if (tensor?.values.length !== data.length) throw new Error(`the twin has no ${name} of ${data.length} values`);
    const bound = TOLERANCE * largest(data) + CANCELLATION * Math.max(most, LEAST);
    return directions(data.length).map((direction) => {
      const { value, doubt } = twin.slope(run, objectives, tensor, direction);
      const found = direction.reduce((total, d, i) => total + d * data[i], 0);
      const error = Math.abs(found - value) / bound;
      return { name, error: Number.isNaN(error) ? Infinity : error, kink: doubt > bound / 4 };
    });
  });
}

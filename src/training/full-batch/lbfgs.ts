/**
 * L-BFGS: the direction by the two-loop recursion (Nocedal & Wright 2006, algorithm 7.4), a step by line-search.ts, and
 * the history of steps. It works on vectors of any kind; parameter-space.ts has those in linear memory.
 */
import type { LbfgsOptions } from '../../optimizers/full-batch.js';
import { strongWolfe, type LinePoint } from './line-search.js';

/** Arithmetic on vectors. */
export interface VectorSpace<V> {
  /** Returns x·y. */
  dot(x: V, y: V): number;
  /** Returns the largest absolute value. */
  largest(x: V): number;
  copy(from: V, to: V): void;
  scale(x: V, factor: number): void;
  /** Sets `out` to x + factor·y; `out` may be x or y. */
  addScaled(x: V, factor: number, y: V, out: V): void;
}

/** What L-BFGS works on. */
export interface LbfgsVectors<V> {
  /** Where the iteration starts; not changed. */
  readonly point: V;
  /** Where the loss is evaluated: at the start a copy of `point`, at the end the new one. */
  readonly trial: V;
  /** Gradient of the last evaluation. */
  readonly gradient: V;
  /** Two vectors for the time of an iteration. */
  readonly direction: V;
  readonly before: V;
  /** Steps, and the changes of the gradient along them, in any order; zeros where there is none yet. */
  readonly steps: readonly V[];
  readonly changes: readonly V[];
}

/**
 * Why training ended. `lineSearch`: no step along the direction lowers the loss, as where float32 cannot tell its
 * values apart. `notFinite`: the loss or its gradient is NaN or infinite.
 */
export type LbfgsStop = 'gradientTolerance' | 'changeTolerance' | 'lineSearch' | 'notFinite';

/** Result of an iteration. */
export interface Iteration {
  readonly value: number;
  /** Whether the weights moved. */
  readonly moved: boolean;
  readonly stop: LbfgsStop | undefined;
}

/**
 * A step whose curvature sᵀy is at most this share of |s|·|y| says nothing of it: float32 gradients have some seven
 * digits.
 */
const LEAST_CURVATURE = 1e-8;

/**
 * Makes one iteration from `point`, where the value and `gradient` are known. `newest` is the place in the history of
 * the last step, at which the new one follows. `evaluate` computes value and gradient at `trial`.
 */
export function iterate<V>(
  space: VectorSpace<V>,
  vectors: LbfgsVectors<V>,
  { gradientTolerance, changeTolerance }: Required<LbfgsOptions>,
  start: { readonly value: number; readonly next: number },
  evaluate: () => number,
): Iteration {
  const { point, trial, gradient, direction, before, steps, changes } = vectors;
  const { value, next } = start;
  const largest = space.largest(gradient);
  if (!Number.isFinite(value) || !Number.isFinite(largest)) return { value, moved: false, stop: 'notFinite' };
  if (largest <= gradientTolerance) return { value, moved: false, stop: 'gradientTolerance' };
  space.copy(gradient, before);
  const search = (known: boolean): LinePoint | undefined => {
    const slope = space.dot(before, direction);
    if (!(slope < 0)) return undefined;
    // Without curvature the length of a gradient says nothing about the step.
    const first = known ? 1 : Math.min(1, 1 / Math.sqrt(-slope));
    let last = 0;
    const at = (step: number): LinePoint => {
      space.addScaled(point, step, direction, trial);
      last = step;
      const found = evaluate();
      return { step, value: found, slope: space.dot(gradient, direction) };
    };
    const found = strongWolfe(at, { step: 0, value, slope }, first);
    return found === undefined || found.step === last ? found : at(found.step);
  };
  let found = search(turn(space, vectors, next));
  if (found === undefined && steps.some((step) => space.dot(step, step) > 0)) {
    // The history misleads: forget it and follow the gradient.
    for (const one of [...steps, ...changes]) space.scale(one, 0);
    found = search(turn(space, vectors, next));
  }
  if (found === undefined) {
    space.copy(point, trial);
    return { value, moved: false, stop: 'lineSearch' };
  }
  const [s, y] = [steps[next], changes[next]];
  space.addScaled(trial, -1, point, s);
  space.addScaled(gradient, -1, before, y);
  const least = LEAST_CURVATURE * Math.sqrt(space.dot(s, s) * space.dot(y, y));
  if (!(space.dot(s, y) > least)) {
    space.scale(s, 0);
    space.scale(y, 0);
  }
  const stop = stopAfter(value, found.value, changeTolerance, space.largest(gradient), gradientTolerance);
  return { value: found.value, moved: true, stop };
}

function stopAfter(
  value: number,
  found: number,
  changeTolerance: number,
  largest: number,
  gradientTolerance: number,
): LbfgsStop | undefined {
  if (largest <= gradientTolerance) return 'gradientTolerance';
  const size = Math.max(Math.abs(value), Math.abs(found), 1);
  return value - found <= changeTolerance * size ? 'changeTolerance' : undefined;
}

/**
 * Sets `direction` to −H·g for the H that the history describes. Returns whether there is any history; without it H is
 * the identity.
 */
function turn<V>(space: VectorSpace<V>, { before, direction, steps, changes }: LbfgsVectors<V>, next: number): boolean {
  const { length } = steps;
  space.copy(before, direction);
  space.scale(direction, -1);
  // From the newest to the oldest.
  const pairs = steps.flatMap((_, back) => {
    const index = (next + length - 1 - back) % length;
    const [s, y] = [steps[index], changes[index]];
    const curvature = space.dot(s, y);
    return curvature > 0 ? [{ s, y, curvature }] : [];
  });
  const factors = pairs.map(({ s, y, curvature }) => {
    const factor = space.dot(s, direction) / curvature;
    space.addScaled(direction, -factor, y, direction);
    return factor;
  });
  if (pairs.length === 0) return false;
  const [{ y, curvature }] = pairs;
  space.scale(direction, curvature / space.dot(y, y));
  for (let i = pairs.length - 1; i >= 0; i--) {
    const { s, y, curvature } = pairs[i];
    space.addScaled(direction, factors[i] - space.dot(y, direction) / curvature, s, direction);
  }
  return true;
}

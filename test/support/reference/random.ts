/**
 * Random data for tests, equal in every run and already rounded to float32, so that the twin and the library start from
 * the same numbers.
 */
import type { ActivationName, Network } from './twin.js';

export interface Source {
  /** In [0, 1). */
  uniform(): number;
  /** In [−scale, scale). */
  symmetric(scale?: number): number;
  /** An integer in [0, n). */
  below(n: number): number;
}

/** mulberry32: small, and good enough to fill test matrices. */
export function source(seed: number): Source {
  let state = seed | 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    uniform,
    symmetric: (scale = 1) => Math.fround((2 * uniform() - 1) * scale),
    below: (n) => Math.floor(uniform() * n),
  };
}

export const matrix = (rows: number, columns: number, value: () => number): number[][] =>
  Array.from({ length: rows }, () => Array.from({ length: columns }, value));

/** Weights of variance about 1/inputs, so that logits stay near 1 at any width. */
export function randomNetwork(sizes: readonly number[], activations: readonly ActivationName[], from: Source): Network {
  return activations.map((activation, l) => {
    const rows = sizes[l + 1] * (activation === 'maxout3' ? 3 : 1);
    return {
      W: matrix(rows, sizes[l], () => from.symmetric(Math.sqrt(3 / sizes[l]))),
      b: matrix(1, rows, () => from.symmetric(0.5))[0],
      ...(activation === 'prelu' && { alpha: matrix(1, rows, () => from.symmetric(0.5))[0] }),
      activation,
    };
  });
}

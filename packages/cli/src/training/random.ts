/** Seeded orders, the same on every machine: integers alone decide. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** A generator of its own for each seed and each number of a step. */
export const generator = (seed: number, step: number): RandomGenerator =>
  xoroshiro128plus(Math.imul(seed, 0x9e3779b1) ^ (step + 1));

/** The numbers 0 to n − 1 in an order that the generator draws (Fisher and Yates). */
export function shuffledOrder(n: number, random: RandomGenerator): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = uniformInt(random, 0, i);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

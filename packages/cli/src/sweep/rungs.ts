/**
 * Budgets of a sweep, in epochs. A random search has one rung. Successive halving (Jamieson and Talwalkar, 2016) has
 * several: all trials get few epochs, the best of them more, and the best of those all. Rungs are synchronous, so which
 * trials go on depends on scores alone, never on which machine was first.
 */

/** So many trials, each with at most so many epochs. */
export interface Rung {
  readonly trials: number;
  readonly epochs: number;
}

/** Fewest epochs of a rung: after fewer, scores say little. */
const LEAST_EPOCHS = 5;

/**
 * Returns the rungs of a search: of one rung to the next the trials are divided, and the epochs multiplied, by `factor`.
 * Without a factor there is one rung. The last one has all epochs.
 */
export function rungsOf(trials: number, epochs: number, factor?: number): Rung[] {
  const rungs = [{ trials, epochs }];
  if (factor === undefined) return rungs;
  let count = 1;
  while (Math.floor(trials / factor ** count) >= 1 && Math.floor(epochs / factor ** count) >= LEAST_EPOCHS) count++;
  return Array.from({ length: count }, (_, rung) => ({
    trials: Math.floor(trials / factor ** rung),
    epochs: Math.floor(epochs / factor ** (count - 1 - rung)),
  }));
}

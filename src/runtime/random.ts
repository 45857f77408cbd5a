/**
 * Streams of random numbers. Philox is keyed by (seed, stream), and its counter says what the numbers are for, so no
 * number depends on what was drawn before, on threads or on batch sizes. The numbers are part of the promise of equal
 * bits: they never change meaning within a major version.
 */
export const STREAM = {
  /** c1: index of the parameter. */
  initialization: 1,
  /** c1: number of the epoch since the model was built. */
  shuffle: 2,
  /** c0: block of four columns, c1: row of the batch, c2: node of the network, c3: number of the update. */
  dropout: 3,
  /** As dropout. */
  noise: 4,
  /** Which rows are for tests or validation. c1: class of the rows, if each class is drawn for itself. */
  split: 5,
  /** Values of a column that change places to measure its importance. c1: column, c2: repetition. */
  importance: 6,
  /** Seeds of several trainings. c1: number of the training. */
  seeds: 7,
} as const;

/** Rows of the playground's settings as the library takes them: features, and targets as the loss has them written. */
import { pointsOf, type Point } from '../data/datasets.js';
import { featuresOf } from '../data/features.js';
import { LOSSES, type LossUse } from '../settings/choices.js';
import { classesOf, taskOf, type Settings } from '../settings/settings.js';

/** Rows that a network is trained on or tested with. */
export interface Rows {
  readonly points: readonly Point[];
  /** Features, (n, features) row-major. */
  readonly x: Float32Array;
  /** Targets as the loss takes them: class numbers, or (n, outputs) row-major. */
  readonly t: Float32Array | Int32Array;
}

/** Targets of points as a loss takes them, by how it has them written. */
const TARGETS: Readonly<
  Record<LossUse['targets'], (targets: readonly number[], classes: number) => Float32Array | Int32Array>
> = {
  share: (targets) => Float32Array.from(targets),
  sign: (targets) => Float32Array.from(targets, (target) => 2 * target - 1),
  oneHot: (targets, classes) => {
    const rows = new Float32Array(targets.length * classes);
    targets.forEach((target, row) => (rows[row * classes + target] = 1));
    return rows;
  },
  index: (targets) => Int32Array.from(targets),
  value: (targets) => Float32Array.from(targets),
  positive: (targets) => Float32Array.from(targets, (target) => Math.max(0, target + 1)),
  meanAndVariance: (targets) => Float32Array.from(targets),
};

/** Returns the points for training and those for the test, the first ones. At least one trains; none need be tested. */
export function dividedPoints({ dataset, own, points: count, noise, seed, testShare }: Settings) {
  const points = dataset === undefined ? (own?.points ?? []) : pointsOf(dataset, count, noise, seed);
  const tested = Math.max(0, Math.min(points.length - 1, Math.floor(points.length * testShare)));
  return { training: points.slice(tested), test: points.slice(0, tested) };
}

/** Returns the rows for training and those for the test. */
export function rowsOf(settings: Settings): { readonly training: Rows; readonly test: Rows } {
  const write = TARGETS[LOSSES[settings.loss].targets];
  const rows = (part: readonly Point[]): Rows => ({
    points: part,
    x: featuresOf(settings.features, part),
    t: write(
      part.map(({ target }) => target),
      classesOf(settings),
    ),
  });
  const { training, test } = dividedPoints(settings);
  return { training: rows(training), test: rows(test) };
}

/** Returns the number of outputs of a network. */
export function outputsOf(settings: Settings): number {
  const { targets } = LOSSES[settings.loss];
  if (targets === 'oneHot' || targets === 'index') return classesOf(settings);
  return targets === 'meanAndVariance' ? 2 : 1;
}

/** Whether the data are classes. */
export const isClasses = (settings: Settings): boolean => taskOf(settings) === 'classes';

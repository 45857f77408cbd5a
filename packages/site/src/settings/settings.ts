/**
 * Everything that decides the weights of a playground's network: data, features, layers, training and seed. It is plain
 * data; address.ts writes it into the address of the page, network.ts builds the network of it.
 */
import { DATASETS, type DatasetName, type Point, type Task } from '../data/datasets.js';
import type { FeatureName } from '../data/features.js';
import {
  LOSSES,
  OPTIMIZERS,
  REGULARIZERS,
  type ActivationName,
  type LossName,
  type OptimizerName,
  type RegularizerName,
  type ScheduleName,
} from './choices.js';

export interface HiddenLayer {
  readonly units: number;
  readonly activation: ActivationName;
}

export interface OwnPoints {
  readonly task: Task;
  readonly points: readonly Point[];
}

export interface Settings {
  readonly seed: number;
  /** A dataset by name; undefined for the user's own points. */
  readonly dataset: DatasetName | undefined;
  readonly own: OwnPoints | undefined;
  /** Number of points of a dataset, training and test together. */
  readonly points: number;
  /** Standard deviation that is added to points, in units of the half square. */
  readonly noise: number;
  /** Share of the points that is kept for the test. */
  readonly testShare: number;
  readonly features: readonly FeatureName[];
  readonly layers: readonly HiddenLayer[];
  readonly normalization: 'none' | 'batch' | 'layer';
  readonly dropout: number;
  readonly initializer: string;
  readonly loss: LossName;
  readonly optimizer: OptimizerName;
  /** Learning rate, or the largest one of a schedule; without effect on optimizers without one. */
  readonly learningRate: number;
  /** Only of sgd. */
  readonly momentum: number;
  readonly schedule: ScheduleName;
  /** Steps after which a schedule has run its course. */
  readonly scheduleSteps: number;
  readonly regularizer: RegularizerName;
  readonly regularization: number;
  readonly batchSize: number;
}

export const DEFAULTS: Settings = {
  seed: 1,
  dataset: 'moons',
  own: undefined,
  points: 300,
  noise: 0.08,
  testShare: 0.3,
  features: ['x', 'y'],
  layers: [
    { units: 6, activation: 'tanh' },
    { units: 4, activation: 'tanh' },
  ],
  normalization: 'none',
  dropout: 0,
  initializer: 'glorotUniform',
  loss: 'binaryCrossentropy',
  optimizer: 'adam',
  learningRate: 0.01,
  momentum: 0,
  schedule: 'constant',
  scheduleSteps: 2000,
  regularizer: 'none',
  regularization: 0.001,
  batchSize: 16,
};

/** Largest sizes: a page draws every unit. The library takes no learning rate of 0. */
export const LIMITS = {
  layers: 6,
  units: 12,
  points: 2000,
  seed: 4294967295,
  steps: 10_000_000,
  leastRate: 1e-6,
  rate: 100,
} as const;

/** The points that `settings` give, before features: a share for training, then those for the test. */
export const taskOf = ({ dataset, own }: Settings): Task =>
  dataset === undefined ? (own?.task ?? 'classes') : DATASETS[dataset].task;

/** Number of classes; 0 for values. */
export function classesOf({ dataset, own }: Settings): number {
  if (dataset !== undefined) return DATASETS[dataset].classes;
  if (own === undefined) return 2;
  if (own.task === 'values') return 0;
  return Math.max(2, ...own.points.map(({ target }) => target + 1));
}

/** Losses that the data admit: of three classes those with an output for each. */
export const lossesFor = (settings: Settings): LossName[] =>
  (Object.keys(LOSSES) as LossName[]).filter((name) => {
    const { tasks, targets } = LOSSES[name];
    const isPair = targets === 'share' || targets === 'sign';
    return tasks.includes(taskOf(settings)) && !(isPair && classesOf(settings) > 2);
  });

/** Whether an optimizer takes all rows for each step. */
export const isFullBatch = (optimizer: OptimizerName): boolean => OPTIMIZERS[optimizer] === undefined;

/** Optimizers that data and layers admit: least squares are for values, and layers whose only weights are those of sums. */
export function optimizersFor(settings: Settings): OptimizerName[] {
  const { normalization, layers } = settings;
  const hasSums = normalization === 'none' && layers.every(({ activation }) => activation !== 'prelu');
  const least = taskOf(settings) === 'values' && hasSums;
  return (Object.keys(OPTIMIZERS) as OptimizerName[]).filter((name) => name !== 'levenbergMarquardt' || least);
}

/** Penalties that an optimizer admits: those that take all rows need a derivative at 0, where L1 has none. */
export const regularizersFor = (optimizer: OptimizerName): RegularizerName[] =>
  REGULARIZERS.filter((name) => !isFullBatch(optimizer) || name === 'none' || name === 'l2');

/** Returns settings that fit together: a loss for the data, a schedule only where there is a learning rate. */
export function consistent(settings: Settings): Settings {
  const losses = lossesFor(settings);
  const loss = losses.includes(settings.loss) ? settings.loss : losses[0];
  const optimizer = optimizersFor(settings).includes(settings.optimizer) ? settings.optimizer : 'lbfgs';
  const full = isFullBatch(optimizer);
  return {
    ...settings,
    optimizer,
    loss: optimizer === 'levenbergMarquardt' ? 'meanSquaredError' : loss,
    regularizer: regularizersFor(optimizer).includes(settings.regularizer) ? settings.regularizer : 'l2',
    schedule: full ? 'constant' : settings.schedule,
    dropout: full ? 0 : settings.dropout,
  };
}

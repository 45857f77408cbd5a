/**
 * Options of layers that only training uses, initializers, penalties and constraints, as Keras writes them.
 * write-options.ts writes them for TensorFlow.js.
 */
import type { Constraint, Initializer, Regularizer } from '../../index.js';
import { bare, readObject, type Config } from './config.js';

/** Strength where a penalty is named without one. */
const STRENGTH = 0.01;

const penalty = (l1: number, l2: number): Regularizer =>
  // Keras' l2 is λ·Σw², here it is λ/2·Σw².
  ({ kind: 'l1l2', config: { l1, l2: 2 * l2 } });

const REGULARIZERS: Readonly<Record<string, (config: Config) => Regularizer>> = {
  l1: (config) => penalty(config.number('l1', STRENGTH), 0),
  l2: (config) => penalty(0, config.number('l2', STRENGTH)),
  l1l2: (config) => penalty(config.number('l1', STRENGTH), config.number('l2', STRENGTH)),
};

/** Reads a penalty; undefined where there is none. */
export function readRegularizer(config: Config, name: string): Regularizer | undefined {
  const value = config.get(name);
  if (value === undefined) return undefined;
  const given = readObject(`${config.where}: ${name}`, value);
  const kind = bare(given.name);
  return Object.hasOwn(REGULARIZERS, kind) ? REGULARIZERS[kind](given.config) : config.refuse(name, 'L1, L2 or L1L2');
}

/** Constraints by Keras' names without underscores and capitals. */
const CONSTRAINTS: Readonly<Record<string, (config: Config) => Constraint>> = {
  maxnorm: (config) => ({ kind: 'maxNorm', config: { limit: config.number('max_value', 2) } }),
  nonneg: () => ({ kind: 'nonNegative', config: {} }),
  unitnorm: () => ({ kind: 'unitNorm', config: {} }),
  minmaxnorm: (config) => ({
    kind: 'minMaxNorm',
    config: {
      minValue: config.number('min_value', 0),
      maxValue: config.number('max_value', 1),
      rate: config.number('rate', 1),
    },
  }),
};

/** Reads a constraint, whose norms have to be taken along this axis of a tensor of `axes` axes. */
export function readConstraint(config: Config, name: string, axis = 0, axes = 2): Constraint | undefined {
  const value = config.get(name);
  if (value === undefined) return undefined;
  const given = readObject(`${config.where}: ${name}`, value);
  const kind = bare(given.name);
  if (!Object.hasOwn(CONSTRAINTS, kind)) return config.refuse(name, 'MaxNorm, MinMaxNorm, NonNeg or UnitNorm');
  const along = given.config.number('axis', 0);
  if (kind !== 'nonneg' && along !== axis && along !== axis - axes) {
    given.config.refuse('axis', String(axis), ' Norms here are those of the weights of a unit.');
  }
  return CONSTRAINTS[kind](given.config);
}

const described = (kind: string, config: object = {}): Initializer => ({ kind, config }) as Initializer;

/** Modes and distributions of VarianceScaling, Keras' names first. TensorFlow.js' `normal` is truncated. */
const MODES = { fanin: 'fanIn', fanout: 'fanOut', fanavg: 'fanAvg' } as const;
const DISTRIBUTIONS = {
  normal: 'truncatedNormal',
  truncatednormal: 'truncatedNormal',
  untruncatednormal: 'untruncatedNormal',
  uniform: 'uniform',
} as const;

const choice = <T>(table: Readonly<Record<string, T>>, name: string | undefined, or: T): T =>
  name !== undefined && Object.hasOwn(table, bare(name)) ? table[bare(name)] : or;

const spread = (kind: string) => (config: Config) =>
  described(kind, { mean: config.number('mean', 0), stddev: config.number('stddev', 0.05) });

const INITIALIZERS: Readonly<Record<string, (config: Config) => Initializer>> = {
  zeros: () => described('zeros'),
  ones: () => described('ones'),
  constant: (config) => described('constant', { value: config.number('value', 0) }),
  randomnormal: spread('randomNormal'),
  truncatednormal: spread('truncatedNormal'),
  randomuniform: (config) =>
    described('randomUniform', { minval: config.number('minval', -0.05), maxval: config.number('maxval', 0.05) }),
  glorotnormal: () => described('glorotNormal'),
  glorotuniform: () => described('glorotUniform'),
  henormal: () => described('heNormal'),
  heuniform: () => described('heUniform'),
  lecunnormal: () => described('lecunNormal'),
  lecununiform: () => described('lecunUniform'),
  orthogonal: (config) => described('orthogonal', { gain: config.number('gain', 1) }),
  identity: (config) => described('identity', { gain: config.number('gain', 1) }),
  variancescaling: (config) =>
    described('varianceScaling', {
      scale: config.number('scale', 1),
      mode: choice(MODES, config.text('mode'), 'fanIn'),
      distribution: choice(DISTRIBUTIONS, config.text('distribution'), 'truncatedNormal'),
    }),
};

/**
 * Reads an initializer; undefined, which is the layer's default, where there is none or one that is not known: the
 * weights come from the file.
 */
export function readInitializer(config: Config, name: string): Initializer | undefined {
  const value = config.get(name);
  if (value === undefined) return undefined;
  const given = readObject(`${config.where}: ${name}`, value);
  const kind = bare(given.name);
  return Object.hasOwn(INITIALIZERS, kind) ? INITIALIZERS[kind](given.config) : undefined;
}

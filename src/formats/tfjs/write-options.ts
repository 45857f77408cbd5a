/**
 * Options of layers that only training uses, initializers, penalties and constraints, as TensorFlow.js reads them.
 * read-options.ts reads those that Keras writes.
 */
import type { Constraint, Initializer, Regularizer } from '../../index.js';

/** { class_name, config } as Keras writes it. */
export interface KerasObject {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Returns a penalty; its l2 is λ·Σw² there, and λ/2·Σw² here. */
export const writeRegularizer = (regularizer: Regularizer | undefined): KerasObject | null =>
  regularizer === undefined
    ? null
    : { class_name: 'L1L2', config: { l1: regularizer.config.l1, l2: regularizer.config.l2 / 2 } };

type ConstraintWriters = {
  readonly [K in Constraint['kind']]: (config: Extract<Constraint, { kind: K }>['config'], axis: number) => KerasObject;
};

const CONSTRAINT_WRITERS: ConstraintWriters = {
  maxNorm: ({ limit }, axis) => ({ class_name: 'MaxNorm', config: { max_value: limit, axis } }),
  nonNegative: () => ({ class_name: 'NonNeg', config: {} }),
  unitNorm: (_, axis) => ({ class_name: 'UnitNorm', config: { axis } }),
  minMaxNorm: ({ minValue, maxValue, rate }, axis) => ({
    class_name: 'MinMaxNorm',
    config: { min_value: minValue, max_value: maxValue, rate, axis },
  }),
};

/** Returns a constraint whose norms are taken along this axis. */
export const writeConstraint = (constraint: Constraint | undefined, axis = 0): KerasObject | null =>
  constraint === undefined ? null : CONSTRAINT_WRITERS[constraint.kind](constraint.config as never, axis);

type InitializerWriters = {
  readonly [K in Exclude<Initializer['kind'], 'custom'>]: (
    config: Extract<Initializer, { kind: K }>['config'],
  ) => KerasObject | undefined;
};

const as = (class_name: string) => (config: object) => ({ class_name, config: { ...config } });
const seeded = (class_name: string) => (config: object) => ({ class_name, config: { ...config, seed: null } });

/** What TensorFlow.js lacks is undefined. */
const INITIALIZER_WRITERS: InitializerWriters = {
  zeros: as('Zeros'),
  ones: as('Ones'),
  constant: as('Constant'),
  randomNormal: seeded('RandomNormal'),
  truncatedNormal: seeded('TruncatedNormal'),
  randomUniform: seeded('RandomUniform'),
  // The same distribution.
  xavier: seeded('LeCunNormal'),
  glorotNormal: seeded('GlorotNormal'),
  glorotUniform: seeded('GlorotUniform'),
  heNormal: seeded('HeNormal'),
  heUniform: seeded('HeUniform'),
  lecunNormal: seeded('LeCunNormal'),
  lecunUniform: seeded('LeCunUniform'),
  orthogonal: seeded('Orthogonal'),
  identity: as('Identity'),
  varianceScaling: ({ scale, mode, distribution }) =>
    distribution === 'untruncatedNormal'
      ? undefined
      : {
          class_name: 'VarianceScaling',
          config: {
            scale,
            mode: mode.replace(/[A-Z]/, (letter) => `_${letter.toLowerCase()}`),
            distribution: distribution === 'uniform' ? 'uniform' : 'normal',
            seed: null,
          },
        },
};

/** Returns an initializer as TensorFlow.js reads it; undefined if it has none like it. */
export const writeInitializer = (initializer: Initializer): KerasObject | undefined =>
  initializer.kind === 'custom' ? undefined : INITIALIZER_WRITERS[initializer.kind](initializer.config as never);

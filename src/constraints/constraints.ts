import { resolve, type Descriptor } from '../common/descriptor.js';
import { positive, readOptions, type Check } from '../common/options.js';

/**
 * A constraint that weights satisfy after each update.
 * @category Regularizers and constraints
 */
export type Constraint = Descriptor<
  'maxNorm',
  {
    /** Largest Euclidean norm of a unit's incoming weights. */
    limit: number;
  }
>;

/** Keras' default. */
const LIMIT = 2;

const fromConfig = (options?: { limit?: number }): Constraint => ({
  kind: 'maxNorm',
  config: readOptions('maxNorm', options, { limit: { check: positive, or: LIMIT } }),
});

/**
 * Maximum norm (Srivastava et al. 2014, with dropout): after each update, the incoming weights of every unit, a row of
 * W, whose Euclidean norm exceeds `limit` are scaled down to it. `limit` > 0, default 2.
 * @throws ValueError for a limit that is not a number > 0.
 * @example
 * dense({ units: 64, activation: 'relu', kernelConstraint: maxNorm(3) }).config.kernelConstraint?.config.limit; // 3
 * @category Regularizers and constraints
 */
export const maxNorm = (limit = LIMIT): Constraint => fromConfig({ limit: positive('maxNorm: limit', limit) });

/** Factories by the names that users and saved models may give. */
const CONSTRAINTS = { maxNorm: fromConfig } as const;

/**
 * Names of the constraints: `maxNorm` with its default limit of 2.
 * @category Regularizers and constraints
 */
export type ConstraintName = keyof typeof CONSTRAINTS;

/** Reads a name or a factory's descriptor. */
export const constraintCheck: Check<Constraint> = (path, value) => resolve(path, value, CONSTRAINTS);

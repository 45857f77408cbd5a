/**
 * Constraints: what weights satisfy after each update, as plain data with checked options. bind.ts binds them to
 * weights.
 */
import { resolve, withoutOptions, type Descriptor } from '../common/descriptor.js';
import { describe } from '../common/describe.js';
import { ValueError } from '../common/errors.js';
import { nonNegative as notBelowZero, positive, readOptions, type Check } from '../common/options.js';

/**
 * Options of `minMaxNorm`.
 * @category Regularizers and constraints
 */
export interface MinMaxNormOptions {
  /** Smallest norm, at least 0. Default 0. */
  minValue?: number;
  /** Largest norm, > 0. Default 1. */
  maxValue?: number;
  /** Share of the way into the limits that an update makes, in (0, 1]. Default 1. */
  rate?: number;
}

/**
 * A constraint that weights satisfy after each update.
 * @category Regularizers and constraints
 */
export type Constraint =
  | Descriptor<
      'maxNorm',
      {
        /** Largest Euclidean norm of a unit's incoming weights. */
        limit: number;
      }
    >
  | Descriptor<'nonNegative'>
  | Descriptor<'unitNorm'>
  | Descriptor<'minMaxNorm', Required<MinMaxNormOptions>>;

/** Keras' default. */
const LIMIT = 2;

const fromConfig = (options?: { limit?: number }): Extract<Constraint, { kind: 'maxNorm' }> => ({
  kind: 'maxNorm',
  config: readOptions('maxNorm', options, { limit: { check: positive, or: LIMIT } }),
});

/**
 * Maximum norm (Srivastava et al. 2014, with dropout): after each update, the incoming weights of every unit, a row of
 * W, whose Euclidean norm exceeds `limit` are scaled down to it. `limit` > 0, default 2.
 * @throws ValueError for a limit that is not a number > 0.
 * @example
 * dense({ units: 64, activation: 'relu', kernelConstraint: maxNorm(3) });
 * maxNorm(3).config.limit; // 3
 * @category Regularizers and constraints
 */
export const maxNorm = (limit = LIMIT): Extract<Constraint, { kind: 'maxNorm' }> =>
  fromConfig({ limit: positive('maxNorm: limit', limit) });

/**
 * Weights of at least 0: after each update, those below become 0. Keras' NonNeg.
 * @throws ValueError for an option.
 * @example dense({ units: 64, kernelConstraint: nonNegative() });
 * @category Regularizers and constraints
 */
export const nonNegative = /* @__PURE__ */ withoutOptions('nonNegative');

/**
 * Unit norm: after each update, the incoming weights of every unit, a row of W, are scaled to the Euclidean norm 1;
 * those that are all 0 stay 0. Keras' UnitNorm.
 * @throws ValueError for an option.
 * @example dense({ units: 64, kernelConstraint: unitNorm() });
 * @category Regularizers and constraints
 */
export const unitNorm = /* @__PURE__ */ withoutOptions('unitNorm');

const rateCheck: Check<number> = (path, value) => {
  if (typeof value === 'number' && Math.fround(value) > 0 && value <= 1) return value;
  throw new ValueError(`${path} expected a number in (0, 1], got ${describe(value)}.`);
};

/**
 * Limits on both sides: after each update, the Euclidean norm of every unit's incoming weights, a row of W, is moved by
 * the share `rate` of its way into the range from `minValue` to `maxValue`. Weights that are all 0 stay 0. Keras'
 * MinMaxNorm.
 * @throws ValueError for a number out of range, a minValue above maxValue, or an unknown option.
 * @example dense({ units: 64, kernelConstraint: minMaxNorm({ minValue: 0.5, maxValue: 2 }) });
 * @category Regularizers and constraints
 */
export function minMaxNorm(options?: MinMaxNormOptions): Descriptor<'minMaxNorm', Required<MinMaxNormOptions>> {
  const config = readOptions<Required<MinMaxNormOptions>>('minMaxNorm', options, {
    minValue: { check: notBelowZero, or: 0 },
    maxValue: { check: positive, or: 1 },
    rate: { check: rateCheck, or: 1 },
  });
  const { minValue, maxValue } = config;
  if (minValue > maxValue) {
    throw new ValueError(
      `minMaxNorm: minValue expected at most maxValue, ${maxValue}, got ${minValue}. Raise maxValue.`,
    );
  }
  return { kind: 'minMaxNorm', config };
}

/** Factories by the names that users and saved models may give. */
const CONSTRAINTS = { maxNorm: fromConfig, nonNegative, unitNorm, minMaxNorm } as const;

/**
 * Names of the constraints, each with its defaults: `maxNorm` with a limit of 2.
 * @category Regularizers and constraints
 */
export type ConstraintName = keyof typeof CONSTRAINTS;

/** Names of constraints in Keras. */
type OtherConstraintName = 'max_norm' | 'non_neg' | 'unit_norm' | 'min_max_norm';

/**
 * Values accepted as a constraint: a name, also Keras' with an underscore, or the result of a factory. On a matrix
 * (units, inputs) norms are those of its rows, on a vector, such as a bias, that of the whole vector.
 * @category Regularizers and constraints
 */
export type ConstraintLike = ConstraintName | OtherConstraintName | Constraint;

/** Reads a name or a factory's descriptor. */
export const constraintCheck: Check<Constraint> = (path, value) => resolve(path, value, CONSTRAINTS);

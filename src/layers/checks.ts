/** Checks of options that several layers have. */
import { ACTIVATIONS, type Activation } from '../activations/activations.js';
import { describe } from '../common/describe.js';
import { resolve } from '../common/descriptor.js';
import { ShapeError, ValueError } from '../common/errors.js';
import { integer, type Check } from '../common/options.js';
import { INITIALIZERS, type Initializer } from '../initializers/initializers.js';
import { REGULARIZERS, type Regularizer } from '../regularizers/regularizers.js';

export const activationCheck: Check<Activation> = (path, value) => resolve(path, value, ACTIVATIONS);
export const initializerCheck: Check<Initializer> = (path, value) => resolve(path, value, INITIALIZERS);
export const regularizerCheck: Check<Regularizer> = (path, value) => resolve(path, value, REGULARIZERS);

export const inputShapeCheck: Check<readonly number[]> = (path, value) => {
  if (Array.isArray(value) && value.length === 1) return [integer(1)(`${path}[0]`, value[0])];
  const expected = `${path} expected [number of inputs], got ${describe(value)}.`;
  if (Array.isArray(value)) throw new ShapeError(`${expected} Rows are flat: flatten them first.`);
  throw new ValueError(expected);
};

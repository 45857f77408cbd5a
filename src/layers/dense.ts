import { ACTIVATION_NAMES, type ActivationName } from '../activations/registry.js';
import type { Descriptor } from '../common/descriptor.js';
import { resolve } from '../common/descriptor.js';
import { describe } from '../common/describe.js';
import { ShapeError, ValueError } from '../common/errors.js';
import { flag, integer, nameOf, optional, readOptions, text, type Check } from '../common/options.js';
import {
  INITIALIZERS,
  glorotUniform,
  zeros,
  type Initializer,
  type InitializerName,
} from '../initializers/initializers.js';
import { activate } from './activate.js';
import { affine } from './affine.js';
import type { Operation } from './operation.js';

export interface DenseOptions {
  /** Number of outputs, p on the slides. */
  units: number;
  /** Default 'linear'. */
  activation?: ActivationName;
  /** Whether a bias is added. Default true. */
  useBias?: boolean;
  /** Default 'glorotUniform'. */
  kernelInitializer?: InitializerName | Initializer;
  /** Default 'zeros'. */
  biasInitializer?: InitializerName | Initializer;
  /** [number of inputs]; needed on the first layer. */
  inputShape?: readonly number[];
  /** Default 'dense'. */
  name?: string;
}

export interface DenseConfig {
  readonly units: number;
  readonly activation: ActivationName;
  readonly useBias: boolean;
  readonly kernelInitializer: Initializer;
  readonly biasInitializer: Initializer;
  readonly inputShape: readonly number[] | undefined;
  readonly name: string | undefined;
}

const initializer: Check<Initializer> = (path, value) => resolve(path, value, INITIALIZERS);

const inputShape: Check<readonly number[]> = (path, value) => {
  if (Array.isArray(value) && value.length === 1) return [integer(1)(`${path}[0]`, value[0])];
  if (Array.isArray(value)) {
    throw new ShapeError(
      `${path} expected [number of inputs], got ${describe(value)}. Rows are flat: flatten them first.`,
    );
  }
  throw new ValueError(`${path} expected [number of inputs], got ${describe(value)}.`);
};

/**
 * A fully connected layer: y = f(W·x + b), W (units, inputs), b (units), for each row x of the batch.
 * @throws ValueError for an unknown option or name, or a number out of range.
 * @example dense({ units: 128, activation: 'relu', inputShape: [784] })
 */
export function dense(options: DenseOptions): Descriptor<'dense', DenseConfig> {
  const config = readOptions<DenseConfig>('dense', options, {
    units: { check: integer(1) },
    activation: { check: nameOf(ACTIVATION_NAMES), or: 'linear' },
    useBias: { check: flag, or: true },
    kernelInitializer: { check: initializer, or: glorotUniform() },
    biasInitializer: { check: initializer, or: zeros() },
    inputShape: { check: optional(inputShape), or: undefined },
    name: { check: optional(text), or: undefined },
  });
  return { kind: 'dense', config };
}

/** The operations of a dense layer on `inputs` inputs: the affine map, then the activation unless it is linear. */
export function lowerDense(config: DenseConfig, inputs: number): Operation[] {
  const { units, activation, useBias, kernelInitializer, biasInitializer } = config;
  const operations = [affine({ inputs, units, useBias, kernelInitializer, biasInitializer })];
  if (activation !== 'linear') operations.push(activate(activation, units));
  return operations;
}

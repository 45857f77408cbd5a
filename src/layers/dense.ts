import type { Activation, ActivationName } from '../activations/activations.js';
import type { Descriptor } from '../common/descriptor.js';
import { flag, integer, optional, readOptions, text } from '../common/options.js';
import { glorotUniform, zeros, type Initializer, type InitializerName } from '../initializers/initializers.js';
import type { Regularizer, RegularizerName } from '../regularizers/regularizers.js';
import { activate } from './activate.js';
import { affine } from './affine.js';
import { activationCheck, initializerCheck, inputShapeCheck, regularizerCheck } from './checks.js';
import type { Operation } from './operation.js';

export interface DenseOptions {
  /** Number of outputs, p on the slides. */
  units: number;
  /** Default 'linear'. */
  activation?: ActivationName | Activation;
  /** Whether a bias is added. Default true. */
  useBias?: boolean;
  /** Default 'glorotUniform'. */
  kernelInitializer?: InitializerName | Initializer;
  /** Default 'zeros'. */
  biasInitializer?: InitializerName | Initializer;
  /** Penalty on the weights. Default none. */
  kernelRegularizer?: RegularizerName | Regularizer;
  /** [number of inputs]; needed on the first layer. */
  inputShape?: readonly number[];
  /** Default 'dense'. */
  name?: string;
}

export interface DenseConfig {
  readonly units: number;
  readonly activation: Activation;
  readonly useBias: boolean;
  readonly kernelInitializer: Initializer;
  readonly biasInitializer: Initializer;
  readonly kernelRegularizer: Regularizer | undefined;
  readonly inputShape: readonly number[] | undefined;
  readonly name: string | undefined;
}

/**
 * A fully connected layer: y = f(W·x + b), W (units, inputs), b (units), for each row x of the batch.
 * @throws ValueError for an unknown option or name, or a number out of range.
 * @example dense({ units: 128, activation: 'relu', inputShape: [784] })
 */
export function dense(options: DenseOptions): Descriptor<'dense', DenseConfig> {
  const config = readOptions<DenseConfig>('dense', options, {
    units: { check: integer(1) },
    activation: { check: activationCheck, or: { kind: 'linear', config: {} } },
    useBias: { check: flag, or: true },
    kernelInitializer: { check: initializerCheck, or: glorotUniform() },
    biasInitializer: { check: initializerCheck, or: zeros() },
    kernelRegularizer: { check: optional(regularizerCheck), or: undefined },
    inputShape: { check: optional(inputShapeCheck), or: undefined },
    name: { check: optional(text), or: undefined },
  });
  return { kind: 'dense', config };
}

/** Two modules, as in PyTorch: the affine map, and the activation unless it is linear. */
export function lowerDense(config: DenseConfig, inputs: number): Operation[][] {
  return [
    [affine({ ...config, inputs })],
    ...activate(config.activation, config.units).map((operation) => [operation]),
  ];
}

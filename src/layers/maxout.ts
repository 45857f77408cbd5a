import type { Descriptor } from '../common/descriptor.js';
import { flag, integer, optional, readOptions, text } from '../common/options.js';
import type { Initializer, InitializerName } from '../initializers/initializers.js';
import { glorotUniform, zeros } from '../initializers/initializers.js';
import type { Regularizer, RegularizerName } from '../regularizers/regularizers.js';
import { affine } from './affine.js';
import { initializerCheck, inputShapeCheck, regularizerCheck } from './checks.js';
import type { Operation } from './operation.js';

export interface MaxoutOptions {
  /** Number of outputs. */
  units: number;
  /** Affine pieces that each output takes the largest of. Default 2. */
  pieces?: number;
  /** Whether a bias is added to each piece. Default true. */
  useBias?: boolean;
  /** Default 'glorotUniform'. */
  kernelInitializer?: InitializerName | Initializer;
  /** Default 'zeros'. */
  biasInitializer?: InitializerName | Initializer;
  /** Penalty on the weights. Default none. */
  kernelRegularizer?: RegularizerName | Regularizer;
  /** [number of inputs]; needed on the first layer. */
  inputShape?: readonly number[];
  name?: string;
}

export interface MaxoutConfig {
  readonly units: number;
  readonly pieces: number;
  readonly useBias: boolean;
  readonly kernelInitializer: Initializer;
  readonly biasInitializer: Initializer;
  readonly kernelRegularizer: Regularizer | undefined;
  readonly inputShape: readonly number[] | undefined;
  readonly name: string | undefined;
}

/**
 * Maxout (Goodfellow et al. 2013): y_u = max_j (w_uj·x + b_uj) over `pieces` affine pieces. Weight (units·pieces, inputs), bias
 * (units·pieces): row u·pieces + j is piece j of unit u.
 * @throws ValueError for an unknown option or name, or a number out of range.
 */
export function maxout(options: MaxoutOptions): Descriptor<'maxout', MaxoutConfig> {
  const config = readOptions<MaxoutConfig>('maxout', options, {
    units: { check: integer(1) },
    pieces: { check: integer(1), or: 2 },
    useBias: { check: flag, or: true },
    kernelInitializer: { check: initializerCheck, or: glorotUniform() },
    biasInitializer: { check: initializerCheck, or: zeros() },
    kernelRegularizer: { check: optional(regularizerCheck), or: undefined },
    inputShape: { check: optional(inputShapeCheck), or: undefined },
    name: { check: optional(text), or: undefined },
  });
  return { kind: 'maxout', config };
}

/** One module: the affine map onto all pieces, then the largest of each unit's. */
export function lowerMaxout(config: MaxoutConfig, inputs: number): Operation[][] {
  const { units, pieces } = config;
  return [[affine({ ...config, inputs, units: units * pieces }), maxPieces(units, pieces)]];
}

function maxPieces(units: number, pieces: number): Operation {
  return {
    kind: 'maxPieces',
    outputWidth: units,
    parameters: [],
    inPlace: false,
    backwardReads: { input: true, output: false },
    scratch: 0,
    forward: ({ machine: { kernels }, inputs: [z], output: y }) => [
      (rows) => kernels.f32_max_pieces(rows, units, pieces, z.address, z.ld, y.address, y.ld),
    ],
    backward: ({ machine: { kernels }, inputs: [z], outputDelta: dy, inputDeltas: [dz] }) =>
      dz === undefined
        ? []
        : [
            (rows) =>
              kernels.f32_max_pieces_backward(rows, units, pieces, z.address, z.ld, dy.address, dy.ld, dz.address),
          ],
  };
}

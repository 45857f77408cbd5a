import { integer, readOptions } from '../common/options.js';
import { affine } from './affine.js';
import { KERNEL_OPTIONS, type KernelConfig, type KernelOptions } from './checks.js';
import { Layer, onOne } from './layer.js';
import type { Operation } from './operation.js';

/** What `maxout` takes. */
export interface MaxoutOptions extends KernelOptions {
  /** Number of outputs. */
  units: number;
  /** Affine pieces that each output takes the largest of. Default 2. */
  pieces?: number;
}

/** A maxout layer, settled. */
export interface MaxoutConfig extends KernelConfig {
  /** Number of outputs. */
  readonly units: number;
  /** Affine pieces per output. */
  readonly pieces: number;
}

/**
 * Maxout (Goodfellow et al. 2013): y_u = max_j (w_uj·x + b_uj) over `pieces` affine pieces. Weight (units·pieces,
 * inputs), bias (units·pieces): row u·pieces + j is piece j of unit u.
 * @throws ValueError for an unknown option or name, or a number out of range.
 * @example
 * maxout({ units: 8, pieces: 3, inputShape: [4] }).config.pieces; // 3
 */
export function maxout(options: MaxoutOptions): Layer<'maxout', MaxoutConfig> {
  const config = readOptions<MaxoutConfig>('maxout', options, {
    units: { check: integer(1) },
    pieces: { check: integer(1), or: 2 },
    ...KERNEL_OPTIONS,
  });
  const { units, pieces } = config;
  // One module: the affine map onto all pieces, then the largest of each unit's.
  return new Layer(
    'maxout',
    config,
    onOne((inputs) => [[affine(inputs, units * pieces, config), maxPieces(units, pieces)]]),
  );
}

function maxPieces(units: number, pieces: number): Operation {
  return {
    kind: 'maxPieces',
    outputWidth: units,
    parameters: [],
    inPlace: false,
    backwardReads: { input: true, output: false },
    forward: ({ runtime: { kernels }, inputs: [z], output: y }) => [
      (rows) => kernels.f32_max_pieces(rows, units, pieces, z.address, z.ld, y.address, y.ld),
    ],
    backward: ({ runtime: { kernels }, inputs: [z], outputDelta: dy, inputDeltas: [dz] }) =>
      dz === undefined
        ? []
        : [
            (rows) =>
              kernels.f32_max_pieces_backward(rows, units, pieces, z.address, z.ld, dy.address, dy.ld, dz.address),
          ],
  };
}

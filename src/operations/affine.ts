import type { Constraint } from '../constraints/constraints.js';
import type { Initializer } from '../initializers/initializers.js';
import type { Regularizer } from '../regularizers/regularizers.js';
import type { Forward } from './binding.js';
import type { OperationOf, ParameterSpec } from './operation.js';

/** Options of an affine map's weights. */
export interface AffineOptions {
  readonly useBias: boolean;
  readonly kernelInitializer: Initializer;
  readonly biasInitializer: Initializer;
  readonly kernelRegularizer?: Regularizer | undefined;
  readonly biasRegularizer?: Regularizer | undefined;
  readonly kernelConstraint?: Constraint | undefined;
  readonly biasConstraint?: Constraint | undefined;
}

/** z = W·x + b for each row x: Z (B, units) = X (B, inputs)·Wᵀ + b. */
export function affine(inputs: number, units: number, options: AffineOptions): OperationOf<'affine'> {
  const { useBias, kernelRegularizer, biasRegularizer, kernelConstraint, biasConstraint } = options;
  const common = { learned: true, fanIn: inputs, fanOut: units };
  const weight: ParameterSpec = {
    name: 'weight',
    shape: [units, inputs],
    storage: 'panels',
    initializer: options.kernelInitializer,
    ...(kernelRegularizer && { regularizer: kernelRegularizer }),
    ...(kernelConstraint && { constraint: kernelConstraint }),
    ...common,
  };
  const bias: ParameterSpec = {
    name: 'bias',
    shape: [units],
    storage: 'vector',
    initializer: options.biasInitializer,
    ...(biasRegularizer && { regularizer: biasRegularizer }),
    ...(biasConstraint && { constraint: biasConstraint }),
    ...common,
  };
  return {
    kind: 'affine',
    config: { inputs, units, useBias },
    outputWidth: units,
    parameters: useBias ? [weight, bias] : [weight],
  };
}

export const affineForward: Forward<'affine'> = {
  inPlace: false,
  bind({ inputs, units, useBias }, { runtime, inputs: [x], output: z, parameters: [w, b] }) {
    // Not its kernel: the tile may change between two steps (graph/repack.ts).
    const { tile } = runtime;
    // Address 0 of the initial values means zeros.
    const initial = useBias ? b : 0;
    return [(rows) => tile.gemm(rows, units, inputs, x.address, x.ld, w, initial, 0, z.address, z.ld, runtime.packedA)];
  },
};

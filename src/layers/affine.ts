import { panelFloats } from '../runtime/panels.js';
import type { KernelConfig } from './checks.js';
import type { Operation, ParameterSpec } from './operation.js';

/**
 * z = W·x + b for each row x: Z (B, units) = X (B, inputs)·Wᵀ + b. Backward, from δ = ∂L/∂Z:
 * BP4 dW = δᵀ·X, BP3 db = column sums of δ, and BP2's dX = δ·W.
 */
export function affine(inputs: number, units: number, config: KernelConfig): Operation {
  const { useBias, kernelRegularizer, kernelConstraint } = config;
  const common = { learned: true, fanIn: inputs, fanOut: units };
  const weight: ParameterSpec = {
    name: 'weight',
    shape: [units, inputs],
    storage: 'panels',
    initializer: config.kernelInitializer,
    ...(kernelRegularizer && { regularizer: kernelRegularizer }),
    ...(kernelConstraint && { constraint: kernelConstraint }),
    ...common,
  };
  const bias: ParameterSpec = {
    name: 'bias',
    shape: [units],
    storage: 'vector',
    initializer: config.biasInitializer,
    ...common,
  };
  return {
    kind: 'affine',
    outputWidth: units,
    parameters: useBias ? [weight, bias] : [weight],
    inPlace: false,
    backwardReads: { input: true, output: false },
    // The transposed weights, (inputs, units) in panels.
    scratch: { backward: panelFloats(inputs, units) },
    forward({ runtime, inputs: [x], output: z, parameters: [w, b] }) {
      const { gemm } = runtime.tile;
      // A null start means zero.
      const start = useBias ? b : 0;
      return [(rows) => gemm(rows, units, inputs, x.address, x.ld, w, start, 0, z.address, z.ld, runtime.packedA)];
    },
    backward({
      runtime,
      inputs: [x],
      outputDelta: delta,
      inputDeltas: [dx],
      gradients: [dw, db],
      parameters: [w],
      scratch,
    }) {
      const { kernels, tile } = runtime;
      const steps = [
        (rows: number) =>
          tile.gemmTN(inputs, units, rows, x.address, x.ld, delta.address, delta.ld, dw, 0, runtime.scratch),
      ];
      if (useBias) steps.push((rows) => kernels.f32_column_sums(rows, units, delta.address, delta.ld, db, 0));
      if (dx !== undefined) {
        const { address, ld } = dx;
        steps.push(
          () => kernels.f32_transpose_panels(inputs, units, tile.panelWidth, w, scratch),
          (rows) =>
            tile.gemm(rows, inputs, units, delta.address, delta.ld, scratch, 0, 0, address, ld, runtime.packedA),
        );
      }
      return steps;
    },
  };
}

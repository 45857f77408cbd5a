import { panelFloats } from '../runtime/panels.js';
import { readsInput, type Backward } from './binding.js';

/** From δ = ∂L/∂Z: BP4 dW = δᵀ·X, BP3 db = column sums of δ, and BP2's dX = δ·W. */
export const affineBackward: Backward<'affine'> = {
  reads: readsInput,
  isAffine: true,
  // The transposed weights, (inputs, units) in panels.
  scratch: ({ inputs, units }) => ({ forward: 0, backward: panelFloats(inputs, units) }),
  bind({ inputs, units, useBias }, binding) {
    const { runtime, outputDelta: delta, scratch } = binding;
    const [x] = binding.inputs;
    const [dx] = binding.inputDeltas;
    const [dw, db] = binding.gradients;
    const [w] = binding.parameters;
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
        (rows) => tile.gemm(rows, inputs, units, delta.address, delta.ld, scratch, 0, 0, address, ld, runtime.packedA),
      );
    }
    return steps;
  },
};

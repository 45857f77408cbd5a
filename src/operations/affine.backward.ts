import { panelFloats } from '../runtime/panels.js';
import { readsInput, readsNothing, type Backward, type BackwardBinding } from './binding.js';
import type { Step } from '../runtime/matrix-view.js';
import type { OperationConfigs } from './operation.js';

/** The transposed weights, (inputs, units) in panels. */
const scratch = ({ inputs, units }: OperationConfigs['affine']) => ({
  forward: 0,
  backward: panelFloats(inputs, units),
});

/** BP2: dX = δ·W. */
function propagate({ inputs, units }: OperationConfigs['affine'], binding: BackwardBinding): Step[] {
  const { runtime, outputDelta: delta, scratch } = binding;
  const [dx] = binding.inputDeltas;
  const [w] = binding.parameters;
  const { kernels, tile } = runtime;
  if (dx === undefined) return [];
  const { address, ld } = dx;
  return [
    () => kernels.f32_transpose_panels(inputs, units, tile.panelWidth, w, scratch),
    (rows) => tile.gemm(rows, inputs, units, delta.address, delta.ld, scratch, 0, 0, address, ld, runtime.packedA),
  ];
}

/** From δ = ∂L/∂Z: BP4 dW = δᵀ·X, BP3 db = column sums of δ, and BP2's dX = δ·W. */
export const affineBackward: Backward<'affine'> = {
  reads: readsInput,
  isAffine: true,
  accumulates: () => true,
  scratch,
  bind(config, binding) {
    const { inputs, units, useBias } = config;
    const { runtime, outputDelta: delta, group } = binding;
    const [x] = binding.inputs;
    const [dw, db] = binding.gradients;
    const { kernels, tile } = runtime;
    const { address, ld } = delta;
    const added = (): number => (group.continues ? 1 : 0);
    const steps = [
      (rows: number) => tile.gemmTN(inputs, units, rows, x.address, x.ld, address, ld, dw, added(), runtime.scratch),
    ];
    if (useBias) steps.push((rows) => kernels.f32_column_sums(rows, units, address, ld, db, added()));
    return [...steps, ...propagate(config, binding)];
  },
  whenFrozen: { reads: readsNothing, scratch, bind: propagate },
};

import { padded, panelFloats } from '../runtime/panels.js';
import { readsInput, readsNothing, type Backward, type BackwardBinding } from './binding.js';
import type { Step } from '../runtime/matrix-view.js';
import type { OperationConfigs } from './operation.js';
import { sumOverRows } from './row-sums.js';

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
    () => {
      // Read at each call: the tile may change between steps.
      const width = tile.panelWidth;
      kernels.f32_transpose_panels(inputs, units, width, w, scratch, 0, Math.ceil(inputs / width));
    },
    (rows) => tile.gemm(rows, inputs, units, delta.address, delta.ld, scratch, 0, 0, address, ld, runtime.packedA),
  ];
}

/** From δ = ∂L/∂Z: BP4 dW = δᵀ·X, BP3 db = column sums of δ, and BP2's dX = δ·W. */
export const affineBackward: Backward<'affine'> = {
  reads: readsInput,
  isAffine: true,
  accumulates: true,
  scratch,
  // One after the other: weights, bias.
  blockSums: ({ inputs, units }) => panelFloats(units, inputs),
  bind(config, binding) {
    const { inputs, units, useBias } = config;
    const { runtime, outputDelta: delta } = binding;
    const [{ address: x, ld: ldx }] = binding.inputs;
    const [dw, db] = binding.gradients;
    const { kernels, tile } = runtime;
    const { address: d, ld: ldd } = delta;
    const weights = { address: dw, floats: panelFloats(units, inputs) };
    const biases = { address: db, floats: padded(units) };
    const sumWeights = sumOverRows(binding, [weights], ([to]) => (rows, first = 0, added = 0) => {
      const a = x + 4 * first * ldx;
      const b = d + 4 * first * ldd;
      tile.gemmTN(inputs, units, rows, a, ldx, b, ldd, to, added, runtime.scratch);
    });
    const sumBiases = sumOverRows(binding, [biases], ([to]) => (rows, first = 0, added = 0) => {
      kernels.f32_column_sums(rows, units, d + 4 * first * ldd, ldd, to, added);
    });
    return [sumWeights, ...(useBias ? [sumBiases] : []), ...propagate(config, binding)];
  },
  whenFrozen: { reads: readsNothing, scratch, bind: propagate },
};

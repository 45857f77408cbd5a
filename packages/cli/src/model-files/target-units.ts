/** The network of a table regressor with its answers in the units of the targets, as other formats need it. */
import { dense, model as makeModel, type Model } from 'wasm-mlp';
import type { PredictedNumbers, TableRegressor } from 'wasm-mlp/tables';

/**
 * Returns the network with one more layer, which is the scale of the targets: y·scale + shift, as a dense layer whose
 * matrix is diagonal, since every format has dense layers and keeps their weights. The layer before is not scaled
 * instead: the shift may be large beside the scale, and each of its sums would be rounded to the digits of the shift.
 *
 * Scale and shift are rounded to float32, then the product and the sum. So an answer y differs from that of `predict`,
 * which is computed in double, by at most 2^−24·(3·|y − shift| + 2·|shift|), to first order.
 */
export async function inTargetUnits({
  model,
  targets,
  targetScaling: { shift, scale },
}: TableRegressor<PredictedNumbers>): Promise<Model> {
  const width = targets.length;
  const diagonal = Float32Array.from({ length: width * width }, (_, i) =>
    i % (width + 1) === 0 ? scale[i / (width + 1)] : 0,
  );
  const units = dense({ units: width, name: 'target_units' });
  const whole = await makeModel({ inputs: model.inputs, outputs: units.apply(model.outputs[0]) });
  const weights = whole.getWeights();
  whole.setWeights([
    ...weights.slice(0, -2),
    { ...weights.at(-2)!, data: diagonal },
    { ...weights.at(-1)!, data: Float32Array.from(shift) },
  ]);
  return whole;
}

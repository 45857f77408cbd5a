/** Rounds the weights of a layer to eight bits: W ≈ scale·w per unit, w an integer from −127 to 127. */

/** Largest magnitude of a rounded weight. −128 is left out, so that a weight and its negative are rounded alike. */
const MOST = 127;

/**
 * 2⁻¹²⁰. Largest magnitude below which a unit's weights become 0: 127 over a smaller one would overflow float32. The
 * products of such weights do not show beside others.
 */
const LEAST_MAGNITUDE = 7.52316384526264e-37;

/** A layer's weights in eight bits. */
export interface Int8Weights {
  /** (units, inputs), integers, as float32. */
  readonly weights: Float32Array;
  /** By unit. */
  readonly scales: Float32Array;
}

/** The nearest integer, of two equally near ones the even. Exact for |x| ≤ 2²². */
function nearestEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below;
}

/**
 * Rounds weights (units, inputs), row-major, with a scale for each unit: scale = m/127 and w = nearest(W·(127/m)), m
 * the largest magnitude of the unit, all in float32. A weight differs from scale·w by at most half a scale, and a
 * rounding.
 */
export function roundWeights(data: Float32Array, units: number, inputs: number): Int8Weights {
  const weights = new Float32Array(data.length);
  const scales = new Float32Array(units);
  for (let unit = 0; unit < units; unit++) {
    const first = unit * inputs;
    let magnitude = 0;
    for (let i = first; i < first + inputs; i++) magnitude = Math.max(magnitude, Math.abs(data[i]));
    if (magnitude < LEAST_MAGNITUDE) continue;
    scales[unit] = magnitude / MOST;
    const inverse = Math.fround(MOST / magnitude);
    for (let i = first; i < first + inputs; i++) {
      weights[i] = Math.max(-MOST, Math.min(MOST, nearestEven(Math.fround(data[i] * inverse))));
    }
  }
  return { weights, scales };
}

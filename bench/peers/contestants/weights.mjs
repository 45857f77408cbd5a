/**
 * The same initial weights for every contestant that accepts any: uniform within ±√(6/(inputs + units)) (Glorot &
 * Bengio 2010), biases zero.
 */
import { generator } from '../../measure/statistics.mjs';
import { layersOf } from '../../workloads/networks.mjs';

/**
 * @typedef {{ inputs: number, units: number, weight: Float32Array, bias: Float32Array }} LayerWeights weight (units, inputs), row-major
 * @param {Pick<import('../../workloads/networks.mjs').Network, 'sizes'>} network
 * @returns {LayerWeights[]}
 */
export function firstWeights(network) {
  const random = generator(7);
  return layersOf(network).map(({ inputs, units }) => {
    const limit = Math.sqrt(6 / (inputs + units));
    return {
      inputs,
      units,
      weight: Float32Array.from({ length: inputs * units }, () => limit * (2 * random() - 1)),
      bias: new Float32Array(units),
    };
  });
}

/** Transposes (units, inputs) to (inputs, units). @param {LayerWeights} layer */
export function transposed({ inputs, units, weight }) {
  const turned = new Float32Array(weight.length);
  for (let u = 0; u < units; u++) for (let i = 0; i < inputs; i++) turned[i * units + u] = weight[u * inputs + i];
  return turned;
}

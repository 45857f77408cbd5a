/**
 * Predictions with weights of eight bits, and the SHA-256 of these. Uses nothing of any platform except a digest.
 */
import { Fingerprint } from './fingerprint.mjs';

/** @typedef {typeof import('../../src/index.js')} Library */

const [INPUTS, ROWS] = [97, 131];

export const QUANTIZED_SHA256 = '88f7d76a89bc05470876e34f01a8115ca8c28ccf7d4a2d1be1563f29eb111165';

/**
 * Returns the hash, and the path of the kernels: relaxed SIMD or plain.
 * @param {Library} library
 * @param {import('../../src/index.js').EngineOptions} [options]
 */
export async function hashQuantized({ createEngine, dense, maxout, quantize }, options) {
  const engine = await createEngine(options);
  const model = engine.sequential({
    seed: 8,
    layers: [
      dense({ units: 130, activation: 'relu', biasInitializer: 'ones', inputShape: [INPUTS] }),
      maxout({ units: 45, pieces: 3 }),
      dense({ units: 94, useBias: false }),
    ],
  });
  const x = Float32Array.from({ length: ROWS * INPUTS }, (_, i) => (Math.imul(i, 40_503) % 2000) / 500);
  const fingerprint = new Fingerprint();
  let path = '';
  for (const calibration of [undefined, x.subarray(0, 20 * INPUTS)]) {
    const quantized = await quantize(model, calibration === undefined ? {} : { calibration });
    path = quantized.int8Path;
    fingerprint.addTensors(quantized.getWeights());
    fingerprint.addText(JSON.stringify(quantized));
    fingerprint.addFloats(quantized.predict(x));
    for (let row = 0; row < 3; row++)
      fingerprint.addFloats(quantized.predict(x.subarray(row * INPUTS, (row + 1) * INPUTS)));
  }
  engine.dispose();
  return { sha256: await fingerprint.sha256(), path };
}

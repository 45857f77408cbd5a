/**
 * A training with products large enough to be shared between threads, and the SHA-256 of its weights. Uses nothing of
 * any platform except a digest.
 */

/** @typedef {typeof import('../../src/index.js')} Library */
/** @typedef {import('../../src/index.js').EngineOptions} EngineOptions */

const UNITS = 512;
const ROWS = 160;

/** Large enough that the weight gradient packs its operands, in one full block and one partial block. */
const BATCH_SIZE = 136;

/**
 * @param {Library} library
 * @param {EngineOptions} [options]
 * @param {Pick<import('../../src/index.js').FitOptions, 'runIn'>} [fitOptions]
 */
export async function trainLargeLayers({ createEngine, dense }, options, fitOptions) {
  const engine = await createEngine(options);
  const hidden = /** @type {const} */ ({ units: UNITS, activation: 'relu' });
  const model = engine.sequential({
    seed: 4,
    layers: [dense({ ...hidden, inputShape: [UNITS] }), dense(hidden), dense({ units: 10, activation: 'softmax' })],
  });
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
  const x = Float32Array.from({ length: ROWS * UNITS }, (_, i) => (Math.imul(i, 40_503) % 1000) / 1000);
  const labels = Int32Array.from({ length: ROWS }, (_, row) => row % 10);
  await model.fit(x, labels, { epochs: 2, batchSize: BATCH_SIZE, ...fitOptions });
  const parts = model.getWeights().map(({ data }) => data);
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', whole.buffer));
  const { threads, numerics, reasons } = engine.info;
  engine.dispose();
  return {
    threads,
    numerics,
    reasons,
    sha256: Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join(''),
  };
}

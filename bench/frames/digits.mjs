/** The MNIST training that a page and Node both run. It uses no platform feature except a digest. */

/** @typedef {typeof import('../../dist/index.js')} Library */

/** @param {Uint8Array} images an IDX file of 28 × 28 pixels @param {Uint8Array} labels an IDX file of classes */
export function digits(images, labels) {
  // Skips the headers: four bytes, and four for each dimension.
  return { x: Float32Array.from(images.subarray(16), (pixel) => pixel / 255), y: labels.subarray(8) };
}

/** @param {Library} library @param {number} threads */
export async function buildDigits({ createEngine, dense }, threads) {
  const engine = await createEngine({ threads });
  const model = engine.sequential({
    seed: 42,
    layers: [dense({ units: 128, activation: 'relu', inputShape: [784] }), dense({ units: 10, activation: 'softmax' })],
  });
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
  return { engine, model };
}

/** The options of its `fit`. */
export const FIT = { epochs: 3, batchSize: 64, validationSplit: 0.1 };

/** The SHA-256 of a model's weights. @param {{ getWeights(): { data: Float32Array }[] }} model */
export async function hashOf(model) {
  const bytes = await new Blob(model.getWeights().map(({ data }) => new Float32Array(data))).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

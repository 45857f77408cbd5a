/**
 * A network that learns exclusive or. Takes the library as an argument, so that the page passes the built file and a
 * test the sources: both must end with the same bits.
 */

export const inputs = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
export const targets = [[0], [1], [1], [0]];

/**
 * Trains the network and returns its losses, its predictions and the hash of its weights.
 *
 * @param {Pick<typeof import('../../src/index.js'), 'sequential' | 'dense' | 'adam'>} library
 * @param {(epoch: number, loss: number) => void} [onEpoch]
 * @returns {Promise<{ losses: number[], predictions: number[], weightsSha256: string }>}
 */
export async function trainXor({ sequential, dense, adam }, onEpoch) {
  const model = await sequential({
    seed: 7,
    layers: [dense({ units: 4, activation: 'tanh', inputShape: [2] }), dense({ units: 1, activation: 'sigmoid' })],
  });
  model.compile({ optimizer: adam({ learningRate: 0.05 }), loss: 'binaryCrossentropy' });

  const { history } = await model.fit(inputs, targets, {
    epochs: 300,
    batchSize: 4,
    callbacks: [{ onEpochEnd: (epoch, logs) => onEpoch?.(epoch, logs.loss) }],
  });

  const result = {
    losses: history.loss,
    predictions: Array.from(model.predict(inputs)),
    weightsSha256: await sha256(model.getWeights()),
  };
  model.dispose();
  return result;
}

/**
 * Returns the SHA-256 of all weights in order, as hexadecimal digits.
 *
 * @param {{ data: Float32Array }[]} weights
 */
async function sha256(weights) {
  const bytes = await new Blob(weights.map(({ data }) => new Float32Array(data))).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

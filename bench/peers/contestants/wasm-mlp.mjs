// @ts-nocheck: the benchmark imports the built library.
/** This library, as built. */
import { buildNetwork } from '../../workloads/training.mjs';
import { firstWeights } from './weights.mjs';

/** @typedef {import('../contestant.mjs').Contestant} Contestant */

/** @param {Record<string, unknown>} engineOptions @returns {Promise<Contestant>} */
export async function open(engineOptions) {
  const library = await import('../../../dist/index.js');
  const engine = await library.createEngine(engineOptions);
  const [first] = engine.info.reasons;
  if (first !== undefined) throw new Error(first);
  return {
    version: 'this',
    async build(network, { x, labels }) {
      const model = buildNetwork(library, engine, network);
      model.setWeights(
        firstWeights(network).flatMap(({ inputs, units, weight, bias }) => [
          { shape: [units, inputs], data: weight },
          { shape: [units], data: bias },
        ]),
      );
      const outputs = network.sizes[network.sizes.length - 1];
      const one = new Float32Array(outputs);
      return {
        train: async (epochs) => void (await model.fit(x, labels, { epochs, batchSize: network.batch })),
        predict: (rows) => model.predict(rows),
        predictOne: (row) => model.predictInto(row, one),
        close: () => model.dispose(),
      };
    },
  };
}

/** Networks to write in other formats: random graphs with weights of their own, and what random graphs do not have. */
import {
  activation,
  add,
  batchNormalization,
  concatenate,
  createEngineSync,
  dense,
  dot,
  embedding,
  input,
  layerNormalization,
  rmsNormalization,
  type Model,
} from '../../../src/index.js';
import { graphModel, type GraphModel } from '../reference/graph-model.js';
import { randomNetwork } from '../reference/random-graph.js';
import { source } from '../reference/random.js';

const engine = createEngineSync();

/** Sets weights that are not those of a fresh network: running statistics and means move too. */
export function disturb(net: Model<Float32Array | Float32Array[]>, from: ReturnType<typeof source>): void {
  net.setWeights(
    net.getWeights().map(({ name, shape, data }) => ({
      name,
      shape,
      data: data.map((value) => (name.includes('var') ? 0.5 + from.uniform() : value + from.symmetric(0.1))),
    })),
  );
}

/** Networks of what random graphs do not have, with rows of each input. */
export const NETWORKS: Readonly<Record<string, () => { net: GraphModel; xs: Float32Array[]; rows: number }>> = {
  'one column of categories': () => {
    const x = input({ shape: [1], name: 'word' });
    const y = dense({ units: 2 }).apply(embedding({ inputDim: 5, outputDim: 3 }).apply(x));
    return { net: engine.model({ inputs: x, outputs: y }), xs: [Float32Array.of(4, 0, 2)], rows: 3 };
  },
  'columns with one table': () => {
    const x = input({ shape: [3], name: 'words' });
    const y = dense({ units: 2 }).apply(embedding({ inputDim: 5, outputDim: 3 }).apply(x));
    return { net: engine.model({ inputs: x, outputs: y }), xs: [Float32Array.of(4, 0, 2, 1, 1, 3)], rows: 2 };
  },
  'columns with tables of their own, that are read as numbers too': () => {
    const x = input({ shape: [2], name: 'places' });
    const vectors = embedding({ inputDim: [3, 4], outputDim: [2, 5] }).apply(x);
    const y = concatenate().apply([vectors, dense({ units: 2 }).apply(x)]);
    return { net: engine.model({ inputs: x, outputs: [y, x] }), xs: [Float32Array.of(2, 0, 1, 3)], rows: 2 };
  },
  'dot products and cosines': () => {
    const [a, b] = [input({ shape: [3], name: 'a' }), input({ shape: [3], name: 'b' })];
    const outputs = [dot().apply([a, b]), dot({ normalize: true }).apply([a, b])];
    // The second row has no direction.
    const xs = [Float32Array.of(1, 2, 3, 0, 0, 0), Float32Array.of(-2, 5, 0.5, 1, 2, 3)];
    return { net: engine.model({ inputs: [a, b], outputs }), xs, rows: 2 };
  },
  'normalizations without scale or shift': () => {
    const x = input({ shape: [6], name: 'x' });
    const parts = [
      batchNormalization({ scale: false }),
      batchNormalization({ center: false }),
      batchNormalization({ scale: false, center: false }),
      layerNormalization({ scale: false }),
      layerNormalization({ center: false }),
      rmsNormalization({ scale: false }),
    ];
    const y = concatenate().apply(parts.map((part) => part.apply(dense({ units: 6 }).apply(x))));
    const xs = [Float32Array.from({ length: 18 }, (_, i) => Math.sin(i))];
    return { net: engine.model({ inputs: x, outputs: y }), xs, rows: 3 };
  },
  'a model as a layer, twice': () => {
    const inner = engine.sequential({ layers: [dense({ units: 3, activation: 'tanh', inputShape: [3] })] });
    const x = input({ shape: [3], name: 'x' });
    const once = inner.apply(x);
    const y = activation('logSoftmax').apply(add().apply([once, inner.apply(once)]));
    return { net: engine.model({ inputs: x, outputs: y }), xs: [Float32Array.of(1, 2, 3, -1, 0, 0.5)], rows: 2 };
  },
};

/** A random graph with rows of each input. */
export function randomModel(seed: number): { net: GraphModel; xs: Float32Array[]; rows: number } {
  const from = source(seed);
  const network = randomNetwork((low, high) => low + from.below(high - low + 1));
  const net = graphModel(engine, network);
  disturb(net, from);
  const rows = 1 + from.below(7);
  const given = network.nodes.flatMap(({ layer }) => (layer.kind === 'input' ? [layer.width] : []));
  return { net, xs: given.map((width) => Float32Array.from({ length: rows * width }, () => from.symmetric(2))), rows };
}

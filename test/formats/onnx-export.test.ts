/**
 * Exported ONNX files: what they hold, what is refused, and in ONNX Runtime, where it is installed, the same outputs as
 * `predict` up to rounding.
 */
import { describe, expect, it } from 'vitest';
import { loadModelSync } from '../../dist/predict.js';
import * as built from '../../dist/index.js';
import * as builtOnnx from '../../dist/onnx.js';
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
  StateError,
  UnsupportedError,
  ValueError,
  type Model,
} from '../../src/index.js';
import { exportOnnx } from '../../src/onnx.js';
import { noOnnxRuntime, onnxRuntime } from '../support/oracles.js';
import { graphModel, listOf, type GraphModel } from '../support/reference/graph-model.js';
import { randomNetwork } from '../support/reference/random-graph.js';
import { source } from '../support/reference/random.js';

/** Largest difference of outputs, relative to the larger of 1 and the output. */
const WITHIN = 1e-5;

const engine = createEngineSync();

/** Runs a file on rows of each input; returns the outputs in order. */
async function run(file: Uint8Array, xs: readonly Float32Array[], rows: number): Promise<Float32Array[]> {
  const { InferenceSession, Tensor } = onnxRuntime();
  const session = await InferenceSession.create(file, { logSeverityLevel: 3 });
  const feeds = Object.fromEntries(
    session.inputNames.map((name, i) => {
      const dims = [rows, xs[i].length / rows];
      const { type } = session.inputMetadata[i];
      const data = type === 'int64' ? BigInt64Array.from(xs[i], BigInt) : xs[i];
      return [name, new Tensor(type, data, dims)];
    }),
  );
  const results = await session.run(feeds);
  return session.outputNames.map((name) => results[name].data);
}

function difference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  let most = 0;
  for (let i = 0; i < expected.length; i++) {
    if (Object.is(actual[i], expected[i])) continue;
    most = Math.max(most, Math.abs(actual[i] - expected[i]) / Math.max(1, Math.abs(expected[i])));
  }
  return most;
}

/** Sets weights that are not those of a fresh network: running statistics and means move too. */
function disturb(net: Model<Float32Array | Float32Array[]>, from: ReturnType<typeof source>): void {
  net.setWeights(
    net.getWeights().map(({ name, shape, data }) => ({
      name,
      shape,
      data: data.map((value) => (name.includes('var') ? 0.5 + from.uniform() : value + from.symmetric(0.1))),
    })),
  );
}

/** Networks of what random graphs do not have, with rows of each input. */
const networks: Readonly<Record<string, () => { net: GraphModel; xs: Float32Array[]; rows: number }>> = {
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

describe.skipIf(noOnnxRuntime !== undefined)(`in ONNX Runtime${noOnnxRuntime ? ` (${noOnnxRuntime})` : ''}`, () => {
  it('200 random graphs have the same outputs', async () => {
    let worst = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const from = source(seed);
      const network = randomNetwork((low, high) => low + from.below(high - low + 1));
      const net = graphModel(engine, network);
      disturb(net, from);
      const rows = 1 + from.below(7);
      const given = network.nodes.flatMap(({ layer }) => (layer.kind === 'input' ? [layer.width] : []));
      const xs = given.map((width) => Float32Array.from({ length: rows * width }, () => from.symmetric(2)));
      const results = await run(exportOnnx(net), xs, rows);
      listOf(net.predict(xs.length === 1 ? xs[0] : xs)).forEach((output, i) => {
        worst = Math.max(worst, difference(results[i], output));
      });
      net.dispose();
    }
    expect(worst).toBeLessThanOrEqual(WITHIN);
  });

  it.each(Object.keys(networks))('%s have the same outputs', async (name) => {
    const { net, xs, rows } = networks[name]();
    disturb(net, source(7));
    const results = await run(exportOnnx(net), xs, rows);
    listOf(net.predict(xs.length === 1 ? xs[0] : xs)).forEach((output, i) => {
      expect(difference(results[i], output)).toBeLessThanOrEqual(WITHIN);
    });
  });
});

const texts = (file: Uint8Array): string => new TextDecoder('latin1').decode(file);

describe('exportOnnx', () => {
  const small = () => engine.sequential({ layers: [dense({ units: 2, activation: 'softmax', inputShape: [3] })] });

  it('writes the same bytes each time, and what layers share once', () => {
    const { net } = networks['a model as a layer, twice']();
    expect(exportOnnx(net)).toEqual(exportOnnx(net));
    expect(texts(exportOnnx(net)).match(/dense\.weight/g)).toHaveLength(3); // the tensor, and two nodes that read it
  });

  it('writes labels as metadata', () => {
    expect(texts(exportOnnx(small(), { labels: ['no', 'yes'] }))).toContain('["no","yes"]');
    expect(texts(exportOnnx(small()))).not.toContain('labels');
  });

  it('writes models of the built entry, by import of it', () => {
    const net = built.createEngineSync().sequential({ layers: [built.dense({ units: 1, inputShape: [1] })] });
    expect(builtOnnx.exportOnnx(net).length).toBeGreaterThan(100);
    // The small entry has no kernels that read weights.
    const loaded = loadModelSync(net.save()) as unknown as built.Model;
    expect(() => builtOnnx.exportOnnx(loaded)).toThrow(built.ValueError);
  });

  it('names the layer whose activation no file can hold', () => {
    const own = { name: 'own', forward: (z: Float32Array) => z, derivative: (z: Float32Array) => z };
    const net = engine.sequential({ layers: [dense({ units: 1, inputShape: [1], name: 'first', activation: own })] });
    expect(() => exportOnnx(net)).toThrow(UnsupportedError);
    expect(() => exportOnnx(net)).toThrow('exportOnnx: "first" expected an activation of the library, got "custom"');
  });

  it('refuses what is no model, unknown options, other labels, and a disposed model', () => {
    expect(() => exportOnnx({} as unknown as Model)).toThrow(ValueError);
    expect(() => exportOnnx(small(), { label: [] } as object)).toThrow('exportOnnx: unknown option "label".');
    expect(() => exportOnnx(small(), { labels: [null] as unknown as string[] })).toThrow('labels[0] expected a string');
    const net = small();
    net.dispose();
    expect(() => exportOnnx(net)).toThrow(StateError);
  });
});

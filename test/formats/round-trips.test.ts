/**
 * What is written is read again, bit for bit: random graphs of all layers, and networks that random graphs do not have,
 * by each format that can hold a model. test/model/persistence.test.ts has trained chains with their optimizers' state;
 * test/formats/onnx-import.test.ts compares what ONNX files predict, numpy.test.ts weights in archives, and
 * module.test.ts standalone modules.
 */
import { describe, expect, test } from 'vitest';
import { loadModelSync } from '../../dist/predict.js';
import { createEngineSync, loadModel, modelFromJSON, type Model } from '../../src/index.js';
import { exportOnnx, importOnnx } from '../../src/onnx.js';
import { disturb, NETWORKS, randomModel } from '../support/files/networks.js';
import { listOf } from '../support/reference/graph-model.js';
import { source } from '../support/reference/random.js';

type AnyModel = Model<Float32Array | Float32Array[]>;

interface Predicting {
  predict(x: Float32Array | Float32Array[]): Float32Array | Float32Array[];
}

const bitsOf = (values: Float32Array): string => new Uint32Array(values.slice().buffer).join();
const outputsOf = (net: Predicting, xs: Float32Array[]): string[] =>
  listOf(net.predict(xs.length === 1 ? xs[0] : xs)).map(bitsOf);
const weightsOf = (net: AnyModel): [string, string, string][] =>
  net.getWeights().map(({ name, shape, data }) => [name, shape.join(), bitsOf(data)]);

/** All networks, with rows of their inputs. */
function* networks(): Generator<{ title: string; net: AnyModel; xs: Float32Array[] }> {
  for (let seed = 1; seed <= 100; seed++) yield { title: `graph ${seed}`, ...randomModel(seed) };
  for (const [title, make] of Object.entries(NETWORKS)) {
    const made = make();
    disturb(made.net, source(7));
    yield { title, ...made };
  }
}

/** Sets weights to numbers at the edges of float32: both zeros, subnormal, the largest. */
function setEdges(net: AnyModel): void {
  const edges = [0, -0, 1e-45, -1e-45, 1.1754942e-38, 3.4028235e38, -3.4028235e38, 1 / 3];
  net.setWeights(
    net.getWeights().map(({ name, shape, data }) => ({
      name,
      shape,
      data: data.map((_, i) => (name.includes('var') ? Math.abs(edges[i % 8]) : edges[i % 8])),
    })),
  );
}

describe('safetensors', () => {
  test('holds any graph: architecture, weights, predictions, and the file itself', async () => {
    for (const { title, net, xs } of networks()) {
      const file = net.save();
      const again = await loadModel<Float32Array | Float32Array[]>(file);
      expect(Buffer.from(again.save()).equals(Buffer.from(file)), title).toBe(true);
      expect(weightsOf(again), title).toEqual(weightsOf(net));
      expect(outputsOf(again, xs), title).toEqual(outputsOf(net, xs));
      const small = loadModelSync<Float32Array | Float32Array[]>(file);
      expect(outputsOf(small, xs), title).toEqual(outputsOf(net, xs));
      const fresh = await modelFromJSON<Float32Array | Float32Array[]>(JSON.stringify(net));
      expect(fresh.loadWeights(file), title).toEqual({ missing: [], unexpected: [] });
      expect(weightsOf(fresh), title).toEqual(weightsOf(net));
      for (const one of [again, small, fresh, net]) one.dispose();
    }
  });

  test('holds weights at the edges of float32', async () => {
    for (const { title, net } of networks()) {
      setEdges(net);
      const again = await loadModel<Float32Array | Float32Array[]>(net.save());
      expect(weightsOf(again), title).toEqual(weightsOf(net));
      for (const one of [again, net]) one.dispose();
    }
  });

  test('holds the state of a training on an engine with another tile', () => {
    const [one, other] = [createEngineSync(), createEngineSync({ tile: '2x16' })];
    for (let seed = 1; seed <= 20; seed++) {
      const { net } = randomModel(seed);
      const first = one.loadModel<Float32Array | Float32Array[]>(net.save());
      const moved = other.loadModel<Float32Array | Float32Array[]>(first.save());
      expect(Buffer.from(moved.save()).equals(Buffer.from(first.save()))).toBe(true);
      for (const made of [net, first, moved]) made.dispose();
    }
    for (const engine of [one, other]) engine.dispose();
  });
});

describe('ONNX', () => {
  /**
   * An ONNX file has operators, not layers: a layer may come back as several, and what acts in training alone does not.
   * Such a model is the same from then on.
   */
  test('holds what a file of it holds: reading and writing again changes no byte', async () => {
    for (const { title, net } of networks()) {
      const once = await importOnnx<Float32Array | Float32Array[]>(exportOnnx(net));
      const file = exportOnnx(once);
      const twice = await importOnnx<Float32Array | Float32Array[]>(file);
      expect(Buffer.from(exportOnnx(twice)).equals(Buffer.from(file)), title).toBe(true);
      expect(weightsOf(twice), title).toEqual(weightsOf(once));
      for (const one of [twice, once, net]) one.dispose();
    }
  });
});

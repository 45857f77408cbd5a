/**
 * Exported ONNX files: what they hold, what is refused, and in ONNX Runtime, where it is installed, the same outputs as
 * `predict` up to rounding.
 */
import { describe, expect, it } from 'vitest';
import { loadModelSync } from '../../dist/predict.js';
import * as built from '../../dist/index.js';
import * as builtOnnx from '../../dist/onnx.js';
import { createEngineSync, dense, StateError, UnsupportedError, ValueError, type Model } from '../../src/index.js';
import { exportOnnx } from '../../src/onnx.js';
import { disturb, NETWORKS, randomModel } from '../support/files/networks.js';
import { noOnnxRuntime, onnxRuntime } from '../support/oracles.js';
import { listOf } from '../support/reference/graph-model.js';
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

describe.skipIf(noOnnxRuntime !== undefined)(`in ONNX Runtime${noOnnxRuntime ? ` (${noOnnxRuntime})` : ''}`, () => {
  it('200 random graphs have the same outputs', async () => {
    let worst = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const { net, xs, rows } = randomModel(seed);
      const results = await run(exportOnnx(net), xs, rows);
      listOf(net.predict(xs.length === 1 ? xs[0] : xs)).forEach((output, i) => {
        worst = Math.max(worst, difference(results[i], output));
      });
      net.dispose();
    }
    expect(worst).toBeLessThanOrEqual(WITHIN);
  });

  it.each(Object.keys(NETWORKS))('%s have the same outputs', async (name) => {
    const { net, xs, rows } = NETWORKS[name]();
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
    const { net } = NETWORKS['a model as a layer, twice']();
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

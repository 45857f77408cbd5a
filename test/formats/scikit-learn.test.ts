/**
 * Networks of scikit-learn by their `coefs_` and `intercepts_`, both ways, by the snippets of docs/scikit-learn.md. The
 * files, and the outputs in float64, are scikit-learn's, by test/golden/make_numpy_files.py. Where Python and
 * scikit-learn are there, they also compute with weights of ours.
 */
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { dense, normalization, sequential, type ActivationName, type Layer, type Model } from '../../src/index.js';
import { readNpz, writeNpz } from '../../src/numpy.js';
import { inFolder, missing, runPython } from '../support/python.js';
import { source } from '../support/reference/random.js';

const folder = new URL('../golden/numpy/', import.meta.url);
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, folder)));

interface Case {
  readonly activation: Activation;
  readonly out: Activation;
  readonly outputs: readonly (number | readonly number[])[];
}
type Activation = 'identity' | 'logistic' | 'tanh' | 'relu' | 'softmax';

const { x, ...cases } = JSON.parse(readFileSync(new URL('sklearn.json', folder), 'utf8')) as { x: number[][] } & Record<
  string,
  Case
>;

/** Names of activations there and here. */
const NAMES: Readonly<Record<Activation, ActivationName>> = {
  identity: 'linear',
  logistic: 'sigmoid',
  tanh: 'tanh',
  relu: 'relu',
  softmax: 'softmax',
};

/** A network of these widths, with the inputs scaled first. */
async function network(widths: readonly number[], scaled: boolean, { activation, out }: Case): Promise<Model> {
  const layers: Layer[] = widths.map((units, i) =>
    dense({
      units,
      activation: NAMES[i === widths.length - 1 ? out : activation],
      ...(i === 0 && !scaled && { inputShape: [4] }),
    }),
  );
  if (scaled) layers.unshift(normalization({ inputShape: [4] }));
  const model = await sequential({ seed: 3, layers });
  onTestFinished(() => model.dispose());
  return model;
}

function expectClose(actual: Float32Array, outputs: Case['outputs']): void {
  const wanted: readonly number[] = outputs.flat();
  expect(actual).toHaveLength(wanted.length);
  actual.forEach((value, i) =>
    expect(Math.abs(value - wanted[i])).toBeLessThan(1e-6 * Math.max(1, Math.abs(wanted[i]))),
  );
}

test.each(Object.entries(cases))('outputs of a %s', async (name, one) => {
  const arrays = Object.values(readNpz(read(`sklearn-${name}.npz`), { dtype: 'float32' }));
  const scaled = arrays[0].shape.length === 1;
  const widths = arrays.filter(({ shape }) => shape.length === 2).map(({ shape }) => shape[0]);
  const model = await network(widths, scaled, one);
  model.setWeights(arrays);
  // Of two classes scikit-learn gives both shares.
  const outputs = name === 'binary' ? one.outputs.map((shares) => (shares as number[])[1]) : one.outputs;
  expectClose(model.predict(x), outputs);
});

const noSklearn = missing('numpy', 'sklearn');

/** Computes with the weights of a file, and prints the outputs. */
const COMPUTE = `
import json, sys
import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler
x, kind, hidden, activation, outputs = json.loads(sys.argv[1])
weights = np.load('network.npz')
zeros = np.zeros((1, 4))
if kind == 'regressor':
    mlp = MLPRegressor(hidden, activation).partial_fit(zeros, np.zeros((1, outputs)))
elif kind == 'multilabel':
    mlp = MLPClassifier(hidden, activation).partial_fit(zeros, np.array([[0, 1]]), classes=[0, 1])
else:
    mlp = MLPClassifier(hidden, activation).partial_fit(zeros, [0], classes=range(max(outputs, 2)))
mlp.coefs_ = [weights[name].T for name in weights.files if name.endswith('weight')]
mlp.intercepts_ = [weights[name] for name in weights.files if name.endswith('bias')]
rows = np.array(x, 'f4').astype('f8')
if '0.mean' in weights:
    scaler = StandardScaler().fit(zeros)
    scaler.mean_, scaler.scale_ = weights['0.mean'], np.sqrt(weights['0.variance'])
    rows = scaler.transform(rows)
y = mlp.predict(rows) if kind == 'regressor' else mlp.predict_proba(rows)
print(json.dumps((y[:, 1] if kind == 'binary' else y).ravel().tolist()))
`;

test
  .skipIf(noSklearn)
  .each<[kind: string, hidden: number[], activation: Activation, out: Activation, outputs: number]>([
    ['classifier', [6, 5], 'relu', 'softmax', 3],
    ['binary', [7], 'tanh', 'logistic', 1],
    ['multilabel', [4, 4], 'logistic', 'logistic', 2],
    ['regressor', [8], 'identity', 'identity', 2],
    ['regressor', [3, 9, 2], 'relu', 'identity', 2],
  ])(
  `scikit-learn computes with weights of ours: %s${noSklearn ? `, skipped: ${noSklearn}` : ''}`,
  async (kind, hidden, activation, out, outputs) => {
    const random = source(hidden.length + outputs);
    for (const scaled of [true, false]) {
      const model = await network([...hidden, outputs], scaled, { activation, out, outputs: [] });
      model.setWeights(
        model
          .getWeights()
          .map(({ shape, data }) => ({ shape, data: data.map((value) => value + 0.5 + random.symmetric(0.4)) })),
      );
      const given = JSON.stringify([x, kind, hidden, activation, outputs]);
      const printed = inFolder((path, write) => {
        write('network.npz', writeNpz(model.getWeights()));
        return runPython(COMPUTE, [given], path);
      });
      expectClose(model.predict(x), JSON.parse(printed) as number[]);
    }
  },
);

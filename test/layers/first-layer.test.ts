/** Chains whose first layer knows its number of inputs, so that it needs no inputShape. */
import { expect, test } from 'vitest';
import { createEngine, dense, embedding, normalization, ShapeError, ValueError } from '../../src/index.js';
import { loadModel as loadForPrediction } from '../../dist/predict.js';
import { thrownBy } from '../support/reference/refusals.js';

const engine = await createEngine();
const ROWS = [
  [1, 5, 2],
  [3, 5, 4],
];

test.each([
  ['adapted', () => normalization().adapt(ROWS)],
  ['given mean and variance', () => normalization({ mean: [2, 5, 3], variance: [1, 0, 1] })],
])('a normalization that was %s is the first layer without inputShape', async (_, make) => {
  const layer = make();
  expect(layer.config.inputShape).toBeUndefined();
  const model = engine.sequential({ seed: 1, layers: [layer, dense({ units: 2 })] });
  const shaped = engine.sequential({
    seed: 1,
    layers: [normalization({ mean: [2, 5, 3], variance: [1, 0, 1], inputShape: [3] }), dense({ units: 2 })],
  });
  expect(model.predict(ROWS)).toEqual(shaped.predict(ROWS));
  const bytes = model.save();
  const small = await loadForPrediction(bytes);
  for (const one of [engine.loadModel(bytes), engine.sequential(model.toJSON()), small]) {
    if (one === small) expect(one.predict(ROWS)).toEqual(model.predict(ROWS));
    expect(one.predict(ROWS)).toHaveLength(4);
    one.dispose();
  }
});

test('mean or variance alone is enough, and so is a list of categories', () => {
  for (const layer of [
    normalization({ mean: [1, 2] }),
    normalization({ variance: [1, 2] }),
    embedding({ inputDim: [3, 4], outputDim: 2 }),
  ]) {
    const model = engine.sequential({ layers: [layer, dense({ units: 1 })] });
    expect(model.predict([[1, 2]])).toHaveLength(1);
    model.dispose();
  }
});

test('data of another width is refused, and so is a first layer that knows nothing', async () => {
  const model = engine.sequential({ layers: [normalization({ mean: [1, 2] }), dense({ units: 1 })] });
  expect(await thrownBy(() => model.predict([[1, 2, 3]]))).toBeInstanceOf(ShapeError);
  const unknown = await thrownBy(() => engine.sequential({ layers: [normalization(), dense({ units: 1 })] }));
  expect(unknown).toBeInstanceOf(ValueError);
  expect(unknown.message).toBe(
    'sequential: inputShape expected on the first layer, got none. Add inputShape: [number of inputs].',
  );
  const lists = await thrownBy(() =>
    engine.sequential({ layers: [normalization({ mean: [1, 2], variance: [1] }), dense({ units: 1 })] }),
  );
  expect(lists).toBeInstanceOf(ShapeError);
});

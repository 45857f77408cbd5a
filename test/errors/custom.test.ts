/**
 * Invalid custom (user-defined) functions: each must be refused with the exact error class and message, and leave
 * nothing behind. What valid ones may do is tested in test/api/custom-objects.test.ts.
 */
import { describe, expect, test } from 'vitest';
import { dense, FormatError, ShapeError, ValueError, type Model } from '../../src/index.js';
import { any, engine, expectError, thrownBy, X, Y } from '../support/reference/refusals.js';

describe('custom functions', () => {
  const square = {
    name: 'square',
    forward: (z: Float32Array) => z.map((v) => v * v),
    derivative: (z: Float32Array) => z.map((v) => 2 * v),
  };
  const build = (own: object): Model =>
    engine.sequential({ layers: [dense({ units: 3, activation: any(own), inputShape: [2] })] });
  const quadratic = {
    name: 'quadratic',
    value: (y: Float32Array, t: Float32Array) => y.reduce((sum, v, j) => sum + (v - t[j]) ** 2, 0),
    gradient: (y: Float32Array, t: Float32Array) => y.map((v, j) => 2 * (v - t[j])),
  };

  const cases: [string, object, object, (model: Model) => unknown, new (...args: never[]) => Error, string][] = [
    [
      'a forward function that returns too few values',
      { ...square, forward: () => [1] },
      quadratic,
      (m) => m.predict(X),
      ShapeError,
      'activation "square": forward expected 3 values, got 1.',
    ],
    [
      'a forward function that returns nothing',
      { ...square, forward: () => undefined },
      quadratic,
      (m) => m.predict(X),
      ValueError,
      'activation "square": forward expected a Float32Array of 3 values, got undefined.',
    ],
    [
      'a derivative that returns too many values',
      { ...square, derivative: () => new Float32Array(4) },
      quadratic,
      (m) => m.trainOnBatch(X, Y),
      ShapeError,
      'activation "square": derivative expected 3 values, got 4.',
    ],
    [
      'a loss whose value is no number',
      square,
      { ...quadratic, value: () => 'much' },
      (m) => m.fit(X, Y),
      ValueError,
      'loss "quadratic": value expected a number, got "much".',
    ],
    [
      'a gradient with too few values',
      square,
      { ...quadratic, gradient: () => new Float32Array(2) },
      (m) => m.fit(X, Y),
      ShapeError,
      'loss "quadratic": gradient expected 3 values, got 2.',
    ],
    [
      'a loss without a gradient',
      square,
      quadratic,
      (m) => m.compile({ optimizer: 'sgd', loss: any({ name: 'half', value: quadratic.value }) }),
      ValueError,
      'compile: loss expected "half" to have a function gradient, got undefined.',
    ],
    [
      'a loss without a name',
      square,
      quadratic,
      (m) => m.compile({ optimizer: 'sgd', loss: any({ value: quadratic.value, gradient: quadratic.gradient }) }),
      ValueError,
      'compile: loss expected an object with a name, got undefined as its name.',
    ],
  ];
  test.each(cases)('refuses %s', async (_title, own, loss, act, error, message) => {
    const model = build(own);
    model.compile({ optimizer: 'sgd', loss: any(loss) });
    const before = model.save();
    expectError(await thrownBy(() => act(model)), error, message);
    expect(model.save()).toEqual(before);
    model.dispose();
  });

  test('refuses an activation without a derivative', async () => {
    const thrown = await thrownBy(() => build({ name: 'half', forward: square.forward }));
    expectError(thrown, ValueError, 'dense: activation expected "half" to have a function derivative, got undefined.');
  });

  test('loadModel asks for them again', async () => {
    const model = build(square);
    model.compile({ optimizer: 'sgd', loss: quadratic });
    model.trainOnBatch(X, Y);
    const bytes = model.save();
    expectError(
      await thrownBy(() => engine.loadModel(bytes)),
      FormatError,
      `loadModel: the file's model is refused. dense: activation expected the object "square" with its functions, got its name alone. ` +
        'Pass it in custom, an option of loadModel and attachModel.',
    );
    const again = engine.loadModel(bytes, { custom: [square, quadratic] });
    again.trainOnBatch(X, Y);
    model.trainOnBatch(X, Y);
    expect(again.save()).toEqual(model.save());
    model.dispose();
    again.dispose();
  });

  test('loadModel refuses custom functions that are no objects with a name', async () => {
    const bytes = build(square).save();
    const thrown = await thrownBy(() => engine.loadModel(bytes, { custom: any([square.forward]) }));
    expectError(thrown, ValueError, 'loadModel: custom[0] expected an object with a name, got a function.');
  });
});

/**
 * Invalid row weights, class weights and sources of batches: each must be refused with the exact error class and
 * message, and leave nothing behind.
 */
import { describe, expect, test } from 'vitest';
import { earlyStopping, schedules, sgd, ShapeError, StateError, ValueError } from '../../src/index.js';
import { any, check, expectError, thrownBy, trained, X, Y } from '../support/reference/refusals.js';

describe('weights of rows and classes, sources of batches', () => {
  const cases: Parameters<typeof check>[1][] = [
    [
      'too few row weights',
      (m) => m.fit(X, Y, { sampleWeight: [1, 2] }),
      ShapeError,
      'fit: sampleWeight expected 3 values, got 2.',
    ],
    [
      'a negative row weight',
      (m) => m.evaluate(X, Y, { sampleWeight: [1, -2, 1] }),
      ValueError,
      'evaluate: sampleWeight expected numbers >= 0, got -2 in row 1.',
    ],
    [
      'row weights that are no list',
      (m) => m.trainOnBatch(X, Y, { sampleWeight: any(1) }),
      ValueError,
      'trainOnBatch: sampleWeight expected a number per row, got 1.',
    ],
    [
      'an unknown class',
      (m) => m.fit(X, Y, { classWeight: { 3: 1 } }),
      ValueError,
      'fit: classWeight expected classes from 0 to 2, got "3".',
    ],
    [
      'a negative class weight',
      (m) => m.fit(X, Y, { classWeight: [1, -1, 1] }),
      ValueError,
      'fit: classWeight of class 1 expected a number >= 0, got -1.',
    ],
    [
      'batchSize with a source',
      (m) => m.fit([[X, Y]][Symbol.iterator]() as never, { batchSize: 2 } as never),
      ValueError,
      'fit: batchSize expected only with rows in memory, got it with a source of batches.',
    ],
    [
      'a source without batches',
      (m) => m.fit(() => []),
      ValueError,
      'fit: x expected at least one batch in epoch 0, got 0. A generator runs once: pass a function that makes one for each epoch.',
    ],
    [
      'a function that returns no source',
      (m) => m.fit(any(() => 1)),
      ValueError,
      'fit: x expected a function that returns an iterable, got one that returns 1.',
    ],
    [
      'a batch with targets of the wrong width',
      (m) => m.fit(() => [[X, [[1]]]]),
      ShapeError,
      'fit: batch 0 of epoch 0: y expected 3 values per row, got 1 in row 0.',
    ],
    [
      'a learning rate below 0',
      (m) => void (m.learningRate = -1),
      ValueError,
      'learningRate: rate expected a number >= 0, got -1.',
    ],
    [
      'adapt without normalization',
      (m) => m.adapt(X),
      StateError,
      'adapt: a model with a normalization layer on an input expected, got one without.',
    ],
  ];
  test.each(cases)('refuses %s', async (...refusal) => {
    const model = trained();
    await check(model, refusal);
    model.dispose();
  });

  test('a monitor that is not in the logs ends fit before its first step', async () => {
    const model = trained();
    expectError(
      await thrownBy(() => model.fit(X, Y, { epochs: 3, callbacks: [earlyStopping()] })),
      ValueError,
      'earlyStopping: monitor expected a key of the logs, got "valLoss". There are: loss, accuracy. Keys that start with val need validation data.',
    );
    expect(model.stepCount).toBe(1);
    model.dispose();
  });

  test('a batch that does not fit ends fit after the steps before it', async () => {
    const [model, one] = [trained(), trained()];
    const thrown = await thrownBy(() => model.fit(any(() => [[X, Y], 7])));
    expectError(thrown, ValueError, 'fit: batch 1 of epoch 0 expected [x, y] or [x, y, sampleWeight], got 7.');
    one.trainOnBatch(X, Y);
    expect(model.getWeights()).toEqual(one.getWeights());
    model.dispose();
    one.dispose();
  });

  test('refuses a generator that is exhausted after one epoch', async () => {
    const model = trained();
    function* once(): Generator<readonly [number[][], number[][]]> {
      yield [X, Y];
    }
    const thrown = await thrownBy(() => model.fit(once(), { epochs: 2 }));
    expectError(
      thrown,
      ValueError,
      'fit: x expected at least one batch in epoch 1, got 0. A generator runs once: pass a function that makes one for each epoch.',
    );
    model.dispose();
  });

  test('refuses to set a learning rate where there is a schedule', async () => {
    const model = trained();
    model.compile({ optimizer: sgd({ learningRate: schedules.constant({ learningRate: 0.1 }) }), loss: 'huber' });
    await check(model, [
      'set',
      (m) => void (m.learningRate = 1),
      StateError,
      'learningRate: an optimizer with a fixed learning rate expected, got one with a schedule.',
    ]);
    model.dispose();
  });
});

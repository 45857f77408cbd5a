/**
 * `evaluate` and `validationData` with sources of batches: the same numbers as for the same rows in memory, and what
 * happens to sources that are left in the middle, run once, or end.
 */
import { describe, expect, test } from 'vitest';
import {
  createEngine,
  dense,
  ShapeError,
  StateError,
  ValueError,
  type Batch,
  type BatchSource,
  type FitOptions,
  type Model,
} from '../../src/index.js';
import { source as random } from '../support/reference/random.js';
import { any, expectError, thrownBy } from '../support/reference/refusals.js';

const engine = await createEngine();
const from = random(5);
const ROWS = 700;
const x = Array.from({ length: ROWS }, () => [from.symmetric(), from.symmetric()]);
const y = x.map(([a, b]) => [a * b > 0 ? 1 : 0]);
const sampleWeight = x.map((_, row) => row % 3);

const model = (): Model => {
  const made = engine.sequential({
    seed: 3,
    layers: [dense({ units: 5, activation: 'tanh', inputShape: [2] }), dense({ units: 1, activation: 'sigmoid' })],
  });
  made.compile({ optimizer: 'adam', loss: 'binaryCrossentropy', metrics: ['accuracy', 'auc'] });
  return made;
};

/** Cuts the rows into batches of changing sizes, one of them larger than what is evaluated at a time. */
function cut(weights?: readonly number[]): Batch[] {
  const batches: Batch[] = [];
  for (let first = 0, index = 0; first < ROWS; index++) {
    const end = Math.min(ROWS, first + [7, 300, 1, 64][index % 4]);
    const [bx, by] = [x.slice(first, end), y.slice(first, end)];
    batches.push(weights === undefined ? [bx, by] : [bx, by, weights.slice(first, end)]);
    first = end;
  }
  return batches;
}

async function* slow(batches: readonly Batch[]): AsyncGenerator<Batch> {
  for (const batch of batches) {
    await Promise.resolve();
    yield batch;
  }
}

describe('evaluate', () => {
  test.each([
    ['a function', (): BatchSource => () => cut()],
    ['an iterable', (): BatchSource => new Set(cut())],
    ['an asynchronous generator', (): BatchSource => slow(cut())],
  ])('of %s gives the numbers of the same rows in memory', async (_, made) => {
    const one = model();
    expect(await one.evaluate(made())).toEqual(one.evaluate(x, y));
    one.dispose();
  });

  test('weighs rows, also where only some batches have weights', async () => {
    const one = model();
    expect(await one.evaluate(() => cut(sampleWeight))).toEqual(one.evaluate(x, y, { sampleWeight }));
    const [weighted, plain] = [cut(sampleWeight), cut()];
    const mixed = plain.map((batch, index) => (index % 2 === 0 ? batch : weighted[index]));
    const weights = mixed.flatMap(
      ([bx, , given]) => (given as number[] | undefined) ?? (bx as number[][]).map(() => 1),
    );
    expect(await one.evaluate(() => mixed)).toEqual(one.evaluate(x, y, { sampleWeight: weights }));
    one.dispose();
  });

  test('takes the first batches, closes what is left in the middle, and changes nothing', async () => {
    const one = model();
    const before = one.save();
    let closed = 0;
    const source = function* (): Generator<Batch> {
      try {
        yield* cut();
      } finally {
        closed += 1;
      }
    };
    expect(await one.evaluate(source, { batches: 2 })).toEqual(one.evaluate(x.slice(0, 307), y.slice(0, 307)));
    expect(closed).toBe(1);
    expect(one.save()).toEqual(before);
    one.dispose();
  });

  test.each<[string, (one: Model) => unknown, new (message: string) => Error, string]>([
    ['no batches', (one) => one.evaluate(() => []), ValueError, 'evaluate: x expected at least one batch, got none.'],
    [
      'a batch that is none',
      (one) => one.evaluate(any(() => [5])),
      ValueError,
      'evaluate: batch 0 expected [x, y] or [x, y, sampleWeight], got 5.',
    ],
    [
      'rows of the wrong width',
      (one) => one.evaluate(() => [cut()[0], [[[1]], [[1]]]]),
      ShapeError,
      'evaluate: batch 1: x expected 2 values per row, got 1 in row 0.',
    ],
    [
      'what cannot be iterated',
      (one) => one.evaluate(any(() => 5)),
      ValueError,
      'evaluate: x expected a function that returns an iterable, got one that returns 5.',
    ],
    [
      'options of rows in memory',
      (one) => one.evaluate(() => cut(), { batchSize: 5 }),
      ValueError,
      'evaluate: batchSize expected only with rows in memory, got it with a source of batches.',
    ],
    [
      'weights of rows',
      (one) => one.evaluate(() => cut(), { sampleWeight }),
      ValueError,
      'evaluate: sampleWeight expected only with rows in memory, got it with a source of batches.',
    ],
    [
      'options in third place',
      (one) => one.evaluate(...(any([() => cut(), undefined, {}]) as [BatchSource])),
      ValueError,
      'evaluate: options expected in second place, behind a source of batches, got them in third.',
    ],
  ])('refuses %s by its promise', async (_, call, type, message) => {
    const one = model();
    let result: unknown;
    expect(() => (result = call(one))).not.toThrow();
    const error = await thrownBy(() => result);
    expect(error).toBeInstanceOf(type);
    expect(error.message.startsWith(message)).toBe(true);
    one.dispose();
  });

  test('batches is for sources alone', async () => {
    const one = model();
    expectError(
      await thrownBy(() => one.evaluate(x, y, { batches: 1 })),
      ValueError,
      'evaluate: batches expected only with a source of batches, got it with rows in memory.',
    );
    const steps = await thrownBy(() => one.evaluate(x, y, any({ steps: 1 })));
    expect(steps.message).toContain('Did you mean "batches"?');
  });

  test.each([
    ['disposed', (one: Model) => one.dispose()],
    ['compiled anew', (one: Model) => one.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })],
  ])('ends where the model is %s meanwhile', async (_, change) => {
    const one = model();
    const source = function* (): Generator<Batch> {
      yield cut()[0];
      change(one);
      yield cut()[1];
    };
    expect(await thrownBy(() => one.evaluate(source))).toBeInstanceOf(StateError);
  });
});

describe.each(['main', 'worker'] as const)('validationData from a source, with training in %s', (runIn) => {
  const fitted = async (options: FitOptions): Promise<Record<string, number[]>> => {
    const one = model();
    const { history } = await one.fit(x, y, { epochs: 3, batchSize: 64, runIn, ...options });
    one.dispose();
    return history;
  };

  test.each([
    ['a function', (): BatchSource => () => cut(sampleWeight)],
    ['an iterable', (): BatchSource => new Set(cut(sampleWeight))],
    ['an asynchronous source', (): BatchSource => () => slow(cut(sampleWeight))],
  ])('%s gives the history of the same rows in memory', async (_, made) => {
    expect(await fitted({ validationData: made() })).toEqual(await fitted({ validationData: [x, y, sampleWeight] }));
  });

  test('both training and validation may have sources; class weights are not for validation', async () => {
    const one = model();
    const options = { epochs: 2, classWeight: { 1: 3 }, runIn } as const;
    const both = await one.fit(() => cut(), { ...options, validationData: () => cut() });
    const other = model();
    expect(await other.fit(() => slow(cut()), { ...options, validationData: [x, y] })).toEqual(both);
    expect(one.getWeights()).toEqual(other.getWeights());
  });

  test('validationBatches is the most after each epoch: a function starts anew, a generator continues', async () => {
    const part = (first: number, last: number): [number[][], number[][]] => [
      x.slice(first, last),
      y.slice(first, last),
    ];
    let closed = 0;
    const source = function* (): Generator<Batch> {
      try {
        yield* cut();
      } finally {
        closed += 1;
      }
    };
    const anew = await fitted({ validationData: source, validationBatches: 2 });
    expect(anew).toEqual(await fitted({ validationData: part(0, 307) }));
    expect(closed).toBe(3);
    const continued = await fitted({ epochs: 2, validationData: source(), validationBatches: 2 });
    const [first, second] = [part(0, 307), part(307, 372)];
    expect(continued.valLoss[0]).toBe(anew.valLoss[0]);
    expect(continued.valLoss[1]).toBe((await fitted({ epochs: 2, validationData: second })).valLoss[1]);
    expect(continued.valLoss[0]).toBe((await fitted({ epochs: 2, validationData: first })).valLoss[0]);
    expect(closed).toBe(4);
  });

  test('a generator that has ended is refused after the second epoch, whose update remains', async () => {
    const one = model();
    const error = await thrownBy(() =>
      one.fit(x, y, { epochs: 3, batchSize: ROWS, validationData: slow(cut()), runIn }),
    );
    expectError(
      error,
      ValueError,
      'fit: validationData expected at least one batch after epoch 1, got none. A generator runs once: pass a function that makes one each time.',
    );
    expect(one.stepCount).toBe(2);
    expectError(
      await thrownBy(() => one.fit(x, y, { validationData: () => [[[[1]], [[1]]]], runIn })),
      ShapeError,
      'fit: validationData batch 0 after epoch 0: x expected 2 values per row, got 1 in row 0.',
    );
  });

  test('an abort ends the wait for a batch', async () => {
    const one = model();
    const controller = new AbortController();
    const source = async function* (): AsyncGenerator<Batch> {
      yield cut()[0];
      controller.abort(new Error('enough'));
      await new Promise(() => undefined);
    };
    const fitting = one.fit(x, y, { validationData: source, signal: controller.signal, runIn });
    await expect(fitting).rejects.toThrow('enough');
    one.trainOnBatch(x, y);
  });
});

test('validationBatches without a source is refused', async () => {
  const one = model();
  for (const options of [{ validationBatches: 2 }, { validationBatches: 2, validationData: [x, y] as const }]) {
    expectError(
      await thrownBy(() => one.fit(x, y, options)),
      ValueError,
      'fit: validationBatches expected only where validationData is a source, got it without one.',
    );
  }
  const keras = await thrownBy(() => one.fit(x, y, any({ validation_steps: 2 })));
  expect(keras.message).toContain('Did you mean "validationBatches"?');
});

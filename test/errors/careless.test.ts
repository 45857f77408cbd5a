/**
 * Ordinary mistakes and altered objects: each must be refused with the exact error class and message, and leave the
 * model unchanged. Values that only a hostile caller passes are in test/api.
 */
import { describe, expect, test } from 'vitest';
import {
  activation,
  add,
  confusionMatrix,
  createEngineSync,
  csvLogger,
  dense,
  earlyStopping,
  input,
  learningRateAt,
  learningRateScheduler,
  maxout,
  MemoryError,
  model,
  sequential,
  sgd,
  ShapeError,
  topKAccuracy,
  ValueError,
  WasmMlpError,
  type Model,
} from '../../src/index.js';
import { any, engine, refuses, refusesAll, X, Y } from '../support/reference/refusals.js';

const revoked = (target: object = {}): never => {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy as never;
};
const detached = (): Float32Array => {
  const array = Float32Array.of(1, 2);
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
};
const bare = <T extends object>(object: T): T => Object.setPrototypeOf(object, null) as T;
const longer = (): Float32Array => Object.defineProperty(Float32Array.of(1, 2), 'length', { value: 4 });
const cyclic = (): object => {
  const schedule: Record<string, unknown> = { kind: 'warmUp' };
  schedule.config = { steps: 1, schedule };
  return schedule;
};

describe('options of factories', () => {
  refusesAll([
    [
      'an activation that is a list',
      () => dense({ units: 1, activation: any([]) }),
      ValueError,
      'dense: activation expected a name or the result of its factory, got [].',
    ],
    [
      'an initializer that is a list',
      () => dense({ units: 1, kernelInitializer: any([null]) }),
      ValueError,
      'dense: kernelInitializer expected a name or the result of its factory, got an array of 1.',
    ],
    [
      'a learning rate that is a list',
      () => sgd({ learningRate: any([]) }),
      ValueError,
      'sgd: learningRate expected a name or the result of its factory, got [].',
    ],
    [
      'a learning rate that contains itself',
      () => sgd({ learningRate: any(cyclic()) }),
      ValueError,
      'sgd: learningRate expected at most 16 warm-ups within each other, got more.',
    ],
    [
      'an activation that is null',
      () => activation(any(null)),
      ValueError,
      'activation: activation expected a name or the result of its factory, got null.',
    ],
    ['a revoked proxy', () => dense(revoked()), ValueError, 'dense: options expected an object, got a revoked proxy.'],
    [
      'a revoked proxy as an option',
      () => dense({ units: 1, activation: revoked() }),
      ValueError,
      'dense: activation expected a name or the result of its factory, got a revoked proxy.',
    ],
    [
      'a custom object that is null',
      () => dense({ units: 1, activation: any({ kind: 'custom', config: { name: 'x' }, custom: null }) }),
      ValueError,
      'dense: activation expected an object with a name, got null.',
    ],
    [
      'a revoked function as a learning rate',
      () =>
        learningRateAt(
          revoked(() => 1),
          0,
        ),
      ValueError,
      'learningRateAt: learningRate expected a number > 0 or a schedule, got a revoked proxy.',
    ],
    [
      'a callback of a revoked function',
      () => learningRateScheduler(revoked(() => 1)),
      ValueError,
      'learningRateScheduler: rate expected a function, got a revoked proxy.',
    ],
    [
      'a csvLogger without a target',
      () => csvLogger(any(null)),
      ValueError,
      'csvLogger: target expected a path or a function, got null.',
    ],
    [
      'a hole among tensors',
      () => add().apply(any([input({ shape: [1] }), , input({ shape: [1] })])), // eslint-disable-line no-sparse-arrays
      ValueError,
      'add: apply expected what input() or apply() returns, got undefined at index 1.',
    ],
    [
      "an object with a tensor's prototype only",
      () => add().apply(Object.create(Object.getPrototypeOf(input({ shape: [1] })) as object) as never),
      ValueError,
      'add: apply expected what input() or apply() returns, got an object at index 0.',
    ],
    [
      'logs that are null',
      () => earlyStopping().onEpochEnd!(0, any(null), any({})),
      ValueError,
      'earlyStopping: logs expected an object, got null.',
    ],
  ]);

  test('refuses a hole among layers, and a revoked proxy as inputs or layers', async () => {
    // eslint-disable-next-line no-sparse-arrays
    const layers = any([dense({ units: 1, inputShape: [1] }), , dense({ units: 1 })]);
    await expect(sequential({ layers })).rejects.toThrow(
      new ValueError('sequential: layers[1] expected a name or the result of its factory, got undefined.'),
    );
    await expect(model({ inputs: revoked(), outputs: [] })).rejects.toThrow(
      new ValueError('model: inputs expected what input() or apply() returns, got a revoked proxy.'),
    );
    await expect(sequential({ layers: any(revoked([])) })).rejects.toThrow(
      new ValueError('sequential: layers expected a list of layers, got a revoked proxy.'),
    );
  });
});

describe('options of fit', () => {
  const fit = (options: object) => (one: Model) => one.fit(X, Y, any(options));
  const signal = { addEventListener: () => undefined, throwIfAborted: () => undefined };
  refuses([
    [
      'a hole among callbacks',
      fit({ callbacks: [{}, , {}] }), // eslint-disable-line no-sparse-arrays
      ValueError,
      'fit: callbacks[1] expected an object, got undefined.',
    ],
    [
      'a signal without removeEventListener',
      fit({ signal }),
      ValueError,
      'fit: signal expected an AbortSignal, got an object.',
    ],
    [
      'a revoked proxy as callback',
      fit({ callbacks: [revoked()] }),
      ValueError,
      'fit: callbacks[0] expected an object, got a revoked proxy.',
    ],
    [
      'a hook that is a revoked proxy',
      fit({ callbacks: [{ onEpochEnd: revoked(() => 1) }] }),
      ValueError,
      'fit: callbacks[0]: onEpochEnd expected a function, got a revoked proxy.',
    ],
    [
      'stopTraining that is no boolean',
      (one) => {
        one.stopTraining = any('yes');
      },
      ValueError,
      'stopTraining expected true or false, got "yes".',
    ],
  ]);
});

describe('altered arrays', () => {
  const predict = (x: unknown) => (one: Model) => one.predict(any(x));
  const expected = 'predict: x expected a Float32Array or an array of rows';
  refuses([
    ['a transferred array', predict(detached()), ValueError, `${expected}, got a transferred Float32Array.`],
    [
      "an object with an array's prototype only",
      predict(Object.create(Float32Array.prototype)),
      ValueError,
      `${expected}, got an object.`,
    ],
    ['a proxy of an array', predict(new Proxy(Float32Array.of(1, 2), {})), ValueError, `${expected}, got an object.`],
    ['a revoked proxy', predict(revoked([])), ValueError, `${expected}, got a revoked proxy.`],
    [
      'a revoked proxy as a row',
      predict([[1, 2], revoked([])]),
      ValueError,
      'predict: x expected an array of 2 numbers in row 1, got a revoked proxy.',
    ],
    [
      'a name that is a symbol',
      (one) => one.setWeights(one.getWeights().map((tensor) => ({ ...tensor, name: any(Symbol('s')) }))),
      ValueError,
      'setWeights: "0.weight" expected next, got a symbol.',
    ],
    [
      'a shape of symbols',
      (one) => one.setWeights(one.getWeights().map((tensor) => ({ ...tensor, shape: any([Symbol('s')]) }))),
      ShapeError,
      'setWeights: "0.weight" expected shape (4, 2), got (a symbol).',
    ],
  ]);

  test('count by their true length, whatever length they report', () => {
    const one = engine.sequential({ seed: 2, layers: [dense({ units: 3, inputShape: [2] })] });
    one.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const goals = [[1, 2, 3]];
    const [y, loss] = [one.predict([[1, 2]]), one.evaluate([[1, 2]], goals)];
    for (const x of [bare(Float32Array.of(1, 2)), longer(), bare([bare([1, 2])])]) {
      expect(one.predict(x)).toEqual(y);
      expect(one.evaluate(x, goals, { sampleWeight: bare(Float32Array.of(1)) })).toEqual(loss);
    }
    one.dispose();
  });

  test('that report too short a length are refused, and nothing is written outside of the model', () => {
    const one = engine.sequential({ layers: [dense({ units: 3, inputShape: [2] })] });
    const other = engine.sequential({ layers: [dense({ units: 64, inputShape: [64] })] });
    one.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const before = other.save();
    const long = (): Float32Array => Object.defineProperty(new Float32Array(1 << 16).fill(7), 'length', { value: 2 });
    const goals = [[1, 2, 3]];
    const acts = [
      () => one.trainOnBatch(long(), goals),
      () => one.trainOnBatch([long()], goals),
      () => one.trainOnBatch([[1, 2]], long()),
      () => one.evaluate([[1, 2]], goals, { sampleWeight: long() }),
      () => one.adapt(long()),
      () => one.setWeights(one.getWeights().map((tensor) => ({ ...tensor, data: long() }))),
      () => one.predictInto(Float32Array.of(1, 2), long()),
    ];
    for (const act of acts) expect(act).toThrow(WasmMlpError);
    one.predict(long());
    expect(other.save()).toEqual(before);
    one.dispose();
    other.dispose();
  });
});

describe("errors thrown by the caller's own code", () => {
  class Mine extends Error {}
  const fail = (): never => {
    throw new Mine('mine');
  };

  test('reach the caller unchanged, wherever they are thrown', async () => {
    expect(() =>
      dense({
        get units(): number {
          return fail();
        },
      }),
    ).toThrow(Mine);
    expect(() => dense(new Proxy({ units: 1 }, { ownKeys: fail }))).toThrow(Mine);
    const one = engine.sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
    one.compile({ optimizer: 'sgd', loss: { name: 'own', value: fail, gradient: fail } });
    expect(() => one.trainOnBatch([[1]], [[1]])).toThrow(Mine);
    await expect(one.fit([[1]], [[1]], { callbacks: [{ onTrainBegin: fail }] })).rejects.toThrow(Mine);
    one.dispose();
  });

  test('do not occur where a value is only described in a message', () => {
    const value = Object.defineProperties({}, { [Symbol.toStringTag]: { get: fail }, toString: { value: fail } });
    expect(() => dense({ units: any(value) })).toThrow(
      new ValueError('dense: units expected an integer >= 1, got an object.'),
    );
    expect(() => dense({ units: any(new Proxy([1], { get: fail })) })).toThrow(
      new ValueError('dense: units expected an integer >= 1, got an object.'),
    );
  });
});

describe('integers that 32 bits do not hold', () => {
  const LARGE = [2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];

  test.each(LARGE)('a k of %d counts as all classes', (k) => {
    const one = engine.sequential({ layers: [dense({ units: 3, activation: 'softmax', inputShape: [2] })] });
    one.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy', metrics: [topKAccuracy({ k })] });
    expect(one.evaluate(X, Y).topKAccuracy).toBe(1);
    one.dispose();
  });

  test.each(LARGE)('a batch size of %d counts as all rows', async (batchSize) => {
    const results = [batchSize, 3].map(async (size) => {
      const one = engine.sequential({ seed: 4, layers: [dense({ units: 3, activation: 'softmax', inputShape: [2] })] });
      one.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
      const { history } = await one.fit(X, Y, { batchSize: size, initialEpoch: 1, epochs: 3 });
      const result = [history, one.predict(X, { batchSize: size }), one.evaluate(X, Y, { batchSize: size })];
      one.dispose();
      return result;
    });
    expect(await results[0]).toEqual(await results[1]);
  });

  test.each(LARGE)('a layer of %d units is refused for want of memory', (units) => {
    const small = createEngineSync({ maximumMemory: 2 ** 20 });
    const layers = [
      [dense({ units, inputShape: [2] })],
      [dense({ units: 2, inputShape: [units] })],
      [maxout({ units, inputShape: [2] })],
      [maxout({ units: 2, pieces: units, inputShape: [2] })],
      [maxout({ units, pieces: units, inputShape: [units] })],
    ];
    const { used } = small.memory();
    for (const list of layers) expect(() => small.sequential({ layers: list })).toThrow(MemoryError);
    expect(small.memory().used).toBe(used);
    small.dispose();
  });

  test('a confusion matrix too large for JavaScript is refused with its size', () => {
    expect(() => confusionMatrix([0], [1], { classes: 30_000 })).toThrow(
      new MemoryError(
        'confusionMatrix: counts expected to take at most 268435456 bytes, got a need of 7200000000 for 30000 classes.',
      ),
    );
    expect(confusionMatrix([0], [1], { classes: 1000 })[0][1]).toBe(1);
    expect(() => confusionMatrix([0], [1], { classes: Number.MAX_SAFE_INTEGER })).toThrow(MemoryError);
  });
});

/**
 * Each field of a file's metadata replaced by another value: loading must fail with a FormatError that names the field,
 * whatever the value and however deeply it is nested. Damaged bytes and headers are in forged-files.test.ts.
 */
import { describe, expect, test } from 'vitest';
import { loadModelSync } from '../../dist/predict.js';
import {
  dense,
  dropout,
  FormatError,
  lbfgs,
  levenbergMarquardt,
  loadModel,
  schedules,
  sequential,
  sgd,
  type Model,
} from '../../src/index.js';
import { engine, expectError, thrownBy, trained, X, Y } from '../support/reference/refusals.js';
import { headerOf, withHeader } from '../support/reference/safetensors.js';

/** The metadata that the library writes, as far as it is changed here. */
type Description = Record<string, unknown> & {
  architecture: Record<string, unknown> & { layers: { kind: unknown; config: Record<string, unknown> }[] };
  training: Record<string, unknown> & { options: Record<string, unknown> };
};

const file = trained().save();

/** Replaces the text of the file's description. */
function withText(change: (text: string) => string, of = file): Uint8Array {
  const header = headerOf(of);
  header.__metadata__['wasm-mlp'] = change(header.__metadata__['wasm-mlp']);
  return withHeader(of, header);
}

const described = (change: (description: Description) => void): Uint8Array =>
  withText((text) => {
    const description = JSON.parse(text) as Description;
    change(description);
    return JSON.stringify(description);
  });

const load = (bytes: Uint8Array): Promise<Model> => loadModel(bytes, { engine });

async function refused(bytes: Uint8Array, message: string | RegExp): Promise<void> {
  const before = engine.memory();
  const thrown = await thrownBy(() => load(bytes));
  expect(thrown).toBeInstanceOf(FormatError);
  if (typeof message === 'string') expectError(thrown, FormatError, message);
  else expect(thrown.message).toMatch(message);
  expect(engine.memory()).toEqual(before);
}

describe('an additional field is refused with its name', () => {
  test.each<[string, (d: Description) => void, string]>([
    ['next to the architecture', (d) => (d.extra = [1]), 'field wasm-mlp expected no field except formatVersion, '],
    [
      'in the architecture',
      (d) => (d.architecture.extra = 1),
      'field architecture expected no field except seed, layers, ',
    ],
    ['in the training', (d) => (d.training.extra = 1), 'field training expected no field except options, '],
    [
      'in the options of compile',
      (d) => (d.training.options.extra = 1),
      'the file\'s model is refused. compile: unknown option "extra"',
    ],
    [
      'of a layer',
      (d) => Object.assign(d.architecture.layers[1], { extra: 1 }),
      'architecture.layers[1] expected no field ',
    ],
    [
      'in the options of a layer',
      (d) => (d.architecture.layers[0].config.extra = 1),
      'the file\'s model is refused. dense: unknown option "extra"',
    ],
    [
      'of an activation',
      (d) => (d.architecture.layers[0].config.activation = { kind: 'relu', config: {}, custom: [] }),
      'architecture.layers[0].config.activation expected no field except kind, config, got "custom".',
    ],
    [
      'with the name __proto__',
      (d) => Object.defineProperty(d.architecture, '__proto__', { value: {}, enumerable: true }),
      'field architecture expected no field except ',
    ],
  ])('%s', async (_, change, message) => {
    await refused(described(change), new RegExp(`^loadModel: ${message.replace(/[.[\]"]/g, '\\$&')}`));
  });
});

describe('a wrong value for a description is refused', () => {
  const strangers: [string, unknown][] = [
    ['a custom object without config', { kind: 'custom', config: null }],
    ['a custom object with functions of null', { kind: 'custom', config: { name: 'f' }, custom: null }],
    ['a custom object with an empty list of functions', { kind: 'custom', config: { name: 'f' }, custom: [] }],
    ['a custom object with a list of null', { kind: 'custom', config: { name: 'f' }, custom: [null] }],
    ['a custom object whose name is a number', { kind: 'custom', config: { name: 7 } }],
    ['a custom object without a name', { kind: 'custom', config: {} }],
    ['an activation without config', { kind: 'activation', config: null }],
    ['a layer without config', { kind: 'dense' }],
    ['a config that is a list', { kind: 'relu', config: [] }],
    ['a kind that is a member of all objects', { kind: 'toString', config: {} }],
    ['null', null],
    ['a list', [[]]],
    ['a number', 0.5],
  ];
  const places: [string, (d: Description, value: unknown) => void][] = [
    ['a layer', (d, value) => (d.architecture.layers[0] = value as never)],
    ['an activation', (d, value) => (d.architecture.layers[0].config.activation = value)],
    ['an initializer', (d, value) => (d.architecture.layers[0].config.kernelInitializer = value)],
    ['a regularizer', (d, value) => (d.architecture.layers[0].config.kernelRegularizer = value)],
    ['a constraint', (d, value) => (d.architecture.layers[0].config.kernelConstraint = value)],
    ['the optimizer', (d, value) => (d.training.options.optimizer = value)],
    ['the loss', (d, value) => (d.training.options.loss = value)],
    ['a metric', (d, value) => (d.training.options.metrics = [value])],
    ['the options of compile', (d, value) => (d.training.options = value as never)],
    ['the architecture', (d, value) => (d.architecture = value as never)],
    ['the list of layers', (d, value) => (d.architecture.layers = value as never)],
    ['the training', (d, value) => (d.training = value as never)],
  ];
  test.each(places)('for %s', async (_, place) => {
    for (const [, value] of strangers)
      await refused(
        described((d) => place(d, value)),
        /^loadModel: ./,
      );
  });
});

describe('counters and rates', () => {
  test.each(['learningRate', 'stepCount'])('%s must be a number, not a value that converts to one', async (field) => {
    for (const value of [null, '0.1', [0.1], true, -1, {}, '', []]) {
      await refused(
        described((d) => (d.training[field] = value)),
        new RegExp(`^loadModel: field training\\.${field} expected a (number >= 0|count), got `),
      );
    }
  });

  test.each(['1e999', '-1e-5', '3.5e38'])('a learning rate of %s is refused', async (number) => {
    await refused(
      withText((text) => text.replace(/"learningRate":0\.001,"stepCount"/, `"learningRate":${number},"stepCount"`)),
      /field training\.learningRate expected a number >= 0, got /,
    );
  });

  test.each([2 ** 53, 0.5, -1, '1', null])('an epoch count of %s is refused', async (count) => {
    await refused(
      described((d) => (d.epochCount = count)),
      /^loadModel: field epochCount expected a count, got /,
    );
  });

  test('the largest counts load, do not grow, and are saved again', async () => {
    const most = Number.MAX_SAFE_INTEGER;
    const model = await load(described((d) => (Object.assign(d, { epochCount: most }).training.stepCount = most)));
    await model.fit(X, Y, { epochs: 2 });
    expect([model.stepCount, model.epochCount]).toEqual([most, most]);
    const again = await load(model.save());
    expect(again.save()).toEqual(model.save());
    model.dispose();
    again.dispose();
  });

  test('an optimizer with other state is refused', async () => {
    await refused(
      described((d) => (d.training.slots = ['firstMoment', 'firstMoment'])),
      'loadModel: field training.slots expected [firstMoment, secondMoment], got ["firstMoment","firstMoment"].',
    );
  });

  test.each([null, 'dense', 0, true, {}, [0], [null], [['dense']], [NaN], { 0: 'dense', length: 1 }])(
    'frozen layers of %j are refused',
    async (value) => {
      await refused(
        described((d) => (d.training.frozen = value)),
        /^loadModel: field training\.frozen expected a list of names, got /,
      );
    },
  );

  test.each(['other', '', 'toString', '__proto__', 'dense.weight', '0'])(
    'a frozen layer %j is refused where there is none of that name',
    async (name) => {
      await refused(
        described((d) => (d.training.frozen = [name])),
        `loadModel: field training.frozen expected names of layers, got ${JSON.stringify(name)}.`,
      );
    },
  );

  test('optimizer state of a layer that is said to be frozen, or none of one that is not, is refused', async () => {
    const model = engine.sequential({
      layers: [
        dense({ units: 2, inputShape: [2], trainable: false, name: 'first' }),
        dense({ units: 1, name: 'last' }),
      ],
    });
    model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    const bytes = model.save();
    model.dispose();
    const withFrozen = (value: unknown) =>
      withText((text) => {
        const description = JSON.parse(text) as Description;
        if (value === undefined) delete description.training.frozen;
        else description.training.frozen = value;
        return JSON.stringify(description);
      }, bytes);
    await refused(withFrozen(['first', 'last']), /^loadModel: tensor "optimizer\./);
    await refused(withFrozen([]), /^loadModel: tensor "optimizer\./);
    await refused(withFrozen(undefined), /^loadModel: tensor "optimizer\./);
    // The same name twice says nothing new.
    const again = await load(withFrozen(['first', 'first']));
    expect(again.save()).toEqual(bytes);
    again.dispose();
  });

  test.each(['lbfgs', 'levenbergMarquardt'])(
    'an optimizer %s that cannot train the network is refused',
    async (kind) => {
      const model = engine.sequential({ layers: [dense({ units: 2, inputShape: [2] }), dropout({ rate: 0.5 })] });
      model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
      const config = (kind === 'lbfgs' ? lbfgs({ historySize: 1 }) : levenbergMarquardt()).config;
      const bytes = withText((text) => {
        const description = JSON.parse(text) as Description;
        description.training.options.optimizer = { kind, config };
        description.training.slots = [];
        return JSON.stringify(description);
      }, model.save());
      model.dispose();
      await refused(bytes, /^loadModel: /);
    },
  );

  test('−0 in a file loads as 0', async () => {
    const model = await load(
      withText((text) =>
        text
          .replace('"learningRate":0.001,"stepCount"', '"learningRate":-0,"stepCount"')
          .replace('"epochCount":0', '"epochCount":-0')
          .replace('"seed":1', '"seed":-0'),
      ),
    );
    expect([model.learningRate, model.epochCount, model.seed]).toEqual([0, 0, 0]);
    model.dispose();
  });
});

describe('depth of nesting', () => {
  const warmUps = (count: number): string =>
    `${'{"kind":"warmUp","config":{"steps":1,"from":0,"schedule":'.repeat(count)}0.1${'}}'.repeat(count)}`;

  test.each([100, 5000, 100_000])('%i nested lists for layers are refused', async (depth) => {
    const layers = '['.repeat(depth) + ']'.repeat(depth);
    await refused(
      withText((text) => text.replace(/"layers":\[/, `"layers":${layers},"other":[`)),
      /^loadModel: (field )?architecture/,
    );
  });

  test.each([17, 1000, 10_000])('%i nested warm-ups are refused', async (count) => {
    await refused(
      withText((text) => text.replace('"learningRate":0.001,"beta1"', `"learningRate":${warmUps(count)},"beta1"`)),
      /^loadModel: .*expected at most (16 warm-ups|64 levels)/,
    );
  });

  test('every schedule that can be built can be loaded', async () => {
    const { warmUp } = schedules;
    const within = (count: number) => {
      let schedule = warmUp({ schedule: 0.1, steps: 1 });
      for (let i = 1; i < count; i++) schedule = warmUp({ schedule, steps: 1 });
      return schedule;
    };
    expect(() => within(17)).toThrow(
      'schedules.warmUp: schedule expected at most 15 warm-ups within each other, got more.',
    );
    const model = await sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
    model.compile({ optimizer: sgd({ learningRate: within(16) }), loss: 'huber' });
    expect((await loadModel(model.save())).save()).toEqual(model.save());
  });
});

test('custom functions are never taken from the file', async () => {
  const forward = { kind: 'custom', config: { name: 'f' }, custom: { name: 'f', forward: 1, derivative: 1 } };
  const bytes = described((d) => (d.architecture.layers[0].config.activation = forward));
  await refused(bytes, /architecture\.layers\[0\]\.config\.activation expected no field except kind, config/);
  expect(() => loadModelSync(bytes)).toThrow('architecture.layers[0].config.activation expected no field except');
});

test('a file of JSON is refused with what to do', async () => {
  for (const text of ['{}', '[1]', JSON.stringify(trained().toJSON()), '  \n{"layers": []}']) {
    await refused(
      new TextEncoder().encode(text),
      'loadModel: file expected the bytes of a safetensors file, got JSON, which is not a safetensors file. toJSON() has no weights: pass what save() returned.',
    );
  }
});

describe('code that runs while a file is read', () => {
  const loss = { name: 'own', value: () => 0, gradient: (y: Float32Array) => y };
  const saved = (): Uint8Array => {
    const model = engine.sequential({ layers: [dense({ units: 2, inputShape: [2] })] });
    model.compile({ optimizer: 'adam', loss });
    const bytes = model.save();
    model.dispose();
    return bytes;
  };

  /** Returns a loss that calls `onRead` when its gradient is read. */
  const observed = (onRead: () => void): typeof loss =>
    Object.defineProperty({ ...loss }, 'gradient', {
      get() {
        onRead();
        return loss.gradient;
      },
    });

  test('changes none of the weights that were checked', async () => {
    const bytes = saved();
    const data = bytes.subarray(bytes.length - 4 * 18);
    const own = observed(() => data.fill(0xff));
    const model = await loadModel(saved(), { engine, custom: [loss] });
    const other = await loadModel(bytes, { engine, custom: [own] });
    expect(new Uint8Array(bytes.buffer).at(-1)).toBe(0xff);
    expect(other.getWeights()).toEqual(model.getWeights());
    model.dispose();
    other.dispose();
  });

  test('may throw: the file is refused, with the error as the cause', async () => {
    const reason = new RangeError('too much');
    const own = observed(() => {
      throw reason;
    });
    const thrown = await thrownBy(() => loadModel(saved(), { engine, custom: [own] }));
    const message = 'loadModel: field training expected what model.save writes, got what cannot be read: too much.';
    expectError(thrown, FormatError, message);
    expect(thrown.cause).toBe(reason);
  });
});

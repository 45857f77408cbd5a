/**
 * `modelCheckpoint` and `latestCheckpoint`: which files are written and kept, that training continues from one to the
 * bit, and what is refused. Killed processes are in test/platforms/killed-trainings.test.ts.
 */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import {
  adam,
  adaptiveLearningRate,
  batchNormalization,
  dense,
  dropout,
  earlyStopping,
  FormatError,
  lbfgs,
  loadModel,
  reduceLROnPlateau,
  rmsprop,
  schedules,
  sequential,
  sgd,
  StateError,
  stochasticWeightAveraging,
  terminateOnNaN,
  ValueError,
  type Callback,
  type CompileOptions,
  type FitOptions,
  type Model,
} from '../../src/index.js';
import { latestCheckpoint, modelCheckpoint, type ModelCheckpointOptions } from '../../src/node.js';

const root = mkdtempSync(join(tmpdir(), 'wasm-mlp-checkpoints-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let folder: string;
let made = 0;
beforeEach(() => {
  folder = join(root, String(made++));
  mkdirSync(folder);
});
const inFolder = (name: string): string => join(folder, name);
const emptyFolder = (): void => {
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
};
const files = (): string[] => readdirSync(folder).sort();

/** Rows of two classes that a network needs several epochs for. */
const rows = 70;
const X = Float32Array.from({ length: rows * 3 }, (_, i) => Math.fround(Math.sin(i * 12.9898) * 2));
const Y = Float32Array.from({ length: rows }, (_, i) => (X[3 * i] * X[3 * i + 1] > X[3 * i + 2] ? 1 : 0));

const build = (): Promise<Model> =>
  sequential({
    seed: 5,
    layers: [
      dense({ units: 6, activation: 'tanh', inputShape: [3] }),
      batchNormalization(),
      dropout({ rate: 0.2 }),
      dense({ units: 1, activation: 'sigmoid' }),
    ],
  });

const COMPILED: CompileOptions = { optimizer: adam({ learningRate: 0.05 }), loss: 'binaryCrossentropy' };
const FIT: FitOptions = { batchSize: 16, validationSplit: 0.2 };

const compiledModel = async (options = COMPILED): Promise<Model> => {
  const network = await build();
  network.compile(options);
  return network;
};

/** All that a model will do from here on: its file has weights, optimizer state and counters. */
const stateOf = (network: Model): string => Buffer.from(network.save()).toString('base64');

/** Trains in one go, and with an end and a new beginning after `pause` epochs, and compares the models. */
async function expectSameAfterResuming(
  options: CompileOptions,
  fit: FitOptions,
  callbacks: () => Callback[],
  { epochs = 10, pause = 5 } = {},
): Promise<Model> {
  const path = inFolder('{epoch}.safetensors');
  const whole = await compiledModel(options);
  const all = await whole.fit(X, Y, {
    ...fit,
    epochs,
    callbacks: [...callbacks(), modelCheckpoint(inFolder('whole'))],
  });
  const first = await compiledModel(options);
  // The end of a training may change the weights: what continues is the file from before it.
  const { epoch } = await first.fit(X, Y, {
    ...fit,
    epochs: pause,
    callbacks: [modelCheckpoint(path), ...callbacks()],
  });
  const found = (await latestCheckpoint(path))!;
  expect(found.initialEpoch).toBe(epoch.length);
  expect(found.file).toBe(inFolder(`${epoch.length}.safetensors`));
  const rest = await found.model.fit(X, Y, {
    ...fit,
    epochs,
    initialEpoch: found.initialEpoch,
    callbacks: [...callbacks(), modelCheckpoint(path)],
  });
  expect([...epoch, ...rest.epoch]).toEqual(all.epoch);
  expect(rest.history.loss ?? []).toEqual(all.history.loss.slice(epoch.length));
  expect(stateOf(found.model)).toBe(stateOf(whole));
  return found.model;
}

describe('training continues from a checkpoint to the bit', () => {
  const optimizers: [string, CompileOptions['optimizer']][] = [
    ['adam', adam({ learningRate: 0.05 })],
    [
      'momentum and a schedule',
      sgd({ momentum: 0.9, learningRate: schedules.cosine({ initialLearningRate: 0.1, decaySteps: 50 }) }),
    ],
    ['an average of the weights', rmsprop({ ema: { momentum: 0.9 } })],
    ['gradients of several batches', adam({ accumulate: 3 })],
    ['L-BFGS', lbfgs()],
  ];
  test.each(optimizers)('with %s', async (name, optimizer) => {
    const fit = name === 'L-BFGS' ? { validationSplit: 0.2 } : FIT;
    const network = async (): Promise<Model> =>
      sequential({
        seed: 5,
        layers: [dense({ units: 6, activation: 'tanh', inputShape: [3] }), dense({ units: 1, activation: 'sigmoid' })],
      });
    if (name !== 'L-BFGS') {
      await expectSameAfterResuming({ ...COMPILED, optimizer }, fit, () => []);
      return;
    }
    const [whole, first] = [await network(), await network()];
    for (const one of [whole, first]) one.compile({ ...COMPILED, optimizer });
    await whole.fit(X, Y, { ...fit, epochs: 10 });
    await first.fit(X, Y, { ...fit, epochs: 5, callbacks: [modelCheckpoint(inFolder('one'))] });
    const found = (await latestCheckpoint(inFolder('one')))!;
    await found.model.fit(X, Y, { ...fit, epochs: 10, initialEpoch: 5 });
    expect(stateOf(found.model)).toBe(stateOf(whole));
  });

  test('with epochs of some batches, which begin anywhere in the rows', () =>
    expectSameAfterResuming(COMPILED, { ...FIT, batchesPerEpoch: 3 }, () => []));

  test('in a worker', () => expectSameAfterResuming(COMPILED, { ...FIT, runIn: 'worker' }, () => []));

  test('with callbacks that remember what they saw', async () => {
    const plain: CompileOptions = { optimizer: sgd({ learningRate: 3 }), loss: 'binaryCrossentropy' };
    const rates = new Set<number>();
    await expectSameAfterResuming(
      plain,
      FIT,
      () => [
        reduceLROnPlateau({ patience: 3, factor: 0.5, cooldown: 2, minDelta: 0.02 }),
        stochasticWeightAveraging({ startEpoch: 2 }),
        { onEpochEnd: (_epoch, _logs, { learningRate }) => rates.add(learningRate) },
      ],
      { epochs: 16, pause: 7 },
    );
    expect(rates.size).toBeGreaterThan(2);
  });

  test('with early stopping, which counts on, and restores weights from before the checkpoint', async () => {
    const plain: CompileOptions = { optimizer: sgd({ learningRate: 0.5 }), loss: 'binaryCrossentropy' };
    const stopping = (): Callback[] => [earlyStopping({ patience: 3, restoreBestWeights: true, minDelta: 0.002 })];
    const whole = await compiledModel(plain);
    const { epoch } = await whole.fit(X, Y, { ...FIT, epochs: 60, callbacks: stopping() });
    expect(epoch.length).toBeGreaterThan(6);
    expect(epoch.length).toBeLessThan(60);
    // Two epochs before the end: the best one is over.
    for (const runIn of ['main', 'worker'] as const) {
      emptyFolder();
      await expectSameAfterResuming(plain, { ...FIT, runIn }, stopping, { epochs: 60, pause: epoch.length - 2 });
    }
  });

  test('a training that a callback had ended stays ended, and restores the best weights', async () => {
    const plain: CompileOptions = { optimizer: sgd({ learningRate: 0.5 }), loss: 'binaryCrossentropy' };
    const stopping = (): Callback[] => [earlyStopping({ patience: 3, restoreBestWeights: true, minDelta: 0.002 })];
    await expectSameAfterResuming(plain, FIT, stopping, { epochs: 60, pause: 60 });
    emptyFolder();
    await expectSameAfterResuming(
      { optimizer: sgd({ learningRate: 1e-6 }), loss: 'binaryCrossentropy' },
      FIT,
      () => [adaptiveLearningRate({ minLearningRate: 1e-6 })],
      { epochs: 60, pause: 60 },
    );
  });

  test('twice, and with two checkpoints of which one keeps the best', async () => {
    const callbacks = (): Callback[] => [
      modelCheckpoint(inFolder('best'), { saveBestOnly: true }),
      modelCheckpoint(inFolder('last-{epoch:03d}'), { keep: 2 }),
    ];
    const whole = await compiledModel();
    await whole.fit(X, Y, { ...FIT, epochs: 9, callbacks: callbacks() });
    const best = readFileSync(inFolder('best'));
    emptyFolder();
    await (await compiledModel()).fit(X, Y, { ...FIT, epochs: 3, callbacks: callbacks() });
    for (const epochs of [6, 9]) {
      const found = (await latestCheckpoint(inFolder('last-{epoch:03d}')))!;
      expect(found.initialEpoch).toBe(epochs - 3);
      await found.model.fit(X, Y, { ...FIT, epochs, initialEpoch: epochs - 3, callbacks: callbacks() });
      expect(files()).toEqual(['best', `last-00${epochs - 1}`, `last-00${epochs}`]);
    }
    expect(readFileSync(inFolder('best')).equals(best)).toBe(true);
    const last = (await latestCheckpoint(inFolder('last-{epoch:03d}')))!;
    expect(stateOf(last.model)).toBe(stateOf(whole));
  });
});

describe('files', () => {
  const train = async (
    name: string,
    options?: ModelCheckpointOptions,
    fit: FitOptions = {},
    network?: Model,
  ): Promise<Model> => {
    const trained = network ?? (await compiledModel());
    await trained.fit(X, Y, { ...FIT, epochs: 4, ...fit, callbacks: [modelCheckpoint(inFolder(name), options)] });
    return trained;
  };

  test('are named by epochs, batches and logs, with formats', async () => {
    await train('{epoch}-{epoch:03d}-{loss:.2f}-{valLoss}', { saveFreq: { epochs: 2 } });
    expect(files()).toHaveLength(2);
    expect(files()[0]).toMatch(/^2-002-0\.\d\d-0\.\d{3,}$/);
    emptyFolder();
    // Four batches in an epoch.
    await train('{epoch}.{batch:d}', { saveFreq: 3 });
    expect(files()).toEqual(['1.3', '2.2', '3.1', '3.4', '4.3']);
    const found = await latestCheckpoint(inFolder('{epoch}.{batch}'));
    // Training continues with the epoch that was interrupted.
    expect([found!.initialEpoch, found!.model.stepCount, found!.model.epochCount]).toEqual([3, 15, 3]);
    expect(Object.keys(found!.logs)).toEqual(['loss', 'size']);
  });

  test('are those of save, which other readers take', async () => {
    const network = await train('one');
    const bytes = readFileSync(inFolder('one'));
    expect(stateOf(await loadModel(bytes))).toBe(stateOf(network));
    const weights = await build();
    expect(weights.loadWeights(bytes)).toEqual({ missing: [], unexpected: [] });
    await train('weights', { saveWeightsOnly: true });
    expect(readFileSync(inFolder('weights')).length).toBeLessThan(bytes.length);
    // A file of save is taken as a checkpoint too.
    writeFileSync(inFolder('saved'), network.save());
    expect((await latestCheckpoint(inFolder('saved')))!.initialEpoch).toBe(4);
  });

  test('that are kept are the last ones; with saveBestOnly the best', async () => {
    await train('{epoch}', { keep: 2 });
    expect(files()).toEqual(['3', '4']);
    await train('best-{epoch}-{valLoss:.4f}', { keep: 2, saveBestOnly: true }, { epochs: 12 });
    const values = files()
      .filter((name) => name.startsWith('best'))
      .map((name) => Number(name.split('-')[2]));
    expect(values.length).toBeGreaterThan(0);
    expect(values.length).toBeLessThan(3);
    const history = await (await compiledModel()).fit(X, Y, { ...FIT, epochs: 12 });
    expect(Math.min(...values)).toBeCloseTo(Math.min(...history.history.valLoss), 4);
  });

  test('of another training are not removed', async () => {
    await train('{epoch}', {}, { epochs: 6 });
    await train('{epoch}', { keep: 1 }, { epochs: 2 });
    expect(files()).toEqual(['2', '3', '4', '5', '6']);
  });

  test('are written only from an improvement on a threshold on', async () => {
    await train('best', { saveBestOnly: true, monitor: 'loss', initialValueThreshold: 0.001 });
    expect(files()).toEqual([]);
  });

  test('never hold weights that loadModel refuses', async () => {
    const wild = await compiledModel({ optimizer: sgd({ learningRate: 1e30 }), loss: 'meanSquaredError' });
    const good = inFolder('one');
    writeFileSync(good, 'as before');
    await wild.fit(X, Y, { epochs: 3, callbacks: [terminateOnNaN(), modelCheckpoint(good)] }).catch(() => undefined);
    expect(wild.getWeights().some(({ data }) => data.some((value) => !Number.isFinite(value)))).toBe(true);
    expect(readFileSync(good, 'utf8')).toBe('as before');
  });

  test('that processes left behind are removed, others are not', async () => {
    // No process has the largest number.
    const old = `.5.${process.pid}-${threadId + 1}-0.tmp`;
    const left = [`.1.${2 ** 31 - 2}-0-0.tmp`, `.2.${process.pid}-${threadId}-99.tmp`, old];
    // Another thread of this process may be writing one.
    const others = [
      '.3.1-0-0.tmp',
      '.a.tmp',
      `.other.${2 ** 31 - 2}-0-0.tmp`,
      `.6.${process.pid}-${threadId + 1}-0.tmp`,
    ];
    for (const name of [...left, ...others]) writeFileSync(inFolder(name), '');
    utimesSync(inFolder(old), 1e9, 1e9);
    await train('{epoch:d}', { keep: 1 });
    // Process 1 runs.
    expect(files()).toEqual([...others, '4'].sort());
  });
});

describe('the newest file', () => {
  test('is the one with the largest epoch, or written last where names have none', async () => {
    const network = await compiledModel();
    expect(await latestCheckpoint(inFolder('{epoch}'))).toBeUndefined();
    expect(await latestCheckpoint(join(folder, 'absent', '{epoch}'))).toBeUndefined();
    for (const name of ['9', '10', '2', '0.5', '0.25']) writeFileSync(inFolder(name), network.save());
    utimesSync(inFolder('9'), 2e9, 2e9);
    expect((await latestCheckpoint(inFolder('{epoch}')))!.file).toBe(inFolder('10'));
    utimesSync(inFolder('0.5'), 1e9 + 1, 1e9 + 1);
    utimesSync(inFolder('0.25'), 1e9, 1e9);
    for (const name of ['2', '9', '10']) rmSync(inFolder(name));
    expect((await latestCheckpoint(inFolder('{loss}')))!.file).toBe(inFolder('0.5'));
  });

  test('that is damaged is passed over, and named', async () => {
    await (await compiledModel()).fit(X, Y, { ...FIT, epochs: 3, callbacks: [modelCheckpoint(inFolder('{epoch}'))] });
    const bytes = readFileSync(inFolder('3'));
    writeFileSync(inFolder('3'), bytes.subarray(0, bytes.length - 5));
    const found = (await latestCheckpoint(inFolder('{epoch}')))!;
    expect(found.initialEpoch).toBe(2);
    expect(found.skipped.map(({ file, error }) => [file, error instanceof FormatError])).toEqual([
      [inFolder('3'), true],
    ]);
    for (const name of ['1', '2']) writeFileSync(inFolder(name), '');
    await expect(latestCheckpoint(inFolder('{epoch}'))).rejects.toThrow(FormatError);
  });

  test('with forged state of callbacks is refused, before training begins', async () => {
    const callbacks = (): Callback[] => [earlyStopping({ monitor: 'loss' }), modelCheckpoint(inFolder('one'))];
    await (await compiledModel()).fit(X, Y, { ...FIT, epochs: 2, callbacks: callbacks() });
    const text = readFileSync(inFolder('one'), 'latin1');
    const forge = (from: string | RegExp, to: string): void => {
      expect(text).toMatch(from);
      const changed = text.replace(from, (found) => to.padEnd(found.length));
      writeFileSync(inFolder('one'), changed, 'latin1');
    };
    const field = /\{\\"epoch\\":2.*?\}\]\}(?=")/;
    for (const to of [
      '[]',
      '{}',
      'null',
      '{',
      '{\\"epoch\\":-1}',
      '{\\"epoch\\":1,\\"batch\\":0,\\"callbacks\\":[1]}',
    ]) {
      forge(field, to);
      await expect(latestCheckpoint(inFolder('one')), to).rejects.toThrow(FormatError);
    }
    forge('earlyStopping', '__proto__');
    const found = (await latestCheckpoint(inFolder('one')))!;
    const continued = found.model.fit(X, Y, { ...FIT, epochs: 4, initialEpoch: 2, callbacks: callbacks() });
    await expect(continued).rejects.toThrow(StateError);
    expect(found.model.epochCount).toBe(2);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('refused before training begins', () => {
  const refused = async (path: string, options: ModelCheckpointOptions, message: RegExp): Promise<void> => {
    const network = await compiledModel();
    const callbacks = (): Callback[] => [modelCheckpoint(path, options)];
    const attempt = async (): Promise<unknown> => network.fit(X, Y, { ...FIT, callbacks: callbacks() });
    await expect(attempt()).rejects.toThrow(message);
    await expect(attempt()).rejects.toThrow(ValueError);
    expect(network.stepCount).toBe(0);
  };

  test.each<[string, string, ModelCheckpointOptions, RegExp]>([
    [
      'a folder that does not exist',
      'absent/{epoch}',
      {},
      /^modelCheckpoint: path expected a folder that exists .* ENOENT/,
    ],
    ['a file as a folder', 'file/{epoch}', {}, /ENOTDIR/],
    ['a name that is too long', 'a'.repeat(300), {}, /path expected a shorter name of the file, got one of 300 bytes/],
    [
      'a name that is too long while it is written',
      `${'ü'.repeat(120)}{epoch}`,
      {},
      /got one of 241 bytes, 2\d\d while/,
    ],
    ['a folder as a file', 'inner', {}, /expected a file, got the folder/],
    ['an unknown placeholder', '{eopch}', {}, /got "eopch". Did you mean "epoch"\?/],
    ['{batch} where epochs are written', '{batch}', {}, /got "batch"/],
    ['a placeholder in the folder', '{epoch}/a', {}, /only in the name of the file/],
    ['a format that is none', '{epoch:x}', {}, /such as \{epoch\}/],
    ['an open brace', 'a{epoch', {}, /such as \{epoch\}/],
    [
      'a monitor that is not in the logs',
      'a',
      { saveBestOnly: true, monitor: 'valAccuracy' },
      /monitor expected a key/,
    ],
    ['saveFreq 0', 'a', { saveFreq: 0 }, /saveFreq expected an integer >= 1/],
    ['keep 0', 'a', { keep: 0 }, /keep expected an integer >= 1/],
    ['an unknown option', 'a', { filepath: 'a' } as ModelCheckpointOptions, /unknown option "filepath"/],
  ])('%s', async (_what, name, options, message) => {
    writeFileSync(inFolder('file'), '');
    mkdirSync(inFolder('inner'));
    await refused(inFolder(name), options, message);
  });

  test('also in a worker', async () => {
    const network = await compiledModel();
    const fit = network.fit(X, Y, { ...FIT, runIn: 'worker', callbacks: [modelCheckpoint(inFolder('absent/a'))] });
    await expect(fit).rejects.toThrow(ValueError);
    expect(network.stepCount).toBe(0);
  });

  test('folders in which nothing can be looked for', async () => {
    writeFileSync(inFolder('file'), '');
    for (const path of [join('file', '{epoch}'), join('long'.repeat(100), '{epoch}')]) {
      await expect(latestCheckpoint(inFolder(path))).rejects.toThrow(ValueError);
      await expect(latestCheckpoint(inFolder(path))).rejects.toThrow(/^latestCheckpoint: path expected a folder/);
    }
  });

  test.skipIf(process.platform === 'win32')('but no link that leads nowhere, which a file replaces', async () => {
    symlinkSync('loop', inFolder('loop'));
    expect(await latestCheckpoint(inFolder('loop'))).toBeUndefined();
    const network = await compiledModel();
    await network.fit(X, Y, { ...FIT, epochs: 1, callbacks: [modelCheckpoint(inFolder('loop'))] });
    expect((await latestCheckpoint(inFolder('loop')))!.initialEpoch).toBe(1);
  });

  test('a path that is no text', () => {
    for (const path of [undefined, '', 3, 'a\0b', new URL('file:///a')]) {
      expect(() => modelCheckpoint(path as string)).toThrow(ValueError);
    }
  });
});

test('a folder that vanishes ends training, whose model stays usable', async () => {
  const network = await compiledModel();
  const removing: Callback = { onEpochEnd: () => rmSync(folder, { recursive: true, force: true }) };
  const saving = modelCheckpoint(inFolder('{epoch}'));
  const error: unknown = await network
    .fit(X, Y, { ...FIT, epochs: 3, callbacks: [saving, removing] })
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ValueError);
  expect(String(error)).toMatch(/modelCheckpoint: path expected a file that can be written, got: ENOENT/);
  expect([network.epochCount, saving.file]).toEqual([1, undefined]);
  expect(network.predict([[1, 2, 3]])).toHaveLength(1);
});

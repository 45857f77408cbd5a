/**
 * An engine that is given another register tile between two steps goes on with the same bits: weights, optimizer states
 * and predictions. Also what keeps an engine from being changed.
 */
import { afterEach, describe, expect, test } from 'vitest';
import * as library from '../../src/index.js';
import { changeTile } from '../../src/engine/wide/retile.js';
import { TILE_NAMES, type TileName } from '../../src/runtime/tile.js';
import {
  adam,
  createEngine,
  dense,
  input,
  l1l2,
  lbfgs,
  maxNorm,
  maxout,
  rmsprop,
  sgd,
  unitNorm,
  type Engine,
  type Model,
  type Optimizer,
} from '../../src/index.js';
import { EVERY_FEATURE_SHA256, trainEveryFeature } from '../support/every-feature.mjs';
import { source } from '../support/reference/random.js';

const engines: Engine[] = [];
afterEach(() => engines.splice(0).forEach((engine) => engine.dispose()));

async function engineOf(): Promise<Engine> {
  const engine = await createEngine();
  engines.push(engine);
  return engine;
}

const INPUTS = 21;
const OUTPUTS = 3;
const from = source(17);
const ROWS = 40;
const x = Float32Array.from({ length: ROWS * INPUTS }, () => from.symmetric(1));
const y = Float32Array.from({ length: ROWS * OUTPUTS }, () => from.symmetric(1));

/** Widths that fill panels of no tile. */
function network(engine: Engine, optimizer: Optimizer = adam()): Model {
  const model = engine.sequential({
    seed: 3,
    layers: [
      dense({ units: 30, activation: 'tanh', inputShape: [INPUTS], kernelConstraint: maxNorm(1) }),
      maxout({ units: 18, pieces: 3 }),
      dense({ units: 26, activation: 'relu', kernelRegularizer: l1l2({ l1: 1e-4, l2: 1e-3 }) }),
      dense({ units: OUTPUTS, kernelConstraint: unitNorm() }),
    ],
  });
  model.compile({ optimizer, loss: 'meanSquaredError' });
  return model;
}

const bitsOf = (model: Model): unknown => [
  new Uint32Array(model.predict(x).buffer),
  ...model.getWeights().map(({ data }) => new Uint32Array(data.buffer)),
];

const tileAfter = (name: TileName): TileName => TILE_NAMES[(TILE_NAMES.indexOf(name) + 1) % TILE_NAMES.length];
const change = (engine: Engine): boolean => changeTile(engine, tileAfter(engine.info.tile), 1.5);

describe('the same bits', () => {
  const optimizers: Record<string, Optimizer> = {
    'sgd with momentum and clipping': sgd({ learningRate: 0.1, momentum: 0.9, clipNorm: 0.3 }),
    'adam with amsgrad': adam({ learningRate: 0.01, amsgrad: true }),
    'rmsprop, centered, with averages': rmsprop({ centered: true, momentum: 0.5, ema: { momentum: 0.9 } }),
    'sums of three batches': adam({ learningRate: 0.01, accumulate: 3 }),
  };
  for (const [name, optimizer] of Object.entries(optimizers)) {
    test(`after changes between steps, with ${name}`, async () => {
      const [engine, other] = [await engineOf(), await engineOf()];
      const [model, expected] = [network(engine, optimizer), network(other, optimizer)];
      const tiles = new Set<string>();
      for (let step = 0; step < 24; step++) {
        expect(model.trainOnBatch(x, y)).toEqual(expected.trainOnBatch(x, y));
        change(engine);
        tiles.add(engine.info.tile);
      }
      expect(tiles.size).toBe(TILE_NAMES.length);
      expect(other.info.tile).toBe('3x12');
      expect(bitsOf(model)).toEqual(bitsOf(expected));
      expect(model.save()).toEqual(expected.save());
    });
  }

  test('in the middle of fits that use every feature', async () => {
    let changes = 0;
    let over = false;
    const changing = {
      ...library,
      async createEngine(options?: library.EngineOptions): Promise<Engine> {
        const engine = await createEngine(options);
        const again = (): void => {
          if (over || !engine.runtime.isLive) return;
          if (!change(engine)) changes += 1;
          setImmediate(again);
        };
        setImmediate(again);
        return engine;
      },
    };
    const { sha256 } = await trainEveryFeature(changing, undefined, {
      // `fit` yields by time alone; a callback that waits lets changes in after each epoch.
      callbacks: [{ onEpochEnd: () => new Promise<void>((resume) => setImmediate(resume)) }],
    }).finally(() => (over = true));
    expect(sha256).toBe(EVERY_FEATURE_SHA256);
    expect(changes).toBeGreaterThan(20);
  });

  test('of weights that models share, and that only symbolic tensors have', async () => {
    const make = async (changed: boolean): Promise<unknown> => {
      const engine = await engineOf();
      const a = input({ shape: [INPUTS] });
      const hidden = dense({ units: 29, activation: 'tanh' }).apply(a);
      const first = engine.model({ inputs: a, outputs: dense({ units: 14 }).apply(hidden), seed: 1 });
      const second = engine.model({ inputs: a, outputs: dense({ units: OUTPUTS }).apply(hidden), seed: 2 });
      second.getLayer(1).trainable = false;
      second.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
      second.trainOnBatch(x, y);
      if (changed) expect(changeTile(engine, '4x16', 1.5)).toBe(false);
      second.trainOnBatch(x, y);
      first.dispose();
      // A model that does not exist yet takes the weights from the tensors.
      const third = engine.model({ inputs: a, outputs: dense({ units: OUTPUTS }).apply(hidden), seed: 5 });
      return [bitsOf(second), bitsOf(third)];
    };
    expect(await make(true)).toEqual(await make(false));
  });

  test('of new weights, files and quantized models on a changed engine', async () => {
    const engine = await engineOf();
    const expected = network(await engineOf());
    const small = await library.quantize(network(engine), { skip: [] });
    const before = small.predict(x);
    changeTile(engine, '6x16', 1.5);
    expect(small.predict(x)).toEqual(before);
    expect(bitsOf(network(engine))).toEqual(bitsOf(expected));
    expect(bitsOf(engine.loadModel(expected.save()))).toEqual(bitsOf(expected));
  });
});

describe('the engine says so', () => {
  test('with the speed that was measured', async () => {
    const engine = await engineOf();
    network(engine);
    expect(changeTile(engine, '4x16', 1.5)).toBe(false);
    expect(engine.info.tile).toBe('4x16');
    expect(engine.info.reasons).toEqual([
      'tile: 4x16, which was noticed to be 1.50 times as fast here as 3x12, as with vectors of 256 bits.',
    ]);
    // Nothing to do the second time.
    expect(changeTile(engine, '4x16', 1.5)).toBe(false);
  });
});

describe('an engine is left as it is', () => {
  const unchanged = (engine: Engine, reason: RegExp): void => {
    expect(engine.info.tile).toBe('3x12');
    expect(engine.info.reasons.at(-1)).toMatch(reason);
  };

  test('if a model was shared', async () => {
    const engine = await engineOf();
    const model = network(engine);
    const handle = model.share();
    expect(changeTile(engine, '4x16', 1.5)).toBe(false);
    unchanged(engine, /^tile: 3x12, although 4x16 is 1\.50 times .*: models are shared/);
    expect(library.attachModel(handle).predict(x)).toEqual(model.predict(x));
  });

  test('if it has threads', async () => {
    const engine = await createEngine({ threads: 2 });
    engines.push(engine);
    if (engine.info.threads === 1) return;
    expect(changeTile(engine, '4x16', 1.5)).toBe(false);
    unchanged(engine, /models are shared/);
  });

  test('if an optimizer looks at all rows at once', async () => {
    const engine = await engineOf();
    const model = engine.sequential({ layers: [dense({ units: OUTPUTS, inputShape: [INPUTS] })] });
    model.compile({ optimizer: lbfgs(), loss: 'meanSquaredError' });
    expect(changeTile(engine, '4x16', 1.5)).toBe(false);
    unchanged(engine, /fit all rows at once/);
  });

  test('for now, with some of the batches of an update', async () => {
    const engine = await engineOf();
    const model = network(engine, sgd({ accumulate: 2 }));
    model.trainOnBatch(x, y);
    expect(changeTile(engine, '4x16', 1.5)).toBe(true);
    unchanged(engine, /a fit has to end first/);
    model.trainOnBatch(x, y);
    expect(changeTile(engine, '4x16', 1.5)).toBe(false);
    expect(engine.info.tile).toBe('4x16');
  });

  test('for now, while a worker trains', async () => {
    const [engine, other] = [await engineOf(), await engineOf()];
    const [model, expected] = [network(engine), network(other)];
    const fitted = model.fit(x, y, { epochs: 3, runIn: 'worker' });
    expect(changeTile(engine, '4x16', 1.5)).toBe(true);
    unchanged(engine, /a fit has to end first/);
    await fitted;
    expect(changeTile(engine, '4x16', 1.5)).toBe(false);
    await expected.fit(x, y, { epochs: 3 });
    // In a worker again, which gets the tile of the engine.
    await model.fit(x, y, { epochs: 2, runIn: 'worker' });
    await expected.fit(x, y, { epochs: 2 });
    expect(engine.info.tile).toBe('4x16');
    expect(bitsOf(model)).toEqual(bitsOf(expected));
  });
});

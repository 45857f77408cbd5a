/**
 * Models and engines that nothing refers to are freed without `dispose`, and whatever is in use is kept, even if the
 * program dropped its references. Collections are forced here, and the engine's memory is counted;
 * test/runtime/lifetimes-process.test.ts leaves collections to V8, and measures the whole process.
 */
import { existsSync, readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  attachModel,
  createEngine,
  dense,
  loadModel,
  mlpClassifier,
  mlpRegressor,
  type Batch,
  type Engine,
  type Model,
} from '../../src/index.js';
import { thrownBy } from '../support/reference/refusals.js';

const collect = (globalThis as { gc?: () => void }).gc!;

/** Collects garbage several times, with turns of the event loop in between, in which finalizers run. */
async function collected(): Promise<void> {
  for (let i = 0; i < 4; i++) {
    await new Promise((resume) => setTimeout(resume, 5));
    collect();
  }
  await new Promise((resume) => setTimeout(resume, 5));
}

const layers = (units = 300) => [
  dense({ units, activation: 'relu', inputShape: [20] }),
  dense({ units: 3, activation: 'softmax' }),
];
const x = Array.from({ length: 30 }, (_, row) => Array.from({ length: 20 }, (_, i) => ((row * 7 + i * 3) % 11) / 11));
const labels = x.map((_, row) => row % 3);
const COMPILED = { optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' } as const;

let engine: Engine;

beforeEach(async () => {
  engine = await createEngine();
});

afterEach(() => engine.dispose());

const train = async (model: Model, options = {}): Promise<void> => {
  model.compile(COMPILED);
  await model.fit(x, labels, { epochs: 2, ...options });
};

describe('dropped objects give their memory back to the engine', () => {
  const jobs: Record<string, () => unknown> = {
    'a model that was only made': () => void engine.sequential({ layers: layers() }),
    'a model that predicted one row, then many': () => {
      const model = engine.sequential({ layers: layers() });
      model.predict(x.slice(0, 1));
      model.predict(x);
    },
    'a model that was trained, evaluated, diagnosed and saved': async () => {
      const model = engine.sequential({ layers: layers() });
      await train(model, { validationSplit: 0.2 });
      model.trainOnBatch(x, labels);
      model.gradients(x, labels);
      model.evaluate(x, labels);
      model.diagnose(x, labels);
      model.save();
    },
    'a model that was compiled twice': () => {
      const model = engine.sequential({ layers: layers() });
      model.compile(COMPILED);
      model.trainOnBatch(x, labels);
      model.compile({ ...COMPILED, optimizer: 'sgd' });
    },
    'a model that was loaded from a file': async () => {
      const saved = engine.sequential({ layers: layers() });
      await train(saved);
      const bytes = saved.save();
      saved.dispose();
      engine.loadModel(bytes).predict(x);
      (await loadModel(bytes, { engine })).predict(x);
    },
    'a model that was trained in a worker': async () => {
      await train(engine.sequential({ layers: layers() }), { runIn: 'worker' });
    },
    'a model whose training was refused, and one whose callback threw': async () => {
      const model = engine.sequential({ layers: layers() });
      model.compile(COMPILED);
      await thrownBy(() => model.fit(x, labels.slice(1)));
      const other = engine.sequential({ layers: layers() });
      const callbacks = [
        {
          onEpochEnd: () => {
            throw new Error('mine');
          },
        },
      ];
      await thrownBy(() => train(other, { callbacks }));
    },
    'a model whose training waits for a batch that never comes, together with that source': async () => {
      const model = engine.sequential({ layers: layers() });
      model.compile(COMPILED);
      const batches = async function* (): AsyncGenerator<Batch> {
        yield [x, labels];
        await new Promise(() => undefined);
      };
      void model.fit(batches, { validationData: [x, labels] });
      await new Promise((resume) => setTimeout(resume, 20));
    },
    'a model that its own custom functions refer to': () => {
      const model: Model = engine.sequential({
        layers: [dense({ units: 300, inputShape: [20], activation: { name: 'mine', forward, derivative } })],
      });
      function forward(z: Float32Array): Float32Array {
        return model === undefined ? z : z.map((value) => value * 2);
      }
      function derivative(z: Float32Array): Float32Array {
        return z.map(() => 2);
      }
      model.predict(x);
    },
    'a classifier and a regressor that were fitted twice': async () => {
      const classifier = mlpClassifier({ engine, epochs: 1 });
      await classifier.fit(x, labels);
      await classifier.fit(x, labels);
      classifier.predict(x);
      const regressor = mlpRegressor({ engine, epochs: 1 });
      await regressor.fit(x, labels);
      regressor.predict(x);
    },
  };

  test.each(Object.keys(jobs))('%s', async (name) => {
    const before = engine.memory().used;
    await jobs[name]();
    // Memory is held until then, unless the collector was early.
    await collected();
    expect(engine.memory().used).toBe(before);
  });

  test('hundreds of models, whose memory is reused', async () => {
    const make = async (): Promise<void> => {
      for (let i = 0; i < 40; i++) engine.sequential({ layers: layers() }).predict(x);
      await collected();
    };
    await make();
    const { bytes } = engine.memory();
    for (let i = 0; i < 6; i++) await make();
    expect(engine.memory().bytes).toBe(bytes);
  });

  test('an attached model, whose memory the next attached model uses', async () => {
    const model = engine.sequential({ layers: layers() });
    const handle = model.share();
    const attach = async (): Promise<void> => {
      for (let i = 0; i < 5; i++) attachModel(handle).predict(x);
      await collected();
    };
    const sizes: number[] = [];
    for (let i = 0; i < 12; i++) {
      await attach();
      sizes.push(engine.memory().bytes);
    }
    // At first the freed memory is in separate pieces.
    expect(sizes[11]).toBe(sizes[4]);
  });

  test('an engine, whose threads end', async () => {
    const tasks = '/proc/self/task';
    const threads = (): number => (existsSync(tasks) ? readdirSync(tasks).length : 0);
    const before = threads();
    const drop = async (): Promise<WeakRef<Engine>> => {
      const dropped = await createEngine({ threads: 2 });
      dropped.sequential({ layers: layers() }).predict(x);
      return new WeakRef(dropped);
    };
    const dropped = [await drop(), await drop(), await drop()];
    await collected();
    expect(dropped.map((one) => one.deref())).toEqual([undefined, undefined, undefined]);
    for (let i = 0; i < 100 && threads() > before; i++) await new Promise((resume) => setTimeout(resume, 20));
    expect(threads()).toBeLessThanOrEqual(before);
  });
});

describe('objects in use are kept', () => {
  test('a model in training, even if only its training refers to it', async () => {
    const model = engine.sequential({ seed: 3, layers: layers() });
    await train(model, { epochs: 6 });
    let seen: unknown;
    const start = (): Promise<unknown> => {
      const other = engine.sequential({ seed: 3, layers: layers() });
      other.compile(COMPILED);
      const onEpochEnd = async (epoch: number, _: unknown, one: { getWeights(): unknown }): Promise<void> => {
        await collected();
        // Models created in the meantime would overwrite memory that was freed too early.
        engine.sequential({ seed: epoch, layers: layers() }).predict(x);
        seen = one.getWeights();
      };
      return other.fit(x, labels, { epochs: 6, callbacks: [{ onEpochEnd }] });
    };
    await start();
    expect(seen).toEqual(model.getWeights());
  });

  test('a model that is trained in a worker', async () => {
    const model = engine.sequential({ seed: 3, layers: layers() });
    await train(model, { epochs: 3 });
    let seen: unknown;
    const start = (): Promise<unknown> => {
      const other = engine.sequential({ seed: 3, layers: layers() });
      other.compile(COMPILED);
      const onEpochEnd = async (_: number, __: unknown, one: { getWeights(): unknown }): Promise<void> => {
        await collected();
        seen = one.getWeights();
      };
      return other.fit(x, labels, { epochs: 3, runIn: 'worker', callbacks: [{ onEpochEnd }] });
    };
    await start();
    expect(seen).toEqual(model.getWeights());
  });

  test('the previous network of a classifier that was fitted again, while a reference to it exists', async () => {
    const classifier = mlpClassifier({ engine, epochs: 1 });
    await classifier.fit(x, labels);
    const { model } = classifier;
    const y = model.predict(x);
    await collected();
    expect(model.predict(x)).toEqual(y);
  });

  test('a shared model, until its engine is disposed', async () => {
    const share = () => {
      const model = engine.sequential({ seed: 5, layers: layers() });
      return { handle: model.share(), y: model.predict(x) };
    };
    const { handle, y } = share();
    await collected();
    engine.sequential({ seed: 6, layers: layers() });
    expect(attachModel(handle).predict(x)).toEqual(y);
    engine.dispose();
    expect(() => attachModel(handle)).toThrow('a live model expected');
  });

  test('the memory of a shared model, after engine and model are dropped', async () => {
    const share = async () => {
      const own = await createEngine();
      const model = own.sequential({ seed: 5, layers: layers() });
      return { handle: model.share(), y: model.predict(x) };
    };
    const { handle, y } = await share();
    await collected();
    const engines = await Promise.all([createEngine(), createEngine()]);
    for (const one of engines) one.sequential({ seed: 6, layers: layers() });
    expect(attachModel(handle).predict(x)).toEqual(y);
    for (const one of engines) one.dispose();
  });

  test('an engine with threads, while one of its models exists', async () => {
    const make = async (): Promise<[Model, WeakRef<Engine>]> => {
      const own = await createEngine({ threads: 2 });
      return [own.sequential({ layers: layers() }), new WeakRef(own)];
    };
    const [model, own] = await make();
    await collected();
    expect(own.deref()?.info.threads).toBe(2);
    model.predict(x);
    own.deref()?.dispose();
  });

  test('the models of an engine that exist, and no others, are reached by warmUp and dispose', async () => {
    const kept = engine.sequential({ layers: layers() });
    engine.sequential({ layers: layers() });
    await collected();
    await engine.warmUp({ milliseconds: 1 });
    engine.dispose();
    expect(() => kept.predict(x)).toThrow('a live model expected');
  });
});

describe('memory that is used again', () => {
  const SEVEN = { initializer: 'constant', value: 7 } as const;

  /** Makes an engine with a model whose weights are all 7, and disposes it. */
  async function sevens(): Promise<void> {
    const one = await createEngine({ initialMemory: 1 << 21 });
    const model = one.sequential({ layers: layers(2000) });
    model.setWeights(model.getWeights().map(({ data, shape }) => ({ data: data.map(() => SEVEN.value), shape })));
    model.predict(x);
    one.dispose();
    await Promise.resolve();
  }

  test('holds no data of the previous engine', async () => {
    await sevens();
    const next = await createEngine({ initialMemory: 1 << 21 });
    const model = next.sequential({ layers: layers(2) });
    const values = new Float32Array(model.share().memory.buffer);
    expect(values.filter((value) => value === SEVEN.value)).toHaveLength(0);
    next.dispose();
  });

  test('begins as small as was asked for, and grows like new memory', async () => {
    const sizes = async (): Promise<unknown[]> => {
      const one = await createEngine({ initialMemory: 1 << 20 });
      const before = one.memory();
      const model = one.sequential({ seed: 1, layers: layers(1500) });
      await train(model);
      const result = [before, one.memory(), model.save()];
      one.dispose();
      await Promise.resolve();
      return result;
    };
    const first = await sizes();
    for (let i = 0; i < 2; i++) expect(await sizes()).toEqual(first);
  });

  test('is not memory that another thread may still use', async () => {
    const one = await createEngine({ initialMemory: 1 << 21 });
    const handle = one.sequential({ layers: layers(2) }).share();
    one.dispose();
    await Promise.resolve();
    const next = await createEngine({ initialMemory: 1 << 21 });
    expect(next.sequential({ layers: layers(2) }).share().memory).not.toBe(handle.memory);
    next.dispose();
  });
});

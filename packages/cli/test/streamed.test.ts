/** Tables that are streamed: the same model each time, nearly as good as in memory, whatever the order of the rows. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { TableReader } from '../src/reading/reader.js';
import { sourceOf } from '../src/reading/source.js';
import { weightsHash } from '../src/model-files/open.js';
import { DEFAULTS, type NetworkOptions } from '../src/training/estimate.js';
import { trainStreamed, type StreamedTraining } from '../src/training/streamed.js';
import { csvLine } from '../src/terminal/csv.js';
import { run, temporaryFolder } from './command.js';

const folder = temporaryFolder();
const TOWNS = ['Lyon', 'Oslo', 'Riga', 'Rome'];

interface Row {
  readonly a: number | null;
  readonly town: string;
  readonly day: string;
  readonly member: boolean;
  readonly id: string;
  readonly label: string | null;
  readonly amount: number;
  readonly hot: number;
  readonly busy: boolean;
}

/** Rows whose labels depend on all columns but the last ones; sorted by label, which is the worst order to learn in. */
const rows: Row[] = Array.from({ length: 3000 }, (_, i) => {
  const a = ((i * 7919) % 1000) / 1000;
  const town = TOWNS[(i * 31) % 4];
  const member = i % 3 === 0;
  const high = a + (town === 'Oslo' ? 0.5 : 0) + (member ? 0.3 : 0) > 0.75;
  return {
    ...{
      a: i % 11 === 5 ? null : a,
      town,
      day: new Date(864e5 * (i % 900)).toISOString().slice(0, 10),
      member,
      id: `id ${i}`,
    },
    ...{
      label: i % 97 === 0 ? null : high ? 'high' : 'low',
      amount: a + (member ? 1 : 0),
      hot: high ? 1 : 0,
      busy: member,
    },
  };
}).sort((x, y) => ((x.label ?? '') < (y.label ?? '') ? -1 : 1));

function fileOf(columns: readonly (keyof Row)[]): string {
  const file = join(folder, `${columns.join('-')}.csv`);
  writeFileSync(file, csvLine(columns) + rows.map((row) => csvLine(columns.map((name) => row[name]))).join(''));
  return file;
}

async function trained(
  file: string,
  targets: readonly string[],
  options: Partial<NetworkOptions> = {},
): Promise<StreamedTraining> {
  const reader = await TableReader.open(sourceOf(file, {}));
  try {
    return await trainStreamed(
      reader,
      { targets, columns: {} },
      { ...DEFAULTS, learningRate: 0.01, ...options },
      () => undefined,
    );
  } finally {
    reader.close();
  }
}

const INPUTS: (keyof Row)[] = ['a', 'town', 'day', 'member', 'id'];

describe('classes', () => {
  test('are learned although the rows are sorted by them, and the same each time', async () => {
    const file = fileOf([...INPUTS, 'label']);
    const [one, other] = [await trained(file, ['label']), await trained(file, ['label'])];
    expect(one.table).toMatchObject({ task: 'classification', rows: 2969, withoutTarget: 31, labels: ['high', 'low'] });
    const [[accuracy]] = one.crossValidation.folds;
    expect(accuracy.value).toBeGreaterThan(0.9);
    expect(weightsHash(other.model.model)).toBe(weightsHash(one.model.model));
    expect(one.model.schema.dropped).toEqual([{ name: 'id', reason: 'identifier' }]);
    const seeded = await trained(file, ['label'], { seed: 1 });
    expect(weightsHash(seeded.model.model)).not.toBe(weightsHash(one.model.model));
  });
});

test('quantities', async () => {
  const { table, crossValidation } = await trained(fileOf([...INPUTS, 'amount']), ['amount']);
  expect(table.task).toBe('regression');
  expect(crossValidation.folds[0][0]).toMatchObject({ name: 'R²' });
  expect(crossValidation.folds[0][0].value).toBeGreaterThan(0.9);
});

test('several labels, as 0 and 1 or true and false', async () => {
  const { table, crossValidation } = await trained(fileOf([...INPUTS, 'hot', 'busy']), ['hot', 'busy']);
  expect(table.task).toBe('multilabel');
  expect(crossValidation.folds[0][0].value).toBeGreaterThan(0.9);
});

test('the command says that it streams, and writes the same files', async () => {
  const file = fileOf([...INPUTS, 'label']);
  const { status, output, errors } = await run(['train', file, '-t', 'label', '--stream', '-o', 'm.safetensors'], {
    cwd: folder,
  });
  expect({ status, errors: status === 0 ? '' : errors }).toEqual({ status: 0, errors: '' });
  expect(errors).toMatch(
    /^Reading it again, into a temporary file …\nEpoch 1: loss .*, accuracy of rows held out 0\.\d{4}$/m,
  );
  expect(output).toMatch(/Of 296 rows that were held out\n {2}accuracy/);
  expect(output).toMatch(/Wrote m\.safetensors .* and report\.html/);
});

test('--epochs is obeyed, and --folds refused with the reason', async () => {
  const args = ['train', fileOf([...INPUTS, 'amount']), '-t', 'amount', '--stream', '--no-report', '--json', '-q'];
  const { output } = await run([...args, '--epochs', '1'], { cwd: folder });
  expect(JSON.parse(output)).toMatchObject({ epochs: 1, settings: { epochs: 1 } });
  const { status, errors } = await run([...args.slice(0, -2), '--folds', '3'], { cwd: folder });
  expect(status).toBe(2);
  expect(errors).toMatch(/^--folds is for tables in memory/);
});

test('a table that is too small says so', async () => {
  writeFileSync(join(folder, 'small.csv'), 'a,y\n1,p\n2,q\n');
  await expect(trained(join(folder, 'small.csv'), ['y'])).rejects.toThrow('Leave --stream out');
});

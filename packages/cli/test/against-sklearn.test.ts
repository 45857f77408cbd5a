/**
 * Six tables with missing values, categories, dates and rare classes, each from its file by the defaults of the command:
 * no worse than scikit-learn's pipeline on the same divisions, by more than one standard error of the paired
 * differences. golden/make_sklearn_scores.py made the scores and says what the pipeline is.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { takeRows } from 'wasm-mlp/tables';
import { TableReader } from '../src/reading/reader.js';
import { sourceOf } from '../src/reading/source.js';
import { readTrainingTable } from '../src/training/data.js';
import { DEFAULTS, predictRows, trainModel } from '../src/training/estimate.js';
import { scoresOf, spreadOf } from '../src/training/scores.js';

const GOLDEN = fileURLToPath(new URL('golden/', import.meta.url));
const VEGA = join(dirname(createRequire(import.meta.url).resolve('vega-datasets')), '../data');
const FOLDS = 5;

const sklearn = JSON.parse(readFileSync(join(GOLDEN, 'sklearn-scores.json'), 'utf8')) as Record<string, number[]>;

const TABLES = [
  { name: 'penguins', file: join(VEGA, 'penguins.json'), target: 'Species' },
  { name: 'weather', file: join(VEGA, 'seattle-weather.csv'), target: 'weather' },
  { name: 'cars', file: join(VEGA, 'cars.json'), target: 'Miles_per_Gallon' },
  { name: 'breast_cancer', file: join(GOLDEN, 'breast-cancer.csv'), target: 'diagnosis' },
  { name: 'diabetes', file: join(GOLDEN, 'diabetes.csv'), target: 'progression' },
  { name: 'friedman1', file: join(GOLDEN, 'friedman1.csv'), target: 'y' },
];

test.each(TABLES)('$name', async ({ name, file, target }) => {
  const reader = await TableReader.open(sourceOf(file, {}));
  const table = await readTrainingTable(reader, { targets: [target], columns: {} });
  reader.close();
  const all = Array.from({ length: table.rows }, (_, row) => row);
  const scores: number[] = [];
  for (let fold = 0; fold < FOLDS; fold++) {
    const [train, tested] = [all.filter((row) => row % FOLDS !== fold), all.filter((row) => row % FOLDS === fold)];
    const { model } = await trainModel({ ...table, columns: takeRows(table.columns, train) }, DEFAULTS);
    const rows = takeRows(table.columns, tested);
    scores.push(scoresOf(table.task, [rows[target]], predictRows(model, rows))[0].value);
    model.dispose();
  }
  const differences = spreadOf(scores.map((score, fold) => score - sklearn[name][fold]));
  // A row more or less is a whole standard error where folds are small: equality counts, in spite of rounding.
  expect(differences.mean + differences.spread / Math.sqrt(FOLDS)).toBeGreaterThan(-1e-12);
});

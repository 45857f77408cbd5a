/**
 * Files of table models whose fields were mutated: each is refused by a FormatError, or is a model that predicts, by the
 * whole library and by wasm-mlp/tables/predict alike. `TABLES_MUTATIONS` is the number of files, `TABLES_SEED` the first
 * seed.
 */
import { test } from 'vitest';
import { loadTable, tableClassifier, tableRegressor } from '../../src/tables.js';
import { loadTable as loadPredictor } from '../../src/tables-predict.js';
import { mutatedJson } from '../support/files/mutate-json.js';
import { expectSafe } from '../support/files/safe.js';
import { headerOf, withHeader } from '../support/reference/safetensors.js';

const count = Number(process.env.TABLES_MUTATIONS ?? 3000);
const firstSeed = Number(process.env.TABLES_SEED ?? 1);

const rows = Array.from({ length: 60 }, (_, i) => ({
  number: i % 7 === 0 ? null : i,
  flag: i % 2 === 0,
  day: new Date(1e12 + 1e9 * i),
  few: `few ${i % 3}`,
  many: `many ${i % 24}`,
  constant: 1,
  id: `id ${i}`,
  other: i % 3 === 0,
}));
const options = { hiddenLayers: [3], epochs: 1 };
const single = tableClassifier({ ...options, columns: { number: 'category' } });
await single.fit(rows, 'few');
const several = tableClassifier({ ...options, columns: { many: 'drop' } });
await several.fit(rows, ['flag', 'other']);
const regressor = tableRegressor(options);
await regressor.fit(
  rows.filter(({ number }) => number !== null),
  'number',
);
const files = [single, several, regressor].map((model) => model.save());

const WORDS = [
  ...['formatVersion', 'targets', 'choices', 'preprocessing', 'rows', 'columns', 'dropped', 'name', 'kind', 'missing'],
  ...['learned', 'mean', 'deviation', 'median', 'share', 'circles', 'values', 'embedded', 'chosen', 'reason', 'year'],
  ...['number', 'boolean', 'date', 'category', 'drop', 'constant', 'few', 'many', 'labels', 'multilabel', 'shift'],
  ...['mlpClassifier', 'mlpRegressor', '__proto__', 'constructor'],
];
const FIELDS = ['wasm-mlp.columns', 'wasm-mlp.columns', 'wasm-mlp.table'];

test(
  `${count} mutated table models are refused or predict`,
  () =>
    expectSafe(count, firstSeed, (random) => {
      const file = files[random.below(files.length)];
      const header = headerOf(file);
      const field = FIELDS[random.below(FIELDS.length)];
      header.__metadata__[field] = mutatedJson(JSON.parse(header.__metadata__[field]) as object, WORDS, random);
      const changed = withHeader(file, header);
      const read = async (): Promise<void> => {
        const model = await (random.below(2) === 0 ? loadTable(changed) : loadPredictor(changed));
        try {
          // A row without values, of the columns that the file names.
          model.predict(Object.fromEntries(model.schema.columns.map(({ name }) => [name, [null]])));
        } finally {
          model.dispose();
        }
      };
      return { bytes: changed.length, read };
    }),
  60_000 + 20 * count,
);

/**
 * Trains models of a table of mixed columns on the built package, in any engine that runs this file, and predicts with
 * their files alone. Prints, as a line of JSON, the hash of the files, the labels, the probabilities and the numbers.
 */
import { createHash } from 'node:crypto';
import process from 'node:process';

const { tableClassifier, tableRegressor } = await import(new URL('../../dist/tables.js', import.meta.url).href);
const { loadTable } = await import(new URL('../../dist/tables-predict.js', import.meta.url).href);

const TOWNS = ['Lyon', 'Ålesund', 'Zürich', 'Łódź'];
const rows = Array.from({ length: 400 }, (_, i) => ({
  day: i % 9 === 0 ? null : new Date(1.6e12 + 1e8 * ((i * 7919) % 9000)).toISOString(),
  town: TOWNS[(i * 31) % 4],
  shop: `shop ${(i * i) % 37}`,
  amount: i % 5 === 0 ? null : ((i * 48271) % 1013) / 7,
  member: i % 3 === 0,
  kind: ['ä', 'b', 'Z'][(i * i) % 3],
  total: 100 + ((i * 7919) % 251) / 1000,
}));
const options = { hiddenLayers: [8], epochs: 6 };
const classifier = tableClassifier({ ...options, columns: { total: 'drop' } });
await classifier.fit(rows, 'kind', { validation: 0.2 });
const regressor = tableRegressor({ ...options, columns: { kind: 'drop' } });
await regressor.fit(rows, 'total');

const hash = createHash('sha256');
for (const model of [classifier, regressor]) {
  const file = model.save();
  hash.update(file);
  const loaded = await loadTable(file);
  if (loaded.classes.length === 0) hash.update(new Uint8Array(loaded.predict(rows).buffer));
  else {
    hash.update(loaded.predict(rows).join());
    for (const row of loaded.predictProbabilities(rows)) hash.update(new Uint8Array(row.buffer.slice(0)));
  }
}
console.log(JSON.stringify({ tables: hash.digest('hex') }));
process.exitCode = 0;

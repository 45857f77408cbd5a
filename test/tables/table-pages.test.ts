/** Table models in pages of Chromium and Firefox: the bits of Node, in training and with wasm-mlp/tables/predict alone. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadTable, tableClassifier, tableRegressor } from '../../src/tables.js';
import {
  browserNames,
  reasonToSkip,
  serveRepository,
  withBrowserPage,
  type StaticServer,
} from '../support/browsers.js';
import { source } from '../support/reference/random.js';

let server: StaticServer;
beforeAll(async () => {
  server = await serveRepository();
});
afterAll(() => server.close());

const from = source(21);
const rows = Array.from({ length: 150 }, (_, i) => ({
  day: i % 9 === 0 ? null : new Date(1.6e12 + 1e8 * from.below(9000)).toISOString(),
  town: ['Lyon', 'Ålesund', 'Zürich'][from.below(3)],
  shop: `shop ${from.below(30)}`,
  amount: i % 5 === 0 ? null : 1e6 * from.symmetric(),
  kind: ['ä', 'b', 'Z'][from.below(3)],
  total: 100 + from.symmetric(),
}));
const options = { hiddenLayers: [8], epochs: 4 };

test.for(browserNames)('%s trains and predicts the bits of Node', async (name, { skip }) => {
  const reason = reasonToSkip(name);
  if (reason !== undefined) skip(reason);
  const classifier = tableClassifier({ ...options, columns: { total: 'drop' } });
  await classifier.fit(rows, 'kind');
  const regressor = tableRegressor({ ...options, columns: { kind: 'drop' } });
  await regressor.fit(rows, 'total');
  const files = [classifier.save(), regressor.save()].map((file) => Buffer.from(file).toString('base64'));
  const script = `(async () => {
    const [{ tableClassifier }, { loadTable }] = await Promise.all([import('/dist/tables.js'), import('/dist/tables-predict.js')]);
    const rows = ${JSON.stringify(rows)};
    const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const [classifier, regressor] = await Promise.all(${JSON.stringify(files)}.map((file) => loadTable(bytes(file))));
    const trained = tableClassifier(${JSON.stringify({ ...options, columns: { total: 'drop' } })});
    await trained.fit(rows, 'kind');
    return {
      labels: classifier.predict(rows),
      probabilities: classifier.predictProbabilities(rows).map((row) => [...row]),
      numbers: [...regressor.predict(rows)],
      file: btoa(String.fromCharCode(...trained.save())),
    };
  })()`;
  const page = `${server.origin}/examples/page/index.html`;
  const result = await withBrowserPage(name, page, (tab) => tab.evaluate(script));
  const loaded = await loadTable(classifier.save());
  expect(loaded.predict(rows)).toEqual(classifier.predict(rows));
  expect(result).toEqual({
    labels: classifier.predict(rows),
    probabilities: classifier.predictProbabilities(rows).map((row) => [...row]),
    numbers: [...regressor.predict(rows)],
    file: files[0],
  });
});

/** docs/serving.md: each request gets the reply that stands below it. With UPDATE_DOCS=1 the replies are written. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { run, temporaryFolder } from '../command.js';
import { serve } from './service.js';

const PAGE = fileURLToPath(new URL('../../../../docs/serving.md', import.meta.url));
const PENGUINS = join(dirname(createRequire(import.meta.url).resolve('vega-datasets')), '../data/penguins.json');

const page = readFileSync(PAGE, 'utf8');
const blocks = [
  ...page.matchAll(/```sh\ncurl -s localhost:8080(\S+)(?: -d '([^']*)')?\n```\n\n```json\n([\s\S]*?)\n```/g),
].map(([, path, body, reply]) => ({ path, body, reply }));

const folder = temporaryFolder();
let address: string;

/** JSON with an object of a list on each line. */
function laidOut(value: object): string {
  const onOneLine = (item: unknown): string =>
    JSON.stringify(item, null, 1)
      .replace(/\s*\n\s*/g, ' ')
      .replace(/\[ | \]/g, (edge) => edge.trim());
  const fields = Object.entries(value).map(([name, field]) => {
    const isList = Array.isArray(field) && typeof field[0] === 'object';
    const text = isList ? `[\n${field.map((item) => `    ${onOneLine(item)}`).join(',\n')}\n  ]` : onOneLine(field);
    return `  ${JSON.stringify(name)}: ${text}`;
  });
  return `{\n${fields.join(',\n')}\n}`;
}

beforeAll(async () => {
  const rows = JSON.parse(readFileSync(PENGUINS, 'utf8')) as Record<string, string | number | null>[];
  const names = Object.keys(rows[0]);
  const lines = [names, ...rows.map((row) => names.map((name) => row[name] ?? ''))].map((cells) => cells.join(','));
  writeFileSync(join(folder, 'penguins.csv'), `${lines.join('\n')}\n`);
  // As the page says, without what is not served.
  const train = ['train', 'penguins.csv', '--target', 'Species', '--folds', '0', '--no-report', '--quiet'];
  expect(await run(train, { cwd: folder })).toMatchObject({ status: 0 });
  ({ address } = await serve(folder, { penguins: 'model.safetensors' }));
});

describe('docs/serving.md', () => {
  test('has requests', () => {
    expect(blocks).toHaveLength(3);
  });

  test.each(blocks)('$path', async ({ path, body, reply }) => {
    const response = await fetch(address + path, body === undefined ? {} : { method: 'POST', body });
    const text = await response.text();
    if (process.env.UPDATE_DOCS === '1') {
      writeFileSync(
        PAGE,
        readFileSync(PAGE, 'utf8').replace(`\n${reply}\n`, () => `\n${laidOut(JSON.parse(text))}\n`),
      );
      return;
    }
    expect(JSON.parse(text)).toEqual(JSON.parse(reply));
  });
});

/**
 * Checks the API reference that TypeDoc has just written: that its search finds names which are strings and keys of
 * logs, and that each declaration has one of the categories of typedoc.json. `npm run docs` runs it.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { inflateSync } from 'node:zlib';

/** Words to search for, each with a result that the search box, which shows ten, must list. */
const SEARCHES = {
  relu: 'ActivationName',
  silu: 'ActivationLike',
  mse: 'MetricLike',
  valLoss: 'History',
  heNormal: 'heNormal',
};
const SHOWN = 10;

const root = new URL('../../', import.meta.url);
const lunr = createRequire(createRequire(import.meta.url).resolve('typedoc'))('lunr');

/**
 * Content of a script of the reference: JSON, deflated, in base64.
 *
 * @param {string} name
 */
function unpacked(name) {
  const [, data] = readFileSync(new URL(`docs/api/assets/${name}`, root), 'utf8').split('"');
  return JSON.parse(inflateSync(Buffer.from(data, 'base64')).toString());
}

const { rows, index } = unpacked('search.js');
const search = lunr.Index.load(index);

/**
 * Names that the search box of the reference shows for a word, in its order: see `assets/main.js`.
 *
 * @param {string} word
 */
function shownFor(word) {
  const results = search.search(`*${word}*`).map(({ ref, score }) => {
    const { name } = rows[Number(ref)];
    const starts = name.toLowerCase().startsWith(word.toLowerCase());
    return { name, score: starts ? (score * 10) / (1 + Math.abs(name.length - word.length)) : score };
  });
  results.sort((a, b) => b.score - a.score);
  return results.slice(0, SHOWN).map(({ name }) => name);
}

const faults = Object.entries(SEARCHES).flatMap(([word, wanted]) => {
  const shown = shownFor(word);
  return shown.includes(wanted)
    ? []
    : [`a search for ${word} expected ${wanted}, got ${shown.join(', ') || 'nothing'}`];
});
const { categoryOrder } = JSON.parse(readFileSync(new URL('typedoc.json', root), 'utf8'));
const categories = unpacked('navigation.js').map(({ text }) => text);
if (categories.join() !== categoryOrder.join()) {
  faults.push(`categories expected ${categoryOrder.join(', ')}, got ${categories.join(', ')}`);
}
for (const fault of faults) console.error(`check-reference: ${fault}.`);
process.exitCode = faults.length > 0 ? 1 : 0;

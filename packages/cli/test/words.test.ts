/** Errors of the library, as the library throws them, in the words of the command. */
import { loadTable, tableClassifier, tableRegressor } from 'wasm-mlp/tables';
import { expect, test } from 'vitest';
import { inWordsOfCommand } from '../src/words.js';

/** The message of what a call throws. */
async function thrown(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    return inWordsOfCommand((error as Error).message);
  }
  throw new Error('nothing was thrown');
}

const y = Array.from({ length: 40 }, (_, i) => i % 2);
const of = (value: (i: number) => number | string): (number | string)[] => y.map((_, i) => value(i));
const classes = (columns: object): Promise<unknown> =>
  tableClassifier({ epochs: 2 }).fit({ ...columns, y: y.map(String) }, 'y');

test.each<[string, () => unknown, RegExp]>([
  [
    'columns that are left out',
    () => classes({ 'a "b"': of((i) => `id${i}`), c: of(() => 5) }),
    /^No column is left to learn from: a "b" \(its texts are nearly all different\), c \(all its values are the same\)\. To use it nevertheless: --columns '"a ""b"""=category'$/,
  ],
  ['no column', () => classes({}), /^The table has no column besides the target: there is nothing to learn from\.$/],
  ['large numbers', () => classes({ x: of((i) => (-1) ** i * 1e200) }), /^Column x: its numbers are too large to be/],
  [
    'large targets',
    () => tableRegressor({ epochs: 2 }).fit({ x: of((i) => i), y: of((i) => (-1) ** i * 1e300) }, 'y'),
    /^The numbers of the target are too large to be learned\./,
  ],
  [
    'a loss that diverges',
    () => tableRegressor({ epochs: 5, learningRate: 1e30 }).fit({ x: of((i) => i), y }, 'y'),
    /^The training diverged: its loss became (NaN|Infinity)\. Lower --learning-rate/,
  ],
  ['a row', () => classes({ x: of((i) => (i === 3 ? 'a' : i)) }), /^Column x expected .* in row 4\./],
  ['a file', () => loadTable(new Uint8Array(5)), /^[A-Z]/],
])('%s', async (_, run, message) => {
  const words = await thrown(run);
  expect(words).toMatch(message);
  expect(words).not.toMatch(/\b(fit|tableClassifier|tableRegressor|mlpRegressor|loadTable)\b/);
});

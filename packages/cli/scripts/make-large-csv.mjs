/**
 * Writes a CSV of any size, to see how the command behaves on tables that do not fit into memory.
 *
 *     node packages/cli/scripts/make-large-csv.mjs large.csv 2000   (megabytes, default 2000)
 *
 * Columns: six numbers, one of them with missing values, a town of twelve, a date, and a target that depends on some of
 * them: `y`, a quantity. Sorted by the date, as logs are. The same size gives the same bytes.
 */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';

const [path = 'large.csv', megabytes = '2000'] = process.argv.slice(2);
const size = Number(megabytes) * 1e6;
const TOWNS = ['Lyon', 'Oslo', 'Riga', 'Rome', 'Bern', 'Porto', 'Ghent', 'Turku', 'Graz', 'Split', 'Cork', 'Brno'];
const HOUR = 3.6e6;
/** A row is an hour; after 46 years they begin again. */
const HOURS = 400_000;

// The generator of Park and Miller: enough for data, and the same everywhere.
let state = 1;
const uniform = () => (state = (state * 48271) % 2147483647) / 2147483647;

const file = createWriteStream(path, { highWaterMark: 2 ** 22 });
let written = 0;
let text = 'a,b,c,d,e,f,town,day,y\n';
for (let row = 0; written < size; row++) {
  const [a, b, c, d, e, f] = [uniform(), uniform(), uniform(), uniform(), uniform(), uniform()];
  const town = Math.floor(uniform() * TOWNS.length);
  const hour = row % HOURS;
  const season = Math.cos((hour / (365.25 * 24)) * 2 * Math.PI);
  const y = Math.sin(3 * a) + b * c + (town % 3) / 3 + season / 4 + (uniform() - 0.5) / 5;
  const day = new Date(Date.UTC(1970, 0, 1) + hour * HOUR).toISOString().slice(0, 10);
  const cells = [a, b, c, d, e].map((value) => value.toFixed(6));
  text += `${cells.join(',')},${row % 10 === 3 ? '' : f.toFixed(6)},${TOWNS[town]},${day},${y.toFixed(6)}\n`;
  if (text.length < 2 ** 20) continue;
  written += text.length;
  if (!file.write(text)) await once(file, 'drain');
  text = '';
}
file.end(text);
await finished(file);

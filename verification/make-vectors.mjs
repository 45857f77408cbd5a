/**
 * Writes what the vectors expect, computed by the C program: for a new description in `vectors/`, or for all after a
 * change of the numerics. A new file needs `about` and `description` only.
 *
 * Usage: node verification/make-vectors.mjs
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import prettier from 'prettier';
import { Program } from './program.mjs';
import { FOLDER, readVectors, summary } from './vectors.mjs';

const { version } = /** @type {{ version: string }} */ (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
);
const options = await prettier.resolveConfig(join(FOLDER, 'any.json'));
const program = new Program();
try {
  for (const { name, about, numerics, description, expected: before } of readVectors()) {
    const expected = summary(description, program.run(description));
    const same = JSON.stringify(expected) === JSON.stringify(before);
    const text = JSON.stringify({ about, numerics: same ? numerics : version, description, expected });
    writeFileSync(join(FOLDER, `${name}.json`), await prettier.format(text, { ...options, parser: 'json' }));
  }
} finally {
  program.dispose();
}

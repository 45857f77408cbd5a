/**
 * Compares the library with the C program on random networks, weights, logs and predictions bit for bit. Exit status 1
 * if any differ.
 *
 * Usage: node verification/compare.mjs [count, default 300] [first seed, default 0]
 */
import { randomDescription } from './descriptions.mjs';
import { differenceOf, runLibrary } from './library.mjs';
import { missingCompiler, Program } from './program.mjs';

const [count = 300, first = 0] = process.argv.slice(2).map(Number);
const missing = missingCompiler();
if (missing !== undefined) {
  console.error(`compare: ${missing}`);
  process.exit(1);
}
const library = /** @type {import('./library.mjs').Library} */ (
  await import(new URL('../dist/index.js', import.meta.url).href)
);
const program = new Program();
let different = 0;
for (let seed = first; seed < first + count; seed++) {
  const description = randomDescription(seed);
  const difference = differenceOf(await runLibrary(library, description), program.run(description));
  if (difference === undefined) continue;
  different += 1;
  console.log(`network ${seed}: ${difference}\n${JSON.stringify(description)}`);
}
program.dispose();
console.log(`${count - different} of ${count} networks have the same bits in the library and in the C program`);
if (different > 0) process.exitCode = 1;

/**
 * Computes the vectors with the built library on this machine, and says whether it has their bits. Exit status 1 and the
 * names of the vectors if not.
 *
 * Usage: node verification/verify.mjs [--vectors folder]
 *        node verification/verify.mjs --random 300   a hash per random network, to compare with those of another machine
 */
import { arch, cpus, platform } from 'node:os';
import { parseArgs } from 'node:util';
import { randomDescription } from './descriptions.mjs';
import { runLibrary } from './library.mjs';
import { differenceFrom, hashOf, readVectors } from './vectors.mjs';

/** The built library, as users have it. */
const library = /** @type {import('./library.mjs').Library} */ (
  await import(new URL('../dist/index.js', import.meta.url).href)
);
const { values } = parseArgs({ options: { random: { type: 'string' }, vectors: { type: 'string' } } });

/** Hashes go to the standard output, words about the machine to the standard error: two files of hashes compare. */
async function hashRandomNetworks(/** @type {number} */ count) {
  for (let seed = 0; seed < count; seed++) {
    const { weights, epochs, final, predictions } = await runLibrary(library, randomDescription(seed));
    const logs = epochs.flatMap(({ logs }) => Object.values(logs));
    const all = [weights, ...epochs.map(({ weights }) => weights), logs, final, predictions].flat();
    console.log(`${seed} ${hashOf(all)}`);
  }
}

async function verifyVectors() {
  const vectors = readVectors(values.vectors);
  let failed = 0;
  for (const vector of vectors) {
    const difference = differenceFrom(vector, await runLibrary(library, vector.description));
    if (difference !== undefined) failed += 1;
    console.log(`${difference === undefined ? 'same' : 'DIFFERENT'}  ${vector.name}: ${difference ?? vector.about}`);
  }
  console.log(
    failed === 0
      ? `\nall ${vectors.length} vectors have the same bits`
      : `\n${failed} of ${vectors.length} vectors differ`,
  );
  if (failed > 0) process.exitCode = 1;
}

const { versions } = process;
const program = versions.bun ? `Bun ${versions.bun}` : `Node ${versions.node}, V8 ${versions.v8}`;
const engine = await library.createEngine();
const { sameBits, reasons, ...info } = engine.info;
engine.dispose();
console.error(`engine     ${program}`);
console.error(`processor  ${cpus()[0]?.model ?? 'unknown'}, ${platform()} ${arch()}`);
console.error(`kernels    ${JSON.stringify(info)}`);
if (!sameBits) console.error(`This machine cannot have the same bits: ${reasons.join(' ')}`);
await (values.random === undefined ? verifyVectors() : hashRandomNetworks(Number(values.random)));

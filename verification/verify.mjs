/**
 * Computes the vectors with the built library on this machine, and says whether it has their bits. With `--random` it
 * trains random networks and writes hashes of all that comes of them, and with `--compare` it says which networks of
 * such a file, from another machine, differ here, and in what. Exit status 1 if anything differs, 2 for a wrong call.
 *
 * Usage: node verification/verify.mjs [--vectors folder]
 *        node verification/verify.mjs --random 300 [--out file]
 *        node verification/verify.mjs --compare file
 */
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import {
  compareNetworks,
  formatHashes,
  hashNetworks,
  machineHere,
  parseHashes,
  verifyVectors,
} from './verification.mjs';

const OPTIONS = /** @type {const} */ ({
  vectors: { type: 'string' },
  random: { type: 'string' },
  out: { type: 'string' },
  compare: { type: 'string' },
});

/** @param {string} message @returns {never} */
function refuse(message) {
  console.error(`verify: ${message}`);
  process.exit(2);
}

function readOptions() {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    return refuse(/** @type {Error} */ (error).message);
  }
}

const { vectors, random, out, compare } = readOptions();
const count = Number(random);
if (random !== undefined && !(Number.isSafeInteger(count) && count > 0))
  refuse(`--random expected a number of networks from 1 on, got ${random}`);
if (out !== undefined && random === undefined) refuse('--out expected --random and a number of networks beside it');
if (random !== undefined && compare !== undefined) refuse('--compare has the networks of its file: leave out --random');

function readHashes(/** @type {string} */ path) {
  try {
    return parseHashes(readFileSync(path, 'utf8'));
  } catch (error) {
    return refuse(`--compare ${path}: ${/** @type {Error} */ (error).message}`);
  }
}
const given = compare === undefined ? undefined : readHashes(compare);

/** The built library, as users have it. */
const load = (/** @type {string} */ name) => import(new URL(`../dist/${name}.js`, import.meta.url).href);
const library = /** @type {import('./library.mjs').Library} */ (await load('index'));

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const { engine, processor, kernels, sameBits, reasons } = await machineHere(library);
console.error(`engine     ${engine}`);
console.error(`processor  ${processor}`);
console.error(`kernels    ${kernels}`);
if (!sameBits) console.error(`This machine cannot have the same bits: ${reasons.join(' ')}`);

if (given !== undefined) {
  const built = { library, exportOnnx: (await load('onnx')).exportOnnx };
  const differences = await compareNetworks(built, given);
  for (const { seed, subjects } of differences) console.log(`network ${seed} differs in ${subjects.join(', ')}`);
  const same = given.networks.size - differences.length;
  console.log(`${same} of ${given.networks.size} networks have the bits of ${given.comments[0] ?? compare}`);
  if (differences.length > 0) process.exitCode = 1;
} else if (random !== undefined) {
  const built = { library, exportOnnx: (await load('onnx')).exportOnnx };
  const comments = [`wasm-mlp ${version}, ${engine}, ${processor}, ${kernels}`];
  const text = formatHashes({ comments, networks: await hashNetworks(built, count) });
  // Standard output has the hashes alone, standard error words about the machine.
  if (out === undefined) process.stdout.write(text);
  else writeFileSync(out, text);
} else {
  const results = await verifyVectors(library, vectors);
  for (const { name, about, difference } of results)
    console.log(`${difference === undefined ? 'same' : 'DIFFERENT'}  ${name}: ${difference ?? about}`);
  const failed = results.filter(({ difference }) => difference !== undefined).length;
  console.log(
    failed === 0
      ? `\nall ${results.length} vectors have the same bits`
      : `\n${failed} of ${results.length} vectors differ`,
  );
  if (failed > 0) process.exitCode = 1;
}

/** `wasm-mlp verify`: whether this machine computes the bits that others do. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type * as Command from '../../../../verification/command.mjs';
import type { Built, HashFile, Machine } from '../../../../verification/command.mjs';
import { Failure, usageFailure } from '../failure.js';
import { missingFile } from '../files/missing-file.js';
import { expectOutput, writeOutput } from '../files/outputs.js';
import { columns } from '../terminal/layout.js';
import type { Printer } from '../terminal/printer.js';
import { progressBar } from '../terminal/progress.js';
import { VERSION } from '../version.js';
import type { CommandSpec } from './command.js';
import { integerOption } from './options.js';

/** Vectors are copied beside the built command. */
const VECTORS = fileURLToPath(new URL('vectors', import.meta.url));

/** Networks that are named where many differ. */
const SHOWN = 10;

interface VerifyOptions {
  readonly vectors?: string | undefined;
  readonly random?: number | undefined;
  readonly output?: string | undefined;
  readonly compare?: string | undefined;
}

export const verify: CommandSpec = {
  name: 'verify',
  summary: 'say whether this machine computes the bits that others do',
  arguments: [],
  options: [
    ['--vectors <folder>', 'compute the vectors of a folder, such as those of another version'],
    ['--random <count>', 'train random networks, and print hashes of what comes of them', integerOption('--random', 1)],
    ['-o, --output <file>', 'write the hashes to a file'],
    ['--compare <file>', 'train the networks of such a file, and say which differ here'],
    ['--json', 'print it as JSON'],
  ],
  examples: [
    ['wasm-mlp verify --random 300 -o hashes.txt', 'on one machine'],
    ['wasm-mlp verify --compare hashes.txt', 'on another one, with the same version'],
    ['wasm-mlp verify', 'small trainings, whose bits a second implementation has'],
  ],
  async run(_, options, print) {
    const { vectors, random, output, compare } = options as VerifyOptions;
    if (vectors !== undefined && (random ?? compare) !== undefined)
      throw usageFailure('--vectors computes the vectors of a folder: leave out --random and --compare.');
    if (output !== undefined && random === undefined)
      throw usageFailure('--output is the file of hashes: say of how many networks, such as --random 300.');
    if (random !== undefined && compare !== undefined)
      throw usageFailure('--compare trains the networks of its file: leave out --random.');
    const verification = await import('../../../../verification/command.mjs');
    const file = compare === undefined ? undefined : readHashes(compare, verification.parseHashes);
    if (output !== undefined) expectOutput(output);
    if (vectors !== undefined) requireVectors(vectors);
    const library = await import('wasm-mlp');
    const built: Built = { library, exportOnnx: (await import('wasm-mlp/onnx')).exportOnnx };
    const machine = await verification.machineHere(built.library);
    if (!machine.sameBits) print.warn(`this machine cannot have the same bits. ${machine.reasons.join(' ')}`);
    if (file !== undefined) await compareHashes(verification, built, { file, machine, print });
    else if (random !== undefined) await writeHashes(verification, built, { count: random, output, machine, print });
    else await verifyVectors(verification, built, { folder: vectors ?? VECTORS, machine, print });
  },
};

type Verification = typeof Command;

interface Context {
  readonly machine: Machine;
  readonly print: Printer;
}

function readHashes(path: string, parse: Verification['parseHashes']): HashFile {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw missingFile(path);
  if (found.isDirectory()) throw new Failure(`${path} is a folder. Give a file of hashes.`);
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Failure(`${path} is no file of hashes, which --random and --output write: ${reason}.`);
  }
}

function requireVectors(folder: string): void {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found === undefined) throw missingFile(folder);
  if (!found.isDirectory()) throw new Failure(`${folder} is a file. Give a folder of vectors.`);
  if (!readdirSync(folder).some((name) => name.endsWith('.json')))
    throw new Failure(`${folder} has no vectors: files of JSON expected.`);
}

/** Runs work of many parts with a bar. */
async function withBar<T>(print: Printer, work: (progress: (done: number, count: number) => void) => Promise<T>) {
  let bar: ReturnType<typeof progressBar> | undefined;
  try {
    return await work((done, count) => {
      bar ??= progressBar(print, 'Verifying', count);
      bar.update(done, {});
    });
  } finally {
    bar?.stop();
  }
}

function printMachine({ engine, processor, kernels }: Machine, print: Printer): void {
  const rows = Object.entries({ engine, processor, kernels });
  print.line(`${columns(rows, print.width)}\n`);
}

interface VectorContext extends Context {
  readonly folder: string;
}

async function verifyVectors({ verifyVectors }: Verification, built: Built, { folder, machine, print }: VectorContext) {
  const vectors = await withBar(print, (progress) => verifyVectors(built.library, folder, progress));
  const different = vectors.filter(({ difference }) => difference !== undefined);
  if (print.isJson) {
    const list = vectors.map(({ difference, ...vector }) => ({
      ...vector,
      same: difference === undefined,
      difference,
    }));
    print.result({ version: VERSION, ...machine, same: different.length === 0, vectors: list });
  } else {
    printMachine(machine, print);
    const rows = vectors.map(({ name, about, difference }) => [
      difference === undefined ? 'same' : 'DIFFERENT',
      name,
      difference === undefined ? about : (/^.*?(?= expected )/.exec(difference)?.[0] ?? difference),
    ]);
    print.line(`${columns(rows, print.width)}\n`);
    if (different.length === 0) print.line(`All ${vectors.length} vectors have the same bits.`);
  }
  if (different.length > 0)
    throw new Failure(
      `${different.length} of ${vectors.length} vectors differ: this machine does not compute the bits of version ${VERSION}. --json prints what came instead.`,
    );
}

interface WriteContext extends Context {
  readonly count: number;
  readonly output: string | undefined;
}

async function writeHashes(verification: Verification, built: Built, { count, output, machine, print }: WriteContext) {
  const networks = await withBar(print, (progress) => verification.hashNetworks(built, count, progress));
  const { engine, processor, kernels } = machine;
  const text = verification.formatHashes({
    comments: [`wasm-mlp ${VERSION}, ${engine}, ${processor}, ${kernels}`],
    networks,
  });
  if (output !== undefined) await writeOutput(output, text);
  if (print.isJson) {
    const list = [...networks].map(([network, hashes]) => ({ network, ...hashes }));
    print.result({ version: VERSION, ...machine, file: output ?? null, networks: list });
  } else if (output === undefined) print.raw(text);
  else {
    printMachine(machine, print);
    print.line(`Wrote ${output}: hashes of ${count} network${count === 1 ? '' : 's'}.`);
    print.line(`On another machine: wasm-mlp verify --compare ${output}`);
  }
}

interface CompareContext extends Context {
  readonly file: HashFile;
}

async function compareHashes(verification: Verification, built: Built, { file, machine, print }: CompareContext) {
  const differences = await withBar(print, (progress) => verification.compareNetworks(built, file, progress));
  const count = file.networks.size;
  if (print.isJson) {
    print.result({ version: VERSION, ...machine, same: differences.length === 0, networks: count, differences });
  } else {
    printMachine(machine, print);
    for (const comment of file.comments) print.paragraph(`Compared with ${comment}`);
    const rows = differences.slice(0, SHOWN).map(({ seed, subjects }) => [`network ${seed}`, subjects.join(', ')]);
    if (rows.length > 0) print.line(columns(rows, print.width));
    if (differences.length > SHOWN) print.line(`  and ${differences.length - SHOWN} more`);
    if (differences.length === 0) print.line(`All ${count} networks have the same bits.`);
  }
  if (differences.length > 0)
    throw new Failure(
      `${differences.length} of ${count} networks differ. Of another version of the library, other bits are no fault.`,
    );
}

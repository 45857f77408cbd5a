/**
 * Measures the built library. bench/README.md explains the output.
 *
 *     npm run bench                                  everything
 *     npm run bench -- --quick --only tiny           a short run of the measurements with that in their names
 *     npm run bench -- --json FILE                   the times, for bench:compare
 *     npm run bench -- --against DIR                 interleaved with another build
 *     npm run bench -- --engine tile=4x8 --against-engine tile=2x16
 *     npm run bench -- --runtime node --against-runtime "deno run --allow-all"
 *
 * | status | meaning |
 * | ------ | ------- |
 * | 0      | measured |
 * | 1      | slower than the other side beyond the threshold |
 * | 2      | a result differs from its checksum, or another error |
 */
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { kernelTable } from './kernels/abi.mjs';
import { kernelCases } from './kernels/cases.mjs';
import { kernelSetting } from './kernels/setting.mjs';
import { measureAgain } from './measure/again.mjs';
import { compareSides, THRESHOLD } from './measure/comparison.mjs';
import { readExpected } from './measure/expected.mjs';
import { machine } from './measure/machine.mjs';
import { Progress } from './measure/progress.mjs';
import { measure } from './measure/session.mjs';
import { AGAINST_OPTIONS, readSides, SIDE_OPTIONS } from './measure/sides.mjs';
import { atLeastOne, chosen, endWithHelp, HELP_OPTION, percentage } from './options.mjs';
import { describeResult, FORMAT, VERSION } from './report/result.mjs';

/** Repetitions per process, and processes. */
const USUAL = { rounds: 5, processes: 3 };
const QUICK = { rounds: 3, processes: 1 };

/** Calls per prediction of one row whose slowest ones are reported, over all repetitions. */
const TAIL_CALLS = 100_000;
const QUICK_TAIL_CALLS = 10_000;

const readOptions = () =>
  parseArgs({
    options: {
      ...SIDE_OPTIONS,
      ...AGAINST_OPTIONS,
      'other-bits': { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      skip: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      processes: { type: 'string' },
      threshold: { type: 'string', default: String(100 * THRESHOLD) },
      json: { type: 'string' },
      ...HELP_OPTION,
    },
  }).values;

const HELP = `npm run bench -- [options]

Measures kernels, training, prediction, start and sizes of the built library. Results are compared with their
checksums before any time counts. bench/README.md explains the output.

  --quick                  fewer repetitions: ${QUICK.processes} process of ${QUICK.rounds} rounds instead of ${USUAL.processes} of ${USUAL.rounds}
  --only PART              measurements with that in their names: kernel, train, predict, tail, start, size,
                           tiny, small, mid, big; may be given several times
  --skip PART              all but these
  --rounds N               repetitions in a process
  --processes N            processes
  --json FILE              write all times to a file, for bench:compare
  --engine A=B,C=D         options of the engine, as tile=4x8,threads=2
  --runtime COMMAND        what runs the library, as "deno run --allow-all"
  --package DIR            the build to measure, default this one
  --against DIR            compare with another build, interleaved; ends with status 1 where this one is slower
  --against-engine A=B     compare with other options of the engine
  --against-runtime CMD    compare with another runtime
  --other-bits             the other side may have other results
  --threshold PERCENT      what counts as slower, default ${100 * THRESHOLD}
  --help                   print this

Before the first measurement it says how long all of them take on the development machine; while it runs, how long is
left: at a terminal in one line, into a file or a pipe a line a minute.

Examples
  npm run bench -- --quick --only train
  npm run bench -- --only predict --against ../before
  npm run bench -- --only train/mid --engine threads=2 --against-engine threads=1
`;

/** @param {string} scratch folder for compiled files */
async function run(scratch) {
  const options = readOptions();
  endWithHelp(options.help, HELP);
  const { quick } = options;
  // Fail now, not after an hour.
  if (options.json !== undefined) accessSync(dirname(resolve(options.json)), constants.W_OK);
  const usual = quick ? QUICK : USUAL;
  const threshold = percentage('threshold', options.threshold);
  const rounds = atLeastOne('rounds', options.rounds, usual.rounds);
  const processes = atLeastOne('processes', options.processes, usual.processes);
  const sides = readSides(options);
  const wants = chosen(options.only, options.skip);

  const groups = ['train', 'predict', 'tail'];
  const table = await kernelTable();
  const withKernels = kernelCases(table).some(({ name }) => wants(name));
  if (withKernels) groups.push('kernel');

  const progress = new Progress(process.stderr);
  /** @type {import('./measure/session.mjs').Plan} */
  const plan = {
    sides,
    groups,
    wants,
    rounds,
    processes,
    tailCalls: Math.ceil((quick ? QUICK_TAIL_CALLS : TAIL_CALLS) / (rounds * processes)),
    ...(withKernels && { kernels: await kernelSetting(table, sides, scratch) }),
    expected: readExpected(),
    log: (line) => progress.note(line),
    begin: (run) => progress.begin(run),
    step: (place) => progress.step(place),
  };
  const first = await measure(plan);
  progress.end();
  const rows = await measureAgain(plan, first, threshold);
  progress.end();
  if (rows.length === 0) throw new Error('--only: part of the name of a measurement expected, got none that matches.');

  /** @type {import('./report/result.mjs').Result} */
  const result = {
    format: FORMAT,
    version: VERSION,
    date: new Date().toISOString(),
    machine: machine(),
    settings: { rounds, processes, quick },
    sides: sides.map(({ name, files, runs = '', info = {}, engine }) => ({
      name,
      version: files.version,
      runtime: runs,
      engine: { ...engine, ...info },
    })),
    rows,
  };

  const comparing = { threshold, paired: true };
  process.stdout.write(`${describeResult(result, comparing)}\n`);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(result)}\n`);
  const slower = rows.filter((row) => {
    const [first, second] = row.sides;
    return second !== undefined && compareSides(row, second, first, comparing).verdict === 'slower';
  });
  if (slower.length === 0) return;
  const names = slower.map(({ name }) => name).join('; ');
  process.stdout.write(`\nslower or larger by more than ${options.threshold} %: ${names}\n`);
  process.exitCode = 1;
}

const scratch = mkdtempSync(join(tmpdir(), 'wasm-mlp-bench-'));
try {
  await run(scratch);
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 2;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/**
 * Compares this library with others, on the same data and from the same initial weights: training end to end,
 * predictions of one row and of 256, and the matrix product against OpenBLAS. One thread each. Contestants are
 * interleaved, and a ratio is the median of the ratios within a round.
 *
 *     npm run bench:peers                       everything; installs the other packages on first use
 *     npm run bench:peers -- --only small --rounds 3
 *     npm run bench:peers -- --json FILE --document
 *     npm run bench:peers -- --redraw               measures nothing: draws docs/peers.svg of docs/benchmarks.md
 *
 * PyTorch, scikit-learn and OpenBLAS run if Debian's python3-torch, python3-sklearn and python3-numpy are installed,
 * the fused and the 256-bit variants of this library if `npm run test:engines` has installed a newer Node. The report
 * lists a contestant that cannot run, with the reason. Writes bench/results/peers.md and peers.svg; `--document` writes
 * the table into docs/benchmarks.md, and the chart next to it.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { Contestant } from '../measure/contestant.mjs';
import { machine, machineLine } from '../measure/machine.mjs';
import { median } from '../measure/statistics.mjs';
import { atLeastOne, chosen, endWithHelp, HELP_OPTION } from '../options.mjs';
import { digits, duration, markdownTable } from '../report/format.mjs';
import { NETWORKS } from '../workloads/networks.mjs';
import { BEGIN, chartOfDocument, END, peersChart } from './chart.mjs';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

const PYTHON = '/usr/bin/python3';
const NEWER_NODE = here('../../.engines/node-26.10.0/node_modules/.bin/node');
const DOCUMENT = here('../../docs/benchmarks.md');
const OURS = 'wasm-mlp';

/**
 * @typedef {{ name: string, command: readonly string[], module: string, options?: Record<string, unknown>, networks: readonly string[], gemm?: boolean }} Entry
 * @param {string} name
 * @param {string} file
 * @param {readonly string[]} networks that it is fast enough for
 * @param {Partial<Entry>} [more]
 * @returns {Entry}
 */
const script = (name, file, networks, more = {}) => ({
  name,
  command: [process.execPath, here('worker.mjs')],
  module: here(`contestants/${file}.mjs`),
  networks,
  ...more,
});

/** @param {string} name @param {string} module @param {readonly string[]} networks @returns {Entry} */
const python = (name, module, networks) => ({ name, command: [PYTHON, here('peers.py')], module, networks });

const ALL = NETWORKS.map(({ name }) => name);
const SMALLER = ['tiny', 'small', 'mid'];
const onNewerNode = { command: [NEWER_NODE, here('worker.mjs')], gemm: true };

/** @type {readonly Entry[]} */
const ENTRIES = [
  script(OURS, 'wasm-mlp', ALL, { gemm: true }),
  script(`${OURS}, Node 26`, 'wasm-mlp', ALL, onNewerNode),
  script(`${OURS}, Node 26, 256-bit`, 'wasm-mlp', ALL, { ...onNewerNode, options: { simd256: true } }),
  script(`${OURS}, Node 26, fused`, 'wasm-mlp', ALL, { ...onNewerNode, options: { numerics: 'fused' } }),
  script(`${OURS}, Node 26, fused, 256-bit`, 'wasm-mlp', ALL, {
    ...onNewerNode,
    options: { numerics: 'fused', simd256: true },
  }),
  python('PyTorch', 'torch', ALL),
  python('scikit-learn', 'sklearn', ALL),
  { ...python('OpenBLAS', 'openblas', []), gemm: true },
  script('jax-js', 'jax', ALL),
  script('TensorFlow.js, WASM', 'tensorflow', SMALLER, { options: { backend: 'wasm' } }),
  script('TensorFlow.js, CPU', 'tensorflow', SMALLER, { options: { backend: 'cpu' } }),
  script('onnxruntime-node', 'onnx', SMALLER, { options: { package: 'onnxruntime-node' } }),
  script('onnxruntime-web', 'onnx', SMALLER, { options: { package: 'onnxruntime-web' } }),
  script('ConvNetJS', 'convnet', ['tiny', 'small']),
  script('brain.js', 'brain', ['tiny', 'small']),
  script('plain loops', 'plain', SMALLER),
];

/**
 * Rows, fewer than in the library's own benchmark: some contestants need a second for a thousand.
 *
 * @type {Record<string, { rows: number, learning: number }>}
 */
const WORK = {
  tiny: { rows: 4096, learning: 8 },
  small: { rows: 1024, learning: 3 },
  mid: { rows: 512, learning: 3 },
  big: { rows: 512, learning: 1 },
};

/** The middle layer of `mid`, and the whole of a layer of `big`. */
const PRODUCTS = [
  { m: 128, n: 512, k: 512 },
  { m: 256, n: 2048, k: 2048 },
];

const HELP = `npm run bench:peers -- [options]

Compares this library with others on one thread: training, predictions of one row and of 256, matrix products. Installs
the other packages on first use. Writes bench/results/peers.md and peers.svg.

  --only PART        networks or products with that in their names: tiny, small, mid, big, matrix product;
                     may be given several times
  --contestant PART  contestants with that in their names, besides this library; may be given several times
  --rounds N         rounds of each measurement, default 5
  --json FILE        also writes the rates there
  --document         also writes the table and the chart into docs/
  --redraw           measures nothing: draws docs/peers.svg of the table in docs/benchmarks.md
  --help             print this
`;

/** Seconds of a measurement. */
const TURN = 0.4;

/** Share of our fall in loss that others have to reach. Orders of rows differ; brain.js has another loss. */
const ALIKE = 0.5;

/** One thread each. OpenBLAS detects the processor itself. */
const ENVIRONMENT = {
  ...process.env,
  OPENBLAS_NUM_THREADS: '1',
  OMP_NUM_THREADS: '1',
  OPENBLAS_CORETYPE: undefined,
  OPENBLAS_L2_SIZE: undefined,
};

/** Installs the packages unless they are installed. Their install scripts would compile unused code. */
function install() {
  if (existsSync(here('node_modules/.package-lock.json'))) return;
  process.stderr.write('installing the other libraries into bench/peers\n');
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'], {
    cwd: here('.'),
    stdio: ['ignore', 2, 2],
  });
}

/** Rates of a measurement by contestant, one per round. @typedef {Map<string, number[]>} Rates */

/**
 * @param {readonly (Entry & { process: Contestant })[]} running
 * @param {number} rounds
 * @param {(one: Contestant) => Promise<{ rate?: number, seconds?: number }>} ask
 * @returns {Promise<Rates>}
 */
async function inTurns(running, rounds, ask) {
  /** @type {Rates} */
  const rates = new Map(running.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? running : running.slice().reverse();
    for (const { name, process: one } of order) {
      const { rate, seconds = NaN } = await ask(one);
      rates.get(name)?.push(rate ?? 1 / seconds);
    }
  }
  return rates;
}

/** @param {Rates} rates @param {string} name @param {string} base */
function ratioTo(rates, name, base) {
  const [own, other] = [rates.get(name) ?? [], rates.get(base) ?? []];
  return median(own.map((rate, round) => rate / other[round]));
}

async function run() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true, default: [] },
      contestant: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      json: { type: 'string' },
      document: { type: 'boolean', default: false },
      redraw: { type: 'boolean', default: false },
      ...HELP_OPTION,
    },
  });
  endWithHelp(values.help, HELP);
  if (values.redraw) {
    writeFileSync(here('../../docs/peers.svg'), chartOfDocument(readFileSync(DOCUMENT, 'utf8')));
    return;
  }
  const rounds = atLeastOne('rounds', values.rounds, 5);
  const wants = chosen(values.only);
  const takesPart = chosen([OURS, ...values.contestant].slice(values.contestant.length > 0 ? 0 : 1));
  install();

  /** @type {(Entry & { process: Contestant, version: string })[]} */
  const running = [];
  /** @type {string[]} */
  const absent = [];
  /** @type {{ name: string, unit: 'samples' | 'call' | 'flop', rates: Rates, reference: string }[]} */
  const measurements = [];
  try {
    for (const entry of ENTRIES.filter(({ name }) => takesPart(name))) {
      const [command, ...args] = entry.command;
      if (!existsSync(command)) {
        absent.push(
          `${entry.name}: no ${command === PYTHON ? 'system Python' : 'newer Node, see npm run test:engines'}`,
        );
        continue;
      }
      const one = new Contestant(entry.name, command, args, { env: ENVIRONMENT, cwd: here('.') });
      try {
        const { version } = await one.ask('open', { module: entry.module, options: entry.options ?? {} });
        running.push({ ...entry, process: one, version });
      } catch (error) {
        absent.push(`${entry.name}: ${/** @type {Error} */ (error).message.split('\n')[0]}`);
        await one.close();
      }
    }
    for (const network of NETWORKS.map((one) => ({ ...one, rows: WORK[one.name].rows }))) {
      if (!wants(network.name)) continue;
      const here = running.filter(({ networks }) => networks.includes(network.name));
      const trainers = new Set();
      let ours = NaN;
      for (const { name, process: one } of here) {
        process.stderr.write(`${network.name}: ${name} learns\n`);
        const { trains } = await one.ask('build', { network });
        if (!trains) continue;
        const { before, after } = await one.ask('learn', { epochs: WORK[network.name].learning });
        const fall = (before - after) / before;
        if (name === OURS) ours = fall;
        if (!(fall >= ALIKE * ours) && name !== 'brain.js') {
          throw new Error(`${network.name}: ${name} expected a loss that falls by ${ours}, got ${before} → ${after}.`);
        }
        process.stderr.write(`    loss ${digits(before)} → ${digits(after)}\n`);
        trainers.add(name);
      }
      process.stderr.write(`${network.name}: training\n`);
      measurements.push({
        name: `train ${network.name}`,
        unit: 'samples',
        rates: await inTurns(
          here.filter(({ name }) => trainers.has(name)),
          rounds,
          (one) => one.ask('train', { atLeast: TURN }),
        ),
        reference: OURS,
      });
      if (network.name === 'big') continue;
      process.stderr.write(`${network.name}: predictions\n`);
      // Warm-up until compilers have finished: the first calls are slow for all contestants.
      await inTurns(here, 1, (one) => one.ask('one', { atLeast: 1 }));
      measurements.push({
        name: `predict ${network.name}, 1 row`,
        unit: 'call',
        rates: await inTurns(here, rounds, (one) => one.ask('one', { atLeast: TURN / 2 })),
        reference: OURS,
      });
      measurements.push({
        name: `predict ${network.name}, 256 rows`,
        unit: 'samples',
        rates: await inTurns(here, rounds, (one) => one.ask('batch', { atLeast: TURN })),
        reference: OURS,
      });
    }
    for (const size of PRODUCTS) {
      const name = `matrix product ${size.m} × ${size.n} × ${size.k}`;
      if (!wants(name)) continue;
      process.stderr.write(`${name}\n`);
      const multipliers = running.filter(({ gemm }) => gemm);
      await inTurns(multipliers, 1, (one) => one.ask('gemm', { size, atLeast: 1 }));
      measurements.push({
        name,
        unit: 'flop',
        rates: await inTurns(multipliers, rounds, (one) => one.ask('gemm', { size, atLeast: TURN })),
        reference: OURS,
      });
    }
  } finally {
    await Promise.all(running.map(({ process: one }) => one.close()));
  }
  if (measurements.length === 0)
    throw new Error('--only: part of the name of a measurement expected, got none that matches.');

  const date = new Date().toISOString().slice(0, 10);
  const where = `${date}, ${machineLine(machine())}, Node ${process.versions.node}, one thread`;
  const text = (/** @type {'samples' | 'call' | 'flop'} */ unit, /** @type {number} */ rate) =>
    unit === 'call' ? duration(1 / rate) : unit === 'flop' ? `${digits(rate / 1e9)} GFLOP/s` : `${digits(rate)}/s`;
  const lines = running.map(({ name, version }) => [
    version === 'this' ? name : `${name} ${version}`,
    ...measurements.map(({ unit, rates, reference }) => {
      const own = rates.get(name);
      if (own === undefined || own.length === 0) return '';
      const ratio = ratioTo(rates, reference, name);
      const shown = text(unit, median(own));
      return name === reference ? `**${shown}**` : `${shown} (${digits(ratio)}×)`;
    }),
  ]);
  const whole = [['', ...measurements.map(({ name }) => name)], ...lines];
  const notes = [
    `${where}. Medians of ${rounds} rounds in which all take turns; in brackets how many times as fast ${OURS} is, round by round.`,
    ...(absent.length > 0 ? [`Not measured: ${absent.join('; ')}.`] : []),
  ];
  const report = `${markdownTable(whole)}\n\n${notes.join(' ')}\n`;
  const results = values.document ? here('../../docs') : here('../results');
  mkdirSync(results, { recursive: true });
  if (!values.document) writeFileSync(`${results}/peers.md`, report);
  writeFileSync(`${results}/peers.svg`, peersChart(whole, where));
  if (values.json !== undefined) {
    const rows = measurements.map(({ name, unit, rates }) => ({ name, unit, rates: Object.fromEntries(rates) }));
    writeFileSync(
      values.json,
      `${JSON.stringify({ format: 'wasm-mlp-peers', version: 1, date, machine: machine(), rows })}\n`,
    );
  }
  if (values.document) intoDocument(report);
  process.stdout.write(report);
}

/** @param {string} report */
function intoDocument(report) {
  const text = readFileSync(DOCUMENT, 'utf8');
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from === -1 || to < from) throw new Error(`docs/benchmarks.md: ${BEGIN} and ${END} expected.`);
  writeFileSync(DOCUMENT, `${text.slice(0, from + BEGIN.length)}\n\n${report}\n${text.slice(to)}`);
}

try {
  await run();
} catch (error) {
  process.stderr.write(`bench:peers: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 2;
}

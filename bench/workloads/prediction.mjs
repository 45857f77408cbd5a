/**
 * Predictions into an array of the caller: in batches, and row by row with every call timed. training.mjs builds the
 * networks, data.mjs the rows.
 */
import { sha256 } from '../measure/checksum.mjs';
import { collect } from '../measure/collect.mjs';
import { quantileOfSorted } from '../measure/statistics.mjs';
import { classificationData } from './data.mjs';
import { layersOf, predictionFlops } from './networks.mjs';
import { buildNetwork } from './training.mjs';

/**
 * @typedef {import('../measure/unit.mjs').Unit} Unit
 * @typedef {import('./networks.mjs').Network} Network
 * @typedef {import('./training.mjs').Library} Library
 * @typedef {import('./training.mjs').Engine} Engine
 */

const BATCH = 256;

/** Operations of a repetition, which takes some 50 ms, and the rows that are enough for small networks. */
const REPETITION_FLOPS = 1.5e9;
const MOST_ROWS = 256_000;

/** `quantize` keeps float32 in layers of fewer weights. */
const LEAST_INT8_WEIGHTS = 4096;

/** @param {Network} network @param {number} rows */
const setUp = ({ sizes }, rows) => {
  const outputs = sizes.at(-1) ?? 0;
  const { x } = classificationData({ inputs: sizes[0], classes: outputs, rows });
  return { x, outputs };
};

/**
 * Returns the measurements of a network: batches of 256 rows and, where one row is more than a stream of weights from
 * memory, single rows; in float32, and in eight bits where it has a layer that is large enough for them.
 *
 * @param {Library} library
 * @param {Engine} engine
 * @param {Network} network
 * @returns {Unit[]}
 */
export function predictionUnits(library, engine, network) {
  const types = layersOf(network).some(({ inputs, units }) => inputs * units >= LEAST_INT8_WEIGHTS)
    ? /** @type {const} */ (['float32', 'int8'])
    : /** @type {const} */ (['float32']);
  const counts = network.name === 'big' ? [BATCH] : [BATCH, 1];
  return counts.flatMap((rows) => types.map((type) => predictionUnit(library, engine, network, rows, type)));
}

/**
 * Measures predictions of a number of rows.
 *
 * @param {Library} library
 * @param {Engine} engine
 * @param {Network} network
 * @param {number} rows
 * @param {'float32' | 'int8'} type of weights
 * @returns {Unit}
 */
function predictionUnit(library, engine, network, rows, type) {
  const flops = rows * predictionFlops(network);
  const calls = Math.max(1, Math.min(Math.ceil(MOST_ROWS / rows), Math.round(REPETITION_FLOPS / flops)));
  const { x, outputs } = setUp(network, rows);
  const out = new Float32Array(rows * outputs);
  /** @type {ReturnType<typeof buildNetwork> | undefined} */
  let model;
  const run = async () => {
    if (model === undefined) {
      model = buildNetwork(library, engine, network);
      if (type === 'int8') {
        const float = model;
        model = await library.quantize(float);
        float.dispose();
      }
    }
    out.fill(NaN);
    const start = performance.now();
    for (let i = 0; i < calls; i++) model.predictInto(x, out);
    const seconds = (performance.now() - start) / 1000;
    return { seconds: { '': seconds }, checksum: sha256([out]) };
  };
  return {
    name: `predict/${network.name} ${rows} ${rows === 1 ? 'row' : 'rows'}${type === 'int8' ? ' int8' : ''}`,
    of: 'sample',
    async prepare() {
      const { checksum } = await run();
      return { amount: calls * rows, flops: calls * flops, checksum };
    },
    run,
  };
}

/** Different rows that are predicted in turn. */
const ROWS = 64;

/** Work on registers only, of a length in proportion to `turns`. @param {number} turns */
function spin(turns) {
  let x = 1;
  for (let i = 0; i < turns; i++) x = (Math.imul(x, 1664525) + 1013904223) | 0;
  return x;
}

/**
 * Timed calls per block, which alternate with blocks of the loop. The first call of a block finds the caches cold,
 * which must stay rarer than one in a hundred.
 */
const BLOCK = 1000;

/** Turns of `spin` from whose time that of one turn is found: some 20 µs, short enough to be interrupted seldom. */
const SPIN_TURNS = 20_000;

/**
 * Measures one row per call. As many calls run untimed first, for their mean time and the garbage collections, since
 * reading the clock makes garbage too; then each call is timed. A loop on registers that takes as long alternates with
 * the timed calls: the distance of its 99th percentile from its median is due to the machine and the clock alone, by
 * interrupts and other processes.
 *
 * @param {Library} library
 * @param {Engine} engine
 * @param {Network} network
 * @param {number} calls
 * @returns {Unit}
 */
export function tailUnit(library, engine, network, calls) {
  const { x, outputs } = setUp(network, ROWS);
  const inputs = network.sizes[0];
  const rows = Array.from({ length: ROWS }, (_, i) => x.slice(i * inputs, (i + 1) * inputs));
  const outs = rows.map(() => new Float32Array(outputs));
  const times = new Float64Array(calls);
  const loopTimes = new Float64Array(calls);
  /** @type {ReturnType<typeof buildNetwork> | undefined} */
  let model;
  const askAll = (/** @type {number} */ count) => {
    for (let i = 0; i < count; i++) model?.predictInto(rows[i % ROWS], outs[i % ROWS]);
  };
  const timeCalls = (/** @type {number} */ first, /** @type {number} */ end) => {
    for (let i = first; i < end; i++) {
      const start = performance.now();
      model?.predictInto(rows[i % ROWS], outs[i % ROWS]);
      times[i] = performance.now() - start;
    }
  };
  const timeLoops = (/** @type {number} */ first, /** @type {number} */ end, /** @type {number} */ turns) => {
    for (let i = first; i < end; i++) {
      const start = performance.now();
      spin(turns);
      loopTimes[i] = performance.now() - start;
    }
  };
  /**
   * Returns the turns of `spin` that take as long as a call: by medians, since a mean would be that of a busy machine,
   * and by the code that is timed later, with the same reading of the clock.
   */
  const turnsLikeCalls = () => {
    const count = Math.min(calls, BLOCK);
    const middle = (/** @type {Float64Array} */ all) => quantileOfSorted(all.slice(0, count).sort(), 0.5);
    // The first time is a warm-up.
    let turns = 1;
    for (let time = 0; time < 2; time++) {
      timeCalls(0, count);
      timeLoops(0, count, 0);
      const clock = middle(loopTimes);
      timeLoops(0, count, SPIN_TURNS);
      const turn = (middle(loopTimes) - clock) / SPIN_TURNS;
      turns = Math.max(1, Math.round((middle(times) - clock) / turn));
    }
    return turns;
  };
  return {
    name: `tail/${network.name} 1 row`,
    of: 'call',
    async prepare() {
      model = buildNetwork(library, engine, network);
      askAll(Math.min(calls, 1000));
      return { amount: 1, checksum: sha256(outs) };
    },
    async run() {
      if (model === undefined) throw new Error('tail: prepare comes first.');
      const collections = await collectionCounter();
      const heap = heapInUse();
      const start = performance.now();
      askAll(calls);
      const mean = (performance.now() - start) / calls;
      const garbage = Math.max(0, heapInUse() - heap) / calls;
      const collected = await collections();

      const turns = turnsLikeCalls();
      for (const out of outs) out.fill(NaN);
      for (let first = 0; first < calls; first += BLOCK) {
        const end = Math.min(calls, first + BLOCK);
        timeCalls(first, end);
        timeLoops(first, end, turns);
      }
      const [sorted, loopSorted] = [times, loopTimes].map((all) => all.slice().sort());
      const quantiles = (/** @type {Float64Array} */ all) =>
        Object.fromEntries(QUANTILES.map(([name, q]) => [name, quantileOfSorted(all, q) / 1000]));
      const [seconds, loopSeconds] = [quantiles(sorted), quantiles(loopSorted)];
      const tail = (/** @type {Record<string, number>} */ of) => of.p99 / of.median;
      const counts = {
        collections: collected,
        'B of garbage a call': garbage,
        'p99 to median': tail(seconds),
        'in a loop on registers': tail(loopSeconds),
      };
      return { seconds: { '': mean / 1000, ...seconds }, loopSeconds, checksum: sha256(outs), counts };
    },
  };
}

/** @type {readonly (readonly [string, number])[]} */
const QUANTILES = [
  ['median', 0.5],
  ['p99', 0.99],
  ['p99.9', 0.999],
];

/**
 * Returns the bytes of the heap in use, or NaN where the platform does not report them. Shows garbage of calls that are
 * too few for a collection.
 */
const heapInUse = () => globalThis.process?.memoryUsage?.().heapUsed ?? NaN;

/**
 * Starts counting garbage collections. The returned function stops and gives their number, or NaN where the engine does
 * not report them.
 */
async function collectionCounter() {
  const { PerformanceObserver } = globalThis;
  if (!PerformanceObserver?.supportedEntryTypes?.includes('gc')) return async () => NaN;
  let collections = 0;
  const observer = new PerformanceObserver((list) => {
    collections += list.getEntries().length;
  });
  // Entries arrive in a later turn of the event loop.
  const settle = () => new Promise((resolve) => setTimeout(resolve, 5));
  observer.observe({ entryTypes: ['gc'] });
  collect();
  await settle();
  collections = 0;
  return async () => {
    await settle();
    observer.disconnect();
    return collections;
  };
}

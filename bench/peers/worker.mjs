/**
 * A process with one contestant. It answers requests on standard input, one line of JSON each; the time of parsing and
 * answering is not measured. `peers.py` answers the same requests for Python contestants.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { median } from '../measure/statistics.mjs';
import { layOutGemm } from '../kernels/gemm.mjs';
import { dataOf } from '../workloads/data.mjs';

/** @type {import('./contestant.mjs').Contestant} */
let contestant;
/** @type {Record<string, unknown>} */
let settings = {};
/** @type {import('./contestant.mjs').Built} */
let built;
/** @type {import('./contestant.mjs').Network} */
let network;
/** @type {import('./contestant.mjs').Data} */
let data;

/** Rows for the loss, and for predictions of one row. */
const PROBE = 256;

/** Calls for one row that are timed together. */
const GROUP = 16;

/** Groups in the median, at most: the last ones. */
const GROUPS = 1024;

const probe = () => data.x.subarray(0, PROBE * network.sizes[0]);

/** Returns the cross-entropy of the first rows, or the mean squared error where outputs are not probabilities. */
async function loss() {
  const outputs = await built.predict(probe());
  const classes = network.sizes[network.sizes.length - 1];
  let total = 0;
  for (let row = 0; row < PROBE; row++) {
    for (let j = 0; j < classes; j++) {
      const y = outputs[row * classes + j];
      const isLabel = j === data.labels[row];
      if (contestant.scores) total += (y - Number(isLabel)) ** 2 / classes;
      else if (isLabel) total -= Math.log(Math.max(y, 1e-30));
    }
  }
  return total / PROBE;
}

const seconds = (/** @type {number} */ since) => (performance.now() - since) / 1000;

const answers = {
  async open({ module, options }) {
    settings = options;
    contestant = await (await import(module)).open(options);
    return { version: contestant.version };
  },
  /** Builds a network and says whether it can be trained. */
  async build({ network: asked }) {
    await built?.close();
    network = asked;
    data = dataOf(network);
    built = await contestant.build(network, data);
    return { trains: built.train !== undefined };
  },
  async learn({ epochs }) {
    const before = await loss();
    await built.train?.(epochs);
    return { before, after: await loss() };
  },
  /** Rows per second, over whole epochs that take at least `atLeast` seconds. */
  async train({ atLeast }) {
    const start = performance.now();
    let epochs = 1;
    await built.train?.(epochs);
    const first = seconds(start);
    if (first >= atLeast) return { rate: network.rows / first };
    epochs = Math.ceil((1.2 * atLeast) / first);
    const again = performance.now();
    await built.train?.(epochs);
    return { rate: (epochs * network.rows) / seconds(again) };
  },
  /**
   * Seconds of a call for one row: the median of groups of calls, since reading the clock takes as long as the shortest
   * of them.
   */
  async one({ atLeast }) {
    const [inputs] = network.sizes;
    const rows = Array.from({ length: PROBE }, (_, i) => data.x.slice(i * inputs, (i + 1) * inputs));
    const times = new Float64Array(GROUPS);
    const began = performance.now();
    let group = 0;
    for (; group < 1 || seconds(began) < atLeast; group++) {
      const start = performance.now();
      for (let i = 0; i < GROUP; i++) {
        const answer = built.predictOne(rows[(group * GROUP + i) % PROBE]);
        // Awaiting a value that is there already would cost a turn of the microtask queue.
        if (answer instanceof Promise) await answer;
      }
      times[group % GROUPS] = seconds(start) / GROUP;
    }
    return { seconds: median(Array.from(times.subarray(0, group))) };
  },
  /** Rows per second in batches of 256. */
  async batch({ atLeast }) {
    const rows = probe();
    const start = performance.now();
    let calls = 0;
    do {
      await built.predict(rows);
      calls++;
    } while (seconds(start) < atLeast);
    return { rate: (calls * PROBE) / seconds(start) };
  },
  /** Operations per second of a matrix product by the kernel of this library, in the fastest call. */
  async gemm({ size, atLeast }) {
    const { numerics = 'strict' } = settings;
    const file = new URL(`../../dist/kernels${numerics === 'fused' ? '-fused' : ''}.wasm`, import.meta.url);
    const { createEngine } = await import('../../dist/index.js');
    const { tile } = (await createEngine(settings)).info;
    // An empty custom section makes the bytes differ: V8 compiles the same bytes once, whatever its flags are by now.
    const module = await WebAssembly.compile(Buffer.concat([readFileSync(file), Buffer.from([0, 2, 1, 112])]));
    const memory = new WebAssembly.Memory({ initial: 2048, maximum: 65536, shared: true });
    const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
    const { args, fill } = layOutGemm({ form: 'forward', size }, tile, 65536);
    fill(new Float32Array(memory.buffer));
    const kernel = /** @type {(...args: number[]) => void} */ (exports[`f32_gemm_${tile}`]);
    return { rate: (2 * size.m * size.n * size.k) / (await fastest(() => kernel(...args), atLeast)) };
  },
};

/** @param {() => void} run @param {number} atLeast */
async function fastest(run, atLeast) {
  let best = Infinity;
  const start = performance.now();
  for (let calls = 1; seconds(start) < atLeast; calls++) {
    const before = performance.now();
    run();
    best = Math.min(best, seconds(before));
    // Yield now and then, so that code compiled in the background is installed.
    if (calls % 16 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return best;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, do: what, ...request } = JSON.parse(line);
  let answer;
  try {
    answer = { id, result: await answers[/** @type {keyof typeof answers} */ (what)](request) };
  } catch (error) {
    answer = { id, error: error instanceof Error ? error.message : String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);

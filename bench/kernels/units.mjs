/**
 * Kernels, each interleaved with its upper bound: matrix kernels with multiply-adds on registers, all others with a
 * copy of as many bytes. cases.mjs lists the measurements, layout.mjs and gemm.mjs lay out the arguments, roofs.mjs
 * makes the bounds.
 */
import { FIRST_ADDRESS, PAGE } from '../../scripts/kernels/shared-constants.mjs';
import { sha256 } from '../measure/checksum.mjs';
import { kernelCases } from './cases.mjs';
import { layOutGemm } from './gemm.mjs';
import { fill, layOut, traffic, SCRATCH } from './layout.mjs';

/**
 * @typedef {import('../measure/unit.mjs').Unit} Unit
 * @typedef {import('./layout.mjs').Size} Size
 * @typedef {(...args: number[]) => void} Kernel
 * @typedef {{ name: string, products: number }} PeakLoop
 * @typedef {object} KernelOptions
 * @property {Record<string, readonly string[]>} table the ABI
 * @property {Uint8Array} kernels the kernels' binary
 * @property {Uint8Array} roofs the binary of roofs.mjs
 * @property {readonly PeakLoop[]} peakLoops
 * @property {string} tile
 * @property {number} [turn] milliseconds of a turn, more where the clock is coarse
 * @property {number} [maximumPages] of their memory
 */

/** Maximum that the memory import of the kernels declares. */
const MAXIMUM_PAGES = 65536;

/** Address of the few vectors that the register-only loops read and write. */
const PEAK_ADDRESS = FIRST_ADDRESS;
const BASE = FIRST_ADDRESS + 1024;

const COPY_BYTES = 64 * 2 ** 20;

/** Size at which the traffic of a kernel is found. @type {Size} */
const SMALL = { m: 512, n: 16, k: 16 };

/**
 * Milliseconds of warm-up of a kernel, in which V8 optimizes it; and of a turn, or more if a single call takes longer.
 */
const WARM_UP = 30;
const USUAL_TURN = 2;

/** Turns of a repetition. */
const SHORT_TURNS = 5;
const LONG_TURNS = 3;

/** @param {() => void} run @param {number} times */
function timed(run, times) {
  const start = performance.now();
  for (let i = 0; i < times; i++) run();
  return (performance.now() - start) / times;
}

/**
 * Returns the number of calls that take at least so many milliseconds: doubled until they do, since the clock of a page
 * may advance in whole milliseconds.
 *
 * @param {() => void} run
 * @param {number} milliseconds
 */
function callsLasting(run, milliseconds) {
  for (let calls = 1; ; calls *= 2) {
    const elapsed = calls * timed(run, calls);
    if (elapsed >= milliseconds / 2) return Math.max(1, Math.ceil((calls * milliseconds) / elapsed));
  }
}

/**
 * Returns the units of every kernel of the table, from the binary of the package, on a memory of their own.
 *
 * @param {KernelOptions} options
 * @returns {Promise<Unit[]>}
 */
export async function kernelUnits({
  table,
  kernels,
  roofs,
  peakLoops,
  tile,
  turn = USUAL_TURN,
  maximumPages = MAXIMUM_PAGES,
}) {
  const memory = new WebAssembly.Memory({ initial: 16, maximum: maximumPages, shared: true });
  const instantiate = async (/** @type {Uint8Array} */ binary) => {
    // A custom section makes the bytes differ: V8 would reuse the module that the library compiled from the same bytes,
    // under the flags of that time.
    const mark = new TextEncoder().encode('bench');
    const bytes = Uint8Array.from([...binary, 0, mark.length + 1, mark.length, ...mark]);
    const { exports } = await WebAssembly.instantiate(await WebAssembly.compile(bytes), { env: { memory } });
    return /** @type {Record<string, Kernel>} */ (exports);
  };
  const kernel = await instantiate(kernels);
  const roof = await instantiate(roofs);
  let f32 = new Float32Array(memory.buffer);
  const reserve = (/** @type {number} */ end) => {
    if (end > f32.byteLength) memory.grow(Math.ceil((end - f32.byteLength) / PAGE));
    f32 = new Float32Array(memory.buffer);
  };

  /** Returns the seconds of a call in the fastest of some turns. @param {() => void} run @param {number} turns */
  function fastest(run, turns) {
    const calls = callsLasting(run, turn);
    return Math.min(...Array.from({ length: turns }, () => timed(run, calls))) / 1000;
  }

  /** Returns the number of calls in a turn, measured after warming up. @param {() => void} run */
  async function callsPerTurn(run) {
    const start = performance.now();
    while (performance.now() - start < WARM_UP) run();
    // Optimized code is made on another thread and used from the next call on.
    await new Promise((resolve) => setTimeout(resolve, 5));
    return callsLasting(run, turn);
  }

  const peak = await fastestPeak();

  async function fastestPeak() {
    const loops = 20_000;
    const candidates = [];
    for (const { name, products } of peakLoops) {
      const run = () => {
        f32.fill(0.5, PEAK_ADDRESS / 4, BASE / 4);
        roof[name](loops, PEAK_ADDRESS);
      };
      const calls = await callsPerTurn(run);
      const each = Math.min(...Array.from({ length: 7 }, () => timed(run, calls)));
      candidates.push({ name, run, flops: 2 * products * loops, rate: (2 * products * loops) / each });
    }
    return candidates.reduce((best, one) => (one.rate > best.rate ? one : best));
  }

  /**
   * Interleaves turns of a kernel and of its bound. Returns the seconds of a call, and its share of the rate of the
   * bound. The fastest turn of each counts, the one that nothing else interrupted.
   *
   * @param {{ run: () => void, calls: number, amount: number }} subject
   * @param {{ run: () => void, amount: number }} bound
   */
  function alternate({ run, calls, amount }, bound) {
    const boundCalls = callsLasting(bound.run, turn);
    let seconds = Infinity;
    let boundSeconds = Infinity;
    // The first turns bring their data into the caches.
    for (let number = -1; number < (calls > 1 ? SHORT_TURNS : LONG_TURNS); number++) {
      const boundEach = timed(bound.run, boundCalls) / 1000;
      const each = timed(run, calls) / 1000;
      if (number < 0) continue;
      seconds = Math.min(seconds, each);
      boundSeconds = Math.min(boundSeconds, boundEach);
    }
    return { seconds: { '': seconds }, share: amount / seconds / (bound.amount / boundSeconds) };
  }

  /**
   * Returns a bound that copies half of `bytes`, so that as many are read and written together, behind the operands.
   *
   * @param {number} bytes
   * @param {number} from
   */
  function copyBound(bytes, from) {
    const half = Math.ceil(bytes / 128) * 64;
    reserve(from + 2 * half + 64);
    return { run: () => roof.copy(half, from, from + half), amount: 2 * half };
  }

  /** @type {Record<string, Omit<Unit, 'name' | 'of'>>} */
  const bounds = {
    'kernel/peak': {
      prepare: async () => ({ amount: peak.flops, note: peak.name }),
      run: async () => ({ seconds: { '': fastest(peak.run, SHORT_TURNS) } }),
    },
    'kernel/copy 64 MiB': {
      prepare: async () => ({ amount: 2 * COPY_BYTES }),
      run: async () => {
        const { run } = copyBound(2 * COPY_BYTES, BASE);
        run();
        return { seconds: { '': fastest(run, LONG_TURNS) } };
      },
    },
  };

  return kernelCases(table).map((one) => {
    const { name, of } = one;
    if (one.kind === 'bound') return { name, of, ...bounds[name] };
    const kernelName = one.kind === 'gemm' ? one.kernel(tile) : one.kernel;
    const parameters = table[kernelName];
    const operands = one.kind === 'gemm' ? gemmOperands(one, tile) : plainOperands(kernelName, parameters, one.size);
    const run = () => kernel[kernelName](...operands.args);
    const fillAll = () => {
      reserve(operands.end);
      operands.fill();
    };
    let calls = 1;
    let amount = 0;
    return {
      name,
      of,
      async prepare() {
        // Another build may have another kernel of that name.
        if (kernel[kernelName]?.length !== parameters.length)
          throw new Error(`${kernelName}: missing, or with other parameters.`);
        amount = operands.amount();
        fillAll();
        run();
        const checksum = sha256(operands.read());
        calls = await callsPerTurn(run);
        return { amount, checksum };
      },
      async run() {
        const bound = of === 'flop' ? { run: peak.run, amount: peak.flops } : copyBound(amount, operands.end);
        fillAll();
        return alternate({ run, calls, amount }, bound);
      },
    };
  });

  /** @param {import('./cases.mjs').GemmCase} one @param {string} usualTile */
  function gemmOperands({ shape, tile: given }, usualTile) {
    const { args, end, fill: fillOperands, read } = layOutGemm(shape, given ?? usualTile, BASE);
    const { m, n, k } = shape.size;
    return { args, end, amount: () => 2 * m * n * k, fill: () => fillOperands(f32), read: () => [read(f32)] };
  }

  /** @param {string} name @param {readonly string[]} parameters @param {Size} size */
  function plainOperands(name, parameters, size) {
    const { args, buffers, end } = layOut(name, parameters, size, BASE);
    return {
      args,
      end,
      amount() {
        const small = layOut(name, parameters, SMALL, BASE);
        reserve(small.end);
        return traffic(f32, kernel[name], name, small, { args, buffers, end });
      },
      fill: () => buffers.forEach((buffer, index) => fill(f32, buffer, index)),
      // Scratch is not part of the result.
      read: () =>
        buffers.flatMap(({ name, at, floats }) => (name === SCRATCH ? [] : [f32.slice(at / 4, at / 4 + floats)])),
    };
  }
}

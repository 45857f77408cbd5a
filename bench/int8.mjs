/**
 * Prints how fast products in eight bits are beside those of float32 in the same engine: `node bench/int8.mjs`, after
 * `npm run build`, in any Node. Each product quantizes its rows, as a prediction does. The sides take turns; shown are
 * operations per second in the best turn (a multiply and an add are two), and the median over all rounds of the time of
 * float32 divided by that of eight bits, so that other work on the machine disturbs little. Takes a minute.
 */
import { readFileSync } from 'node:fs';
import { FIRST_ADDRESS, PACKED_A_BYTES } from '../scripts/kernels/shared-constants.mjs';
import { fill, padded, strideOf } from './kernels/layout.mjs';
import { median } from './measure/statistics.mjs';

/** Layers as [rows, inputs, units]. @type {Record<string, readonly (readonly [number, number, number])[]>} */
const CASES = {
  '784 → 512, 256 rows': [[256, 784, 512]],
  '512 → 512, 256 rows': [[256, 512, 512]],
  'mid, 256 rows': [
    [256, 784, 512],
    [256, 512, 512],
    [256, 512, 10],
  ],
  'small, 256 rows': [
    [256, 784, 128],
    [256, 128, 10],
  ],
  'tiny, 256 rows': [
    [256, 4, 16],
    [256, 16, 3],
  ],
  '64 → 64, 32 rows': [[32, 64, 64]],
  '32 → 32, 32 rows': [[32, 32, 32]],
  '16 → 16, 32 rows': [[32, 16, 16]],
  '784 → 512, one row': [[1, 784, 512]],
  'mid, one row': [
    [1, 784, 512],
    [1, 512, 512],
    [1, 512, 10],
  ],
  'small, one row': [
    [1, 784, 128],
    [1, 128, 10],
  ],
  'tiny, one row': [
    [1, 4, 16],
    [1, 16, 3],
  ],
  '64 → 64, one row': [[1, 64, 64]],
};

const ROUNDS = 80;
/** Milliseconds of warm-up and of a turn. */
const WARM_UP = 100;
const TURN = 1;
const PAGES = 2048;

const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES, shared: true });
const f32 = new Float32Array(memory.buffer);
const bytes = new Uint8Array(memory.buffer);

/** @param {string} name @returns {Record<string, (...args: number[]) => void> | undefined} */
function load(name) {
  const binary = readFileSync(new URL(`../build/${name}.wasm`, import.meta.url));
  if (!WebAssembly.validate(binary)) return undefined;
  return /** @type {any} */ (new WebAssembly.Instance(new WebAssembly.Module(binary), { env: { memory } }).exports);
}

let end = FIRST_ADDRESS;
/** @param {number} size in bytes */
function allocate(size) {
  const at = end;
  end = Math.ceil((at + size) / 64) * 64 + 64;
  return at;
}

/** @typedef {ReturnType<typeof layOut>} Layer */

/** Operands of a layer in both types. @param {readonly [number, number, number]} sizes */
function layOut([m, k, n]) {
  /** @param {number} floats */
  const numbers = (floats) => {
    const at = allocate(4 * floats);
    fill(f32, { name: '', at, floats, ld: 1, columns: floats, content: 'random' }, m + k + n + at);
    return at;
  };
  const layer = {
    m,
    k,
    n,
    x: numbers(m * strideOf(k)),
    w: numbers(k * padded(n)),
    scales: numbers(padded(n)),
    bias: numbers(padded(n)),
    z: allocate(4 * m * strideOf(n)),
    panels: allocate(padded(k) * padded(n)),
    sums: allocate(4 * padded(n)),
    stats: allocate(8 * m),
    q: allocate(2 * m * padded(k)),
  };
  // The speed does not depend on the values.
  for (let i = 0; i < padded(k) * padded(n); i++) bytes[layer.panels + i] = i * 37;
  return layer;
}

const packed = allocate(PACKED_A_BYTES);
const float = load('kernels');
if (float === undefined) throw new Error('int8: an engine with SIMD expected.');

/** @type {(layer: Layer) => void} */
const runFloat = ({ m, n, k, x, w, bias, z }) =>
  float.f32_gemm_3x12(m, n, k, x, strideOf(k), w, bias, 0, z, strideOf(n), packed);

/** @type {(kernels: NonNullable<ReturnType<typeof load>>) => (layer: Layer) => void} */
const runInt8 =
  (kernels) =>
  ({ m, n, k, x, q, stats, panels, sums, scales, bias, z }) => {
    kernels.u7_quantize_rows(m, k, x, strideOf(k), q, stats, 0, 0, 0);
    kernels.i8_gemm(m, n, k, q, stats, panels, sums, scales, bias, z, strideOf(n), packed);
  };

/** @type {{ name: string, run: (layer: Layer) => void }[]} */
const sides = [{ name: 'float32', run: runFloat }];
for (const [name, file] of /** @type {const} */ ([
  ['plain', 'kernels-int8'],
  ['relaxed', 'kernels-int8-relaxed'],
])) {
  const kernels = load(file);
  if (kernels !== undefined) sides.push({ name, run: runInt8(kernels) });
}

console.log(`Node ${process.versions.node}, V8 ${process.versions.v8}: Gop/s in the best turn, times float32`);
const first = end;
for (const [name, sizes] of Object.entries(CASES)) {
  end = first;
  const layers = sizes.map(layOut);
  const operations = sizes.reduce((sum, [m, k, n]) => sum + 2 * m * k * n, 0);
  /** @param {(layer: Layer) => void} run @param {number} calls */
  const timed = (run, calls) => {
    const start = performance.now();
    for (let i = 0; i < calls; i++) layers.forEach(run);
    return (performance.now() - start) / calls;
  };
  const calls = sides.map(({ run }) => {
    const start = performance.now();
    let fastest = Infinity;
    while (performance.now() - start < WARM_UP) fastest = Math.min(fastest, timed(run, 10));
    return Math.max(1, Math.round(TURN / fastest));
  });
  const rounds = Array.from({ length: ROUNDS }, () => sides.map(({ run }, side) => timed(run, calls[side])));
  const columns = sides.map(({ name: side }, index) => {
    const best = Math.min(...rounds.map((times) => times[index]));
    const ratio = median(rounds.map((times) => times[0] / times[index]));
    const speed = (operations / best / 1e6).toFixed(1).padStart(6);
    return `${side} ${speed}${index === 0 ? '' : ` (${ratio.toFixed(2)})`}`;
  });
  console.log(`  ${name.padEnd(20)} ${columns.join('   ')}`);
}

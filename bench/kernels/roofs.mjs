/**
 * The upper bounds of the kernels: a module with loops of multiply-adds on registers only, and a copy. It is compiled
 * when a benchmark starts, with the options of the kernels and with their multiply-add: in strict numerics it
 * multiplies and adds, in fused numerics it fuses.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The loops. Which one is fastest depends on the engine, and the fastest gives the peak:
 *
 * - `tile`: acc += a_r·b_v, the chains of a register tile of `rows` × `vectors`. The a_r are rotated after each turn,
 *   since an engine could hoist the products out of the loop otherwise; that costs moves between registers.
 * - `scale`: acc = acc·a + b in `chains` accumulators, without moves, but each waits for a product and a sum.
 *
 * Loops with more accumulators than 128-bit registers are for engines that pair vectors to 256 bits.
 */
const LOOPS = [
  { name: 'tile_4x8', form: 'tile', rows: 4, vectors: 2 },
  { name: 'tile_2x16', form: 'tile', rows: 2, vectors: 4 },
  { name: 'tile_6x8', form: 'tile', rows: 6, vectors: 2 },
  { name: 'tile_4x16', form: 'tile', rows: 4, vectors: 4 },
  { name: 'scale_12', form: 'scale', chains: 12, factors: 1 },
  { name: 'scale_24', form: 'scale', chains: 24, factors: 2 },
];

/** Unrolled turns of `scale`. Counts have to be a multiple of it. */
const UNROLL = 4;

/** @param {number} n */
const range = (n) => Array.from({ length: n }, (_, i) => i);

/** @param {string} name @param {number} rows @param {number} vectors */
const tileLoop = (name, rows, vectors) => [
  `/** n turns of ${rows} × ${vectors} multiply-adds of vectors. */`,
  `export function ${name}(n: i32, at: usize): void {`,
  range(vectors).map((v) => `  let b${v} = v128.load(at, ${16 * v});`),
  range(rows).map((r) => `  let a${r} = v128.load(at, ${16 * (vectors + r)});`),
  range(rows).map((r) => range(vectors).map((v) => `  let c${r}_${v} = f32x4.splat(0);`)),
  `  for (; n > 0; n--) {`,
  range(rows).map((r) => range(vectors).map((v) => `    c${r}_${v} = madd(a${r}, b${v}, c${r}_${v});`)),
  `    const first = a0;`,
  range(rows - 1).map((r) => `    a${r} = a${r + 1};`),
  `    a${rows - 1} = first;`,
  `  }`,
  range(rows).map((r) => range(vectors).map((v) => `  v128.store(at, c${r}_${v}, ${16 * (r * vectors + v)});`)),
  `}`,
];

/** @param {string} name @param {number} chains @param {number} factors */
const scaleLoop = (name, chains, factors) => [
  `/** n turns of ${chains} multiply-adds of vectors. */`,
  `export function ${name}(n: i32, at: usize): void {`,
  range(factors).flatMap((f) => [
    `  const a${f} = v128.load(at, ${16 * f});`,
    `  const b${f} = v128.load(at, ${16 * (factors + f)});`,
  ]),
  range(chains).map((c) => `  let c${c} = v128.load(at, ${16 * (2 * factors + c)});`),
  `  for (; n > 0; n -= ${UNROLL}) {`,
  range(UNROLL).map(() => range(chains).map((c) => `    c${c} = madd(c${c}, a${c % factors}, b${c % factors});`)),
  `  }`,
  range(chains).map((c) => `  v128.store(at, c${c}, ${16 * (2 * factors + c)});`),
  `}`,
];

const SOURCE = [
  `import { madd } from './assembly/simd/madd';`,
  ...LOOPS.map(({ name, form, rows = 0, vectors = 0, chains = 0, factors = 1 }) =>
    form === 'tile' ? tileLoop(name, rows, vectors) : scaleLoop(name, chains, factors),
  ),
  `export function copy(bytes: i32, source: usize, target: usize): void {`,
  `  memory.copy(target, source, bytes);`,
  `}`,
]
  .flat(Infinity)
  .join('\n');

/** The names of the loops, and the float32 multiply-adds in each of their turns. */
export const PEAK_LOOPS = LOOPS.map(({ name, rows = 0, vectors = 0, chains = 0 }) => ({
  name,
  products: 4 * (rows * vectors + chains),
}));

/**
 * Compiles the module. It imports the memory of the kernels, so it can share their memory.
 *
 * @param {'strict' | 'fused'} numerics
 * @returns {Promise<Uint8Array>}
 */
export async function compileRoofs(numerics) {
  // A large package that not every command needs.
  const { main } = await import('assemblyscript/asc');
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const config = JSON.parse(readFileSync(join(root, 'asconfig.json'), 'utf8'));
  const target = {
    ...config.targets[numerics === 'fused' ? 'fused' : 'release'],
    outFile: 'roofs.wasm',
    textFile: undefined,
  };
  const entry = 'roofs.ts';
  /** @type {Uint8Array | undefined} */
  let binary;
  const { error, stderr } = await main([entry, '--config', 'roofs.json', '--target', 'roofs'], {
    readFile: (/** @type {string} */ name) => {
      if (name === entry) return SOURCE;
      if (name === 'roofs.json') return JSON.stringify({ options: config.options, targets: { roofs: target } });
      return name === 'assembly/simd/madd.ts' ? readFileSync(join(root, name), 'utf8') : null;
    },
    writeFile: (_name, data) => {
      if (typeof data !== 'string') binary = data;
    },
    listFiles: () => [],
  });
  if (error || binary === undefined) throw new Error(`roofs: ${error?.message ?? ''}\n${stderr.toString()}`);
  return binary;
}

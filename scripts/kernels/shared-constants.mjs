/**
 * Constants that the kernels, the library and the kernel benchmarks share. This is their one source: the build writes
 * them to `assembly/gemm/constants.generated.ts` and `src/runtime/constants.generated.ts`, and the benchmarks import
 * them from here.
 */
import { GEMV_PANELS, TILES, nameOf } from './gemm/family.mjs';

/** Bytes of a WebAssembly page. */
export const PAGE = 65536;

/**
 * Lowest address of data. asc assumes that nothing is stored below when it optimizes, so that it may fold the additions
 * of addresses into the offsets of loads and stores. test/kernels/abi.test.ts compares this with the offsets in the
 * binaries.
 */
export const FIRST_ADDRESS = 1792;

/**
 * Samples and inputs per block of the weight gradient. 128 samples of 144 inputs are 72 KiB packed, which stay in the
 * second-level cache for all panels of deltas, and 128 samples of a panel of 16 deltas are 8 KiB in the first level.
 * Deltas are packed again for every block of inputs: with 48 inputs that was 5 % of the time with 128-bit vectors and
 * 10 to 13 % with 256-bit ones; 240 or 336 are no faster. 144 is a multiple of the rows of nearly all tiles, and packed
 * rows of 144 take an odd number of cache lines, so that they spread over all sets (192 rows, 12 lines each: 8 %
 * slower).
 */
const GEMM_TN_DEPTH = 128;
const GEMM_TN_ROWS = 144;

/** Bytes of a packed block of inputs. A packed panel of deltas follows it. */
const GEMM_TN_A_BYTES = 4 * GEMM_TN_DEPTH * GEMM_TN_ROWS;

/**
 * Bytes of scratch for the weight gradient: a packed block of inputs, and a packed panel of deltas of the widest tile.
 */
export const SCRATCH_BYTES = GEMM_TN_A_BYTES + 4 * GEMM_TN_DEPTH * Math.max(...TILES.map(([, columns]) => columns));

/**
 * Bytes of a block of packed A. 160 rows of 800 inputs fit, since each block reads all panels from memory again: with
 * blocks of 80 KiB, 256 rows of 2048 inputs and units are 15 % slower, with 256 KiB 8 %.
 */
export const PACKED_A_BYTES = 512 * 1024;

/**
 * Rows of a block of a sum over the rows of a batch: each block is summed by itself, and the sums of the blocks are
 * added in order. A sum of equal terms in float32 is off by about half a unit in the last place for each term, so the
 * first 4,096 cost 10⁻⁴ at most, and a million in one sum 10⁻². Batches of one block have the bits of a single sum.
 */
const ROW_BLOCK = 4096;

const HEAD =
  '// Written by scripts/kernels/build-kernels.mjs from shared-constants.mjs, which gives the reasons. Do not edit.';

/** Declares a constant that asc inlines. @param {string} name @param {string} type @param {number} value */
const inlined = (name, type, value) => [
  '// @ts-ignore: decorator',
  '@inline',
  `export const ${name}: ${type} = ${value};`,
  '',
];

/** The source of assembly/gemm/constants.generated.ts. */
export const assemblyConstants = () =>
  [
    HEAD,
    '',
    ...inlined('GEMM_TN_DEPTH', 'i32', GEMM_TN_DEPTH),
    ...inlined('GEMM_TN_ROWS', 'i32', GEMM_TN_ROWS),
    ...inlined('GEMM_TN_A_BYTES', 'usize', GEMM_TN_A_BYTES),
    ...inlined('PACKED_A_BYTES', 'i32', PACKED_A_BYTES),
    ...inlined('ROW_BLOCK', 'i32', ROW_BLOCK),
  ].join('\n');

/** The source of src/runtime/constants.generated.ts. */
export function libraryConstants() {
  const names = TILES.map(([rows, columns]) => `'${nameOf(rows, columns)}'`);
  const panels = TILES.map(
    ([rows, columns]) => `  '${nameOf(rows, columns)}': ${GEMV_PANELS[nameOf(rows, columns)][0]},`,
  );
  return [
    HEAD,
    '/** Bytes of a WebAssembly page. */',
    `export const PAGE = ${PAGE};`,
    '/** Lowest address of data: asc assumes that nothing is stored below. */',
    `export const FIRST_ADDRESS = ${FIRST_ADDRESS};`,
    '/** Scratch of the weight gradient. */',
    `export const SCRATCH_BYTES = ${SCRATCH_BYTES};`,
    '/** Room for packed A in the other products. */',
    `export const PACKED_A_BYTES = ${PACKED_A_BYTES};`,
    '/** Rows of a block of a sum over the rows of a batch. */',
    `export const ROW_BLOCK = ${ROW_BLOCK};`,
    '/** The register tiles, rows × columns. */',
    `export const TILE_NAMES = [${names.join(', ')}] as const;`,
    '/** The most panels that the matrix–vector product of a tile takes at once. */',
    'export const GEMV_PANELS = {',
    ...panels,
    '} as const;',
    '',
  ].join('\n');
}

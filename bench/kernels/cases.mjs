/** The kernel measurements by name, derived from the ABI table. */
import { gemmKernel, gemmShapes, shapeName, TILE_SHAPES } from './gemm.mjs';

/**
 * @typedef {{ kind: 'bound', name: string, of: 'flop' | 'byte' }} BoundCase
 * @typedef {{ kind: 'gemm', name: string, of: 'flop', shape: import('./gemm.mjs').Shape, tile?: string, kernel: (usualTile: string) => string }} GemmCase
 * @typedef {{ kind: 'plain', name: string, of: 'byte', kernel: string, size: import('./layout.mjs').Size }} PlainCase
 */

/** One size within the second-level cache, one beyond all caches: 16 MiB for each vector or matrix. */
const SIZES = {
  cache: { m: 64, n: 128, k: 128 },
  memory: { m: 4096, n: 1024, k: 4096 },
};

/** Kernels whose arithmetic takes a second at the size beyond all caches: measured within the cache alone. */
const LONG = new Set(['f64_add_gram', 'f64_cholesky']);

/**
 * @param {Record<string, readonly string[]>} table
 * @returns {(BoundCase | GemmCase | PlainCase)[]}
 */
export function kernelCases(table) {
  const tiles = Object.keys(table).flatMap((name) => /^f32_gemm_(\d.+)$/.exec(name)?.[1] ?? []);
  /** @type {(shape: import('./gemm.mjs').Shape, tile?: string) => GemmCase} */
  const gemm = (shape, tile) => ({
    kind: 'gemm',
    name: `kernel/gemm ${shapeName(shape)}${tile === undefined ? '' : ` tile ${tile}`}`,
    of: 'flop',
    shape,
    ...(tile !== undefined && { tile }),
    kernel: (usualTile) => gemmKernel(shape, tile ?? usualTile),
  });
  /** @type {(kernel: string) => PlainCase[]} */
  const plain = (kernel) =>
    Object.entries(SIZES)
      .filter(([level]) => level === 'cache' || !LONG.has(kernel))
      .map(([level, size]) => ({ kind: 'plain', name: `kernel/${kernel} ${level}`, of: 'byte', kernel, size }));
  return [
    { kind: 'bound', name: 'kernel/peak', of: 'flop' },
    { kind: 'bound', name: 'kernel/copy 64 MiB', of: 'byte' },
    ...gemmShapes().map((shape) => gemm(shape)),
    ...TILE_SHAPES.flatMap((shape) => tiles.map((tile) => gemm(shape, tile))),
    ...Object.keys(table)
      .filter((name) => !name.startsWith('f32_gemm_'))
      .flatMap(plain),
  ];
}

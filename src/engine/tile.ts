import type { Kernels, OuterKernel, RowsKernel } from './abi.js';

/** The register tiles on offer, rows × columns. Results do not depend on the choice, only speed does. */
export const TILE_NAMES = ['4x8', '5x8', '3x12', '2x16', '4x16'] as const;
export type TileName = (typeof TILE_NAMES)[number];

/** 3 × 12: the fastest of the family with 128-bit vectors on V8 14 (Node 26), and on V8 11.3 (Node 20) second to 5 × 8, see ARCHITECTURE.md. */
export const DEFAULT_TILE: TileName = '3x12';

/** 4 × 16: the fastest with 256-bit vectors, 70 GFLOP/s strict and 76 fused where 2 × 16 makes 55 and 50. */
export const WIDE_TILE: TileName = '4x16';

/** The GEMM of one register tile, and the width of the panels that it reads. */
export interface Tile {
  readonly name: TileName;
  readonly panelWidth: number;
  /** C (m, n) = init + A (m, k) · B. */
  readonly rows: RowsKernel;
  /** C (m, n) = [C +] Aᵀ · B. */
  readonly outer: OuterKernel;
}

export function tileOf(kernels: Kernels, name: TileName): Tile {
  return {
    name,
    panelWidth: Number(name.slice(name.indexOf('x') + 1)),
    rows: kernels[`f32_gemm_rows_${name}`],
    outer: kernels[`f32_gemm_outer_${name}`],
  };
}

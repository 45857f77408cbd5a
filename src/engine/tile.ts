import type { Kernels, OuterKernel, RowsKernel } from './abi.js';
import type { Numerics } from './features.js';

/** The register tiles on offer, rows × columns. Results do not depend on the choice, only speed does. */
export const TILE_NAMES = ['4x8', '5x8', '3x12', '2x16', '4x16', '6x16'] as const;
export type TileName = (typeof TILE_NAMES)[number];

/** 3 × 12: the fastest of the family with 128-bit vectors on V8 14 (Node 26), and on V8 11.3 (Node 20) first on Zen 5 and second to 5 × 8 on Zen 3, see docs/measurements.md. */
export const DEFAULT_TILE: TileName = '3x12';

/**
 * The fastest with 256-bit vectors. A fused operation takes four cycles, and two begin in each, so that it takes more than the eight accumulators of 4 × 16 to keep a processor
 * busy (94 % of its peak instead of 85 on Zen 5); in strict numerics the product needs a register of its own, for which 6 × 16 leaves none.
 */
export const WIDE_TILES: Readonly<Record<Numerics, TileName>> = { strict: '4x16', fused: '6x16' };

/** Panels that a lone row meets at a time, at most: VECTOR_PANELS of scripts/gemm-family.mjs. */
const LONE_ROW_PANELS: Readonly<Record<TileName, number>> = {
  '4x8': 4,
  '5x8': 4,
  '3x12': 4,
  '2x16': 2,
  '4x16': 4,
  '6x16': 4,
};

/** The GEMM of one register tile, and the width of the panels that it reads. */
export interface Tile {
  readonly name: TileName;
  readonly panelWidth: number;
  /** Columns that a lone row meets at a time: a multiple of the panel's width. */
  readonly loneRowColumns: number;
  /** C (m, n) = init + A (m, k) · B. */
  readonly rows: RowsKernel;
  /** C (m, n) = [C +] Aᵀ · B. */
  readonly outer: OuterKernel;
}

export function tileOf(kernels: Kernels, name: TileName): Tile {
  const panelWidth = Number(name.slice(name.indexOf('x') + 1));
  return {
    name,
    panelWidth,
    loneRowColumns: panelWidth * LONE_ROW_PANELS[name],
    rows: kernels[`f32_gemm_rows_${name}`],
    outer: kernels[`f32_gemm_outer_${name}`],
  };
}

/**
 * The register tiles: names, defaults and kernels. engine/create-engine.ts chooses one, tile-benchmark.ts times them.
 */
import type { Kernels, GemmTnKernel, GemmKernel } from './abi.js';
import { GEMV_PANELS, TILE_NAMES } from './constants.generated.js';
import type { Numerics } from './features.js';

/** The register tiles, rows × columns. Results do not depend on the choice, only speed does. */
export { TILE_NAMES };
export type TileName = (typeof TILE_NAMES)[number];

/**
 * 3 × 12: the fastest of the family with 128-bit vectors on V8 14 (Node 26), and on V8 11.3 (Node 20) first on Zen 5
 * and second to 5 × 8 on Zen 3, see docs/measurements.md.
 */
export const DEFAULT_TILE: TileName = '3x12';

/**
 * The fastest tiles with 256-bit vectors. A fused operation takes four cycles and two start in each, so it takes more
 * than the eight accumulators of 4 × 16 to keep a processor busy (94 % of its peak instead of 85 on Zen 5). In strict
 * numerics the product needs a separate register, for which 6 × 16 leaves none.
 */
export const WIDE_TILES: Readonly<Record<Numerics, TileName>> = { strict: '4x16', fused: '6x16' };

/** The GEMM of one register tile, and the width of the panels that it reads. */
export interface Tile {
  readonly name: TileName;
  readonly rows: number;
  readonly panelWidth: number;
  /** Columns that one call of the matrix–vector product handles: a multiple of the panel width. */
  readonly gemvColumns: number;
  /** C (m, n) = init + A (m, k) · B. */
  readonly gemm: GemmKernel;
  /** C (m, n) = [C +] Aᵀ · B. */
  readonly gemmTN: GemmTnKernel;
}

export function tileOf(kernels: Kernels, name: TileName): Tile {
  const panelWidth = Number(name.slice(name.indexOf('x') + 1));
  return {
    name,
    rows: Number(name.slice(0, name.indexOf('x'))),
    panelWidth,
    gemvColumns: panelWidth * GEMV_PANELS[name],
    gemm: kernels[`f32_gemm_${name}`],
    gemmTN: kernels[`f32_gemm_tn_${name}`],
  };
}

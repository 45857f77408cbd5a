/** What an engine says of itself, and the options of its warm-up. */
import type { Numerics } from '../runtime/features.js';
import type { TileName } from '../runtime/tile.js';
import type { TileBenchmark } from '../runtime/tile-benchmark.js';

/**
 * Configuration that an engine runs with, and the reasons why requested options are not in use.
 * @category Engines and threads
 */
export interface EngineInfo {
  /** Rounding of a product and a sum: separately ('strict') or together ('fused'). */
  readonly numerics: Numerics;
  /** Number of threads that compute, including the calling thread. */
  readonly threads: number;
  /** Whether V8's 256-bit vectors are in use: for every engine of a process, once one was made with them. */
  readonly simd256: boolean;
  /**
   * Register tile of the matrix kernels, rows × columns. The default may change once, some seconds after the first
   * engine, where it is noticed that the JavaScript engine uses wider vectors unasked; no result does.
   */
  readonly tile: TileName;
  /** With tile 'auto': the measured speed of each tile, in 10⁹ operations per second. */
  readonly calibration?: TileBenchmark;
  /**
   * Whether linear memory can be shared with other threads, which `threads` and `model.share` need: in a page only if
   * it is cross-origin isolated.
   */
  readonly sharedMemory: boolean;
  /**
   * Whether results have the same bits as with this configuration on other computers. False if the platform flushes
   * numbers below 2⁻¹²⁶ to zero, as V8 does on 32-bit ARM, and if numerics 'fused' was requested but the computer does
   * not fuse.
   */
  readonly sameBits: boolean;
  /**
   * One sentence for each requested option that is not in use, and one where the tile changed because wide vectors were
   * noticed; otherwise empty.
   */
  readonly reasons: readonly string[];
}

/**
 * Options of `engine.warmUp`.
 * @category Engines and threads
 */
export interface WarmUpOptions {
  /** Milliseconds that each model runs. Default 100: V8 needs some tens. */
  milliseconds?: number;
  /** Rows per prediction, the same as in later requests. Default 1. */
  rows?: number;
}

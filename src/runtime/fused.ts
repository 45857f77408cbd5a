/** The kernels of fused numerics. They are a separate file, which `createEngine` loads only for fused numerics. */
import { decodeHex } from './hex.js';
import { FUSED_KERNELS_HEX } from './kernels-fused.generated.js';

/**
 * The binary of fused numerics, to pass as `wasm` to `createEngineSync`. `createEngine` loads it by itself.
 * @example
 * const engine = createEngineSync({ numerics: 'fused', wasm: fusedKernels() });
 * @category Engines and threads
 */
export const fusedKernels = (): Uint8Array<ArrayBuffer> => decodeHex(FUSED_KERNELS_HEX);

/** The kernels of fused numerics: a file of its own, which `createEngine` loads when it is asked for them. */
import { decodeHex } from './hex.js';
import { FUSED_KERNELS_HEX } from './kernels-fused.generated.js';

/**
 * The binary of fused numerics, to be passed as `wasm` where an engine is made synchronously. `createEngine` loads it
 * by itself.
 * @example
 * const engine = createEngineSync({ numerics: 'fused', wasm: fusedKernels() });
 */
export const fusedKernels = (): Uint8Array<ArrayBuffer> => decodeHex(FUSED_KERNELS_HEX);

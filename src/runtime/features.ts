/**
 * Checks that the platform has the features of WebAssembly that the kernels need, and names the missing one. Whether
 * the platform has workers and shared memory for threads is checked in threads/host.ts.
 */
import { sentence } from '../common/describe.js';
import { UnsupportedError } from '../common/errors.js';

/**
 * 'strict': products are rounded before they are added, which gives the same bits everywhere. 'fused': one rounding,
 * after adding.
 * @category Engines and threads
 */
export type Numerics = 'strict' | 'fused';

type Probe = readonly number[];

/** The smallest modules that use what the kernels need: () → v128 by i32x4.splat, and a shared memory. */
const PROBES: readonly (readonly [feature: string, bytes: Probe])[] = [
  ['SIMD', [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 17, 11]],
  ['shared memory', [0, 97, 115, 109, 1, 0, 0, 0, 5, 4, 1, 3, 1, 1]],
];

/** () → v128 by f32x4.relaxed_madd. */
const RELAXED_PROBE: Probe = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0, 65, 0, 253, 17, 65, 0, 253, 17, 65,
  0, 253, 17, 253, 133, 2, 11,
];

/**
 * Whether typed arrays read numbers as WebAssembly writes them: little-endian. Typed arrays take the processor's order.
 */
const isLittleEndian = (): boolean => new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

const validates = (bytes: Probe): boolean => WebAssembly.validate(new Uint8Array(bytes));

/** Throws an UnsupportedError that names the first feature that the numerics need and the engine lacks. */
export function requireFeatures(where: string, numerics: Numerics): void {
  if (typeof WebAssembly !== 'object') {
    throw new UnsupportedError(`${where}: WebAssembly expected, got a platform without it.`);
  }
  if (!isLittleEndian()) {
    throw new UnsupportedError(
      `${where}: a little-endian processor expected, got a big-endian one, ` +
        `where typed arrays read WebAssembly's memory, which is little-endian everywhere, in the wrong order.`,
    );
  }
  for (const [feature, bytes] of PROBES) {
    if (!validates(bytes)) {
      throw new UnsupportedError(
        `${where}: WebAssembly with ${feature} expected, got an engine without it. ` +
          `Node 16.4, Chrome 91, Firefox 89 and Safari 16.4 have it.`,
      );
    }
  }
  if (numerics === 'fused' && !validates(RELAXED_PROBE)) {
    throw new UnsupportedError(
      `${where}: numerics expected 'strict', got 'fused' on an engine without relaxed SIMD. ` +
        `Node 21, Chrome 114 and Firefox 145 have it; Node 20 with --experimental-wasm-relaxed-simd.`,
    );
  }
}

/** Converts the error of a platform that refuses to compile valid kernels into one that says how to allow it. */
export const refusedToCompile = (where: string, error: unknown): UnsupportedError =>
  new UnsupportedError(
    // WebKit adds a line that quotes our code.
    `${where}: WebAssembly that may be compiled expected, got: ${sentence((error as Error).message.split('\n')[0])} ` +
      `The policy of a page has to allow it: script-src 'wasm-unsafe-eval'.`,
  );

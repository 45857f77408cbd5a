import { UnsupportedError } from '../common/errors.js';
import { KERNELS_HEX } from './kernels.generated.js';

/** The smallest modules that use what the kernels need: () → v128 by i32x4.splat, and a shared memory. */
const PROBES: readonly (readonly [feature: string, bytes: readonly number[]])[] = [
  ['SIMD', [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 17, 11]],
  ['shared memory', [0, 97, 115, 109, 1, 0, 0, 0, 5, 4, 1, 3, 1, 1]],
];

/** Throws an UnsupportedError that names the first missing feature. */
function requireFeatures(): void {
  if (typeof WebAssembly !== 'object') {
    throw new UnsupportedError('createEngine: WebAssembly expected, got a platform without it.');
  }
  for (const [feature, bytes] of PROBES) {
    if (!WebAssembly.validate(new Uint8Array(bytes))) {
      throw new UnsupportedError(
        `createEngine: WebAssembly with ${feature} expected, got an engine without it. ` +
          `Node 16.4, Chrome 91, Firefox 89 and Safari 16.4 have it.`,
      );
    }
  }
}

function inlinedBytes(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(KERNELS_HEX.length / 2);
  // '0' to '9' are 48 to 57, 'a' to 'f' are 97 to 102.
  const digit = (at: number): number => {
    const code = KERNELS_HEX.charCodeAt(at);
    return code < 97 ? code - 48 : code - 87;
  };
  for (let i = 0; i < bytes.length; i++) bytes[i] = 16 * digit(2 * i) + digit(2 * i + 1);
  return bytes;
}

/** Compiled once per process, on first use: the only thing kept outside of engines. */
let compiled: WebAssembly.Module | undefined;

/** The inlined kernels, compiled on the calling thread. */
export function compileSync(): WebAssembly.Module {
  requireFeatures();
  compiled ??= new WebAssembly.Module(inlinedBytes());
  return compiled;
}

/** The inlined kernels, compiled where the platform compiles without blocking. */
export async function compile(): Promise<WebAssembly.Module> {
  requireFeatures();
  compiled ??= await WebAssembly.compile(inlinedBytes());
  return compiled;
}

import { sentence } from '../common/describe.js';
import { UnsupportedError } from '../common/errors.js';
import type { Numerics } from './features.js';
import { decodeHex } from './hex.js';
import { KERNELS_HEX } from './kernels.generated.js';

/**
 * Returns the module's bytes with a custom section of that name appended. Engines ignore the section, but the bytes
 * differ: V8 compiles the same bytes only once, whatever its flags are at the time.
 */
function withSection(bytes: Uint8Array, name: string): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(name);
  const marked = new Uint8Array(bytes.length + 3 + text.length);
  marked.set(bytes);
  // Id 0, the section's size, then the name with its length; all below 128, one byte each.
  marked.set([0, text.length + 1, text.length], bytes.length);
  marked.set(text, bytes.length + 3);
  return marked;
}

/** Compiled modules by numerics and mark, each compiled once per process on first use. */
const compiled = new Map<string, WebAssembly.Module>();

/** Compiles the inlined strict kernels on the calling thread. A `mark` makes it a separate module. */
export function compileSync(mark = ''): WebAssembly.Module {
  const key = `strict ${mark}`;
  let module = compiled.get(key);
  if (module === undefined) {
    module = new WebAssembly.Module(marked(decodeHex(KERNELS_HEX), mark));
    compiled.set(key, module);
  }
  return module;
}

/** Compiles the library's kernels, off the calling thread where the platform can. */
export async function compile(numerics: Numerics, mark = ''): Promise<WebAssembly.Module> {
  const key = `${numerics} ${mark}`;
  let module = compiled.get(key);
  if (module === undefined) {
    const bytes = numerics === 'fused' ? await loadFused() : decodeHex(KERNELS_HEX);
    module = await WebAssembly.compile(marked(bytes, mark));
    compiled.set(key, module);
  }
  return module;
}

async function loadFused(): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return (await import('./fused.js')).fusedKernels();
  } catch (error) {
    // A service worker, for example, refuses dynamic imports.
    throw new UnsupportedError(
      `createEngine: numerics 'fused' expected a platform that loads their kernels, got: ${sentence((error as Error).message)} ` +
        `Pass wasm: fusedKernels() of wasm-mlp/fused.`,
    );
  }
}

const marked = (bytes: Uint8Array<ArrayBuffer>, mark: string): Uint8Array<ArrayBuffer> =>
  mark === '' ? bytes : withSection(bytes, mark);

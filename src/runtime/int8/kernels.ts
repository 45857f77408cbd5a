/**
 * Loads the kernels of products in eight bits on a linear memory. Two binaries compute the same bits: the plain one runs
 * everywhere, the relaxed one has an instruction for sums of four products, and is used where the engine has it and a
 * probe with the extreme values finds it exact. The arithmetic and its formulas are in assembly/int8/. Only what loads
 * quantized models imports this folder.
 */
import { FormatError, UnsupportedError } from '../../common/errors.js';
import { refusedToCompile } from '../features.js';
import { decodeHex } from '../hex.js';
import { INT8_RELAXED_KERNELS_HEX } from '../kernels-int8-relaxed.generated.js';
import { INT8_KERNELS_HEX } from '../kernels-int8.generated.js';
import { INT8_ABI_DIGEST } from './abi.generated.js';
import type { Int8Exports } from './abi.js';
import { isExact } from './probe.js';
import { Products, type Int8Kernels, type Int8Path } from './products.js';

export type { Int8Kernels, Int8Path };

const HEX: Readonly<Record<Int8Path, string>> = { plain: INT8_KERNELS_HEX, relaxed: INT8_RELAXED_KERNELS_HEX };

/** Compiled modules, each compiled once per process on first use. */
const compiled = new Map<Int8Path, WebAssembly.Module>();

/** The result of the probe, which runs once per process. */
let relaxedIsExact: boolean | undefined;

/** Instantiates a binary on a memory, after checking that it has the ABI of this version. */
function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Int8Exports {
  const [digest] = WebAssembly.Module.customSections(module, 'wasm-mlp');
  if (digest === undefined || new TextDecoder().decode(digest) !== INT8_ABI_DIGEST) {
    throw new FormatError('wasm-mlp: kernels of eight bits of this version expected, got those of another version.');
  }
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Int8Exports;
}

/** The binaries to try, the fastest first. */
function pathsOf(prefer: Int8Path | undefined): readonly Int8Path[] {
  return prefer === undefined ? ['relaxed', 'plain'] : [prefer];
}

/** Whether the engine has what a binary needs. */
const isValid = (path: Int8Path): boolean =>
  compiled.has(path) || path === 'plain' || (relaxedIsExact !== false && WebAssembly.validate(decodeHex(HEX[path])));

/** Instantiates a path, or returns undefined where the relaxed instruction is not exact. */
function start(path: Int8Path, module: WebAssembly.Module, memory: WebAssembly.Memory): Int8Kernels | undefined {
  compiled.set(path, module);
  if (path === 'relaxed') {
    relaxedIsExact ??= isExact((probed) => new Products(path, instantiate(module, probed)));
    if (!relaxedIsExact) return undefined;
  }
  return new Products(path, instantiate(module, memory));
}

/** Without a preference the plain path always starts, so it was the relaxed one that was asked for. */
const noPath = (): UnsupportedError =>
  new UnsupportedError(
    "wasm-mlp: path 'relaxed' of products in eight bits expected an engine with exact relaxed SIMD, got one " +
      (relaxedIsExact === false ? 'whose products are not exact.' : "without it. Pass 'plain', or no path."),
  );

/**
 * Compiles the kernels, once per process and off the calling thread where the platform can, and instantiates them on a
 * memory, which is shared. `prefer` forces a path. Throws an UnsupportedError if the engine refuses to compile, or has
 * no relaxed SIMD where it is forced.
 */
export async function loadInt8(memory: WebAssembly.Memory, prefer?: Int8Path): Promise<Int8Kernels> {
  for (const path of pathsOf(prefer)) {
    if (!isValid(path)) continue;
    const module = compiled.get(path) ?? (await WebAssembly.compile(decodeHex(HEX[path])).catch(refused));
    const kernels = start(path, module, memory);
    if (kernels !== undefined) return kernels;
  }
  throw noPath();
}

/** Like `loadInt8`, compiling on the calling thread. */
export function loadInt8Sync(memory: WebAssembly.Memory, prefer?: Int8Path): Int8Kernels {
  for (const path of pathsOf(prefer)) {
    if (!isValid(path)) continue;
    const kernels = start(path, compiled.get(path) ?? compileSync(path), memory);
    if (kernels !== undefined) return kernels;
  }
  throw noPath();
}

function compileSync(path: Int8Path): WebAssembly.Module {
  try {
    return new WebAssembly.Module(decodeHex(HEX[path]));
  } catch (error) {
    return refused(error);
  }
}

function refused(error: unknown): never {
  throw refusedToCompile('wasm-mlp', error);
}

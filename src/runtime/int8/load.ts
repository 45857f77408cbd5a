/**
 * The binaries of products in eight bits, and the choice between them: the relaxed one where the engine has relaxed
 * SIMD and a probe with the extreme values finds it exact, else the plain one. This is a file of its own, which is
 * loaded with the first model of such weights.
 */
import { decodeHex } from '../hex.js';
import { INT8_RELAXED_KERNELS_HEX } from '../kernels-int8-relaxed.generated.js';
import { INT8_KERNELS_HEX } from '../kernels-int8.generated.js';
import type { Int8Path } from './abi.js';
import { instantiateInt8, type Int8Code, type Int8Kernels } from './products.js';
import { isExact } from './probe.js';

const HEX: Readonly<Record<Int8Path, string>> = { plain: INT8_KERNELS_HEX, relaxed: INT8_RELAXED_KERNELS_HEX };

/**
 * Compiles the kernels, off the calling thread where the platform can. `only` forces a path: undefined is returned
 * where the engine does not have it. Throws the platform's error if it refuses to compile.
 */
export async function compileInt8(only?: Int8Path): Promise<Int8Code | undefined> {
  for (const path of only === undefined ? (['relaxed', 'plain'] as const) : [only]) {
    const bytes = decodeHex(HEX[path]);
    if (path === 'relaxed' && !WebAssembly.validate(bytes)) continue;
    const code = { path, module: await WebAssembly.compile(bytes) };
    if (path === 'plain' || isExact((memory) => instantiateInt8(code, memory))) return code;
  }
  return undefined;
}

/**
 * Compiles the kernels and returns what starts them on a memory. There is always one path: the plain one has what the
 * engine needs for its other kernels.
 */
export async function startInt8(): Promise<(memory: WebAssembly.Memory) => Int8Kernels> {
  const code = (await compileInt8())!;
  return (memory) => instantiateInt8(code, memory);
}

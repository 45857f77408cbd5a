/** Brings the kernels of weights of eight bits, which are a file of their own, to a runtime. */
import { sentence } from '../../common/describe.js';
import { StateError, UnsupportedError } from '../../common/errors.js';
import type { Int8Kernels } from './products.js';
import type { WasmRuntime } from '../wasm-runtime.js';

/** Starts the kernels on a memory, once one model has needed them: compiled once per process. */
let brought: ((memory: WebAssembly.Memory) => Int8Kernels) | undefined;

/** The error of a synchronous call before the kernels were loaded, which takes a promise. */
class MissingInt8Error extends StateError {}

/** Loads and compiles the kernels unless that was done before, for models on this runtime. */
export async function bringInt8(runtime: WasmRuntime): Promise<void> {
  brought ??= await load();
  runtime.useInt8(brought);
}

async function load(): Promise<(memory: WebAssembly.Memory) => Int8Kernels> {
  try {
    return await (await import('./load.js')).startInt8();
  } catch (error) {
    throw new UnsupportedError(
      `wasm-mlp: weights of eight bits expected a platform that loads and compiles their kernels, got: ` +
        sentence((error as Error).message),
    );
  }
}

/** Runs a synchronous call; where it lacks the kernels, loads them and runs it again. */
export async function withInt8<T>(runtime: WasmRuntime, call: () => T): Promise<T> {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof MissingInt8Error)) throw error;
  }
  await bringInt8(runtime);
  return call();
}

/**
 * For synchronous calls: makes the kernels available to a runtime.
 * @throws StateError if no earlier call has loaded them.
 */
export function requireInt8(where: string, runtime: WasmRuntime): void {
  if (runtime.int8 !== undefined) return;
  if (brought === undefined) {
    throw new MissingInt8Error(
      `${where}: the kernels of weights of eight bits expected to be loaded, which takes a promise. ` +
        `Write await loadModel(bytes) for the first such model; after it synchronous calls work.`,
    );
  }
  runtime.useInt8(brought);
}

/**
 * `loadModel` of the entry wasm-mlp/predict, which can load models and predict, and nothing else. Compiles the kernels
 * for prediction and makes the runtime that all of its models share. model-file.ts reads the file.
 */
import { UnsupportedError } from '../common/errors.js';
import { ownOf } from '../common/objects.js';
import { readFields } from '../common/options.js';
import { refusedToCompile, requireFeatures } from '../runtime/features.js';
import { decodeHex } from '../runtime/hex.js';
import { PREDICT_KERNELS_HEX } from '../runtime/kernels-predict.generated.js';
import { WasmRuntime, MAXIMUM_BYTES } from '../runtime/wasm-runtime.js';
import { DEFAULT_TILE } from '../runtime/tile.js';
import { afterFinalizers } from '../runtime/event-loop.js';
import { requireInt8, withInt8 } from '../runtime/int8/bring.js';
import { customCheck, type CustomObjects, type LoadOptions } from './custom-objects.js';
import { asFormatError, openModel, takeTensors } from './model-file.js';
import { InferenceModel } from './inference-model.js';
import { PREDICTION_FACTORIES } from './layers.js';

/** Initial bytes of linear memory. */
const INITIAL_BYTES = 1024 * 1024;

/** Defined at module level: a function made while a model is loaded would keep the file alive. */
const nothing = (): void => undefined;

/** The runtime of all models, made for the first of them. */
let runtime: WasmRuntime | undefined;

/** Throws a platform's error about the kernels as one that says how to allow them. */
function refuse(error: unknown): never {
  throw error instanceof WebAssembly.CompileError ? refusedToCompile('loadModel', error) : error;
}

function runtimeOf(module: WebAssembly.Module): WasmRuntime {
  const settings = { module, tile: DEFAULT_TILE, initialMemory: INITIAL_BYTES, maximumMemory: MAXIMUM_BYTES };
  try {
    return (runtime ??= new WasmRuntime({ ...settings, orLess: true }));
  } catch (error) {
    if (!(error instanceof UnsupportedError)) return refuse(error);
    throw new UnsupportedError(`loadModel: a shared memory of at most ${MAXIMUM_BYTES / 16} bytes expected, got none.`);
  }
}

/**
 * Compiles the kernels on this thread: for 14 KB that takes less time (0.2 ms on Node 20) than compiling on another
 * thread (0.8 ms).
 */
function compileHere(): WebAssembly.Module {
  try {
    return new WebAssembly.Module(decodeHex(PREDICT_KERNELS_HEX));
  } catch (error) {
    return refuse(error);
  }
}

function load<O extends Float32Array | Float32Array[]>(
  on: WasmRuntime,
  bytes: Uint8Array | ArrayBuffer,
  options: LoadOptions | undefined,
): InferenceModel<O> {
  const { custom } = readFields<{ custom: CustomObjects }>('loadModel', options, {
    custom: { check: customCheck, or: new Map() },
  });
  const { checkpoint, blueprint } = openModel(bytes, custom, PREDICTION_FACTORIES);
  if (ownOf(blueprint.graph, 'int8') !== undefined) requireInt8('loadModel', on);
  return asFormatError('architecture', () => {
    const setup = { runtime: on, blueprint, where: 'loadModel', onDispose: nothing, readOptions: readFields };
    return new InferenceModel<O>(setup, (parameters) => takeTensors(checkpoint, parameters));
  });
}

/**
 * Loads the model of a file that `model.save` wrote, to predict with. Predictions have the same bits as with the whole
 * library. All models loaded by this function share one memory.
 * @throws FormatError for a damaged or foreign file, or one that needs an activation which is not in `custom`;
 * MemoryError; UnsupportedError where the platform lacks WebAssembly SIMD or shared memory.
 * @example
 * import { loadModel } from 'wasm-mlp/predict';
 * const trained = await sequential({ layers: [dense({ units: 3, inputShape: [2] })] });
 * const network = await loadModel(trained.save());
 * network.predict([[1, 2]]).join() === trained.predict([[1, 2]]).join(); // true
 * @category Files
 */
export async function loadModel<O extends Float32Array | Float32Array[] = Float32Array>(
  bytes: Uint8Array | ArrayBuffer,
  options?: LoadOptions,
): Promise<InferenceModel<O>> {
  requireFeatures('loadModel', 'strict');
  if (runtime === undefined) {
    try {
      runtimeOf(compileHere());
    } catch (error) {
      // Chrome before 115 compiles at most 4 KiB on the main thread of a page.
      if (!(error instanceof RangeError)) throw error;
      runtimeOf(await WebAssembly.compile(decodeHex(PREDICT_KERNELS_HEX)));
    }
  }
  const on = runtime!;
  const model = await withInt8(on, () => load<O>(on, bytes, options));
  // Yields once, so that models dropped before can be freed.
  return afterFinalizers(model);
}

/**
 * `loadModel` for platforms that compile on the calling thread: Node, Bun, Deno, workers, and current browsers.
 * @throws as `loadModel`.
 * @category Files
 */
export function loadModelSync<O extends Float32Array | Float32Array[] = Float32Array>(
  bytes: Uint8Array | ArrayBuffer,
  options?: LoadOptions,
): InferenceModel<O> {
  requireFeatures('loadModel', 'strict');
  return load<O>(runtime ?? runtimeOf(compileHere()), bytes, options);
}

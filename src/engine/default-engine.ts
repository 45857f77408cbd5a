/**
 * The functions `sequential`, `model` and `loadModel`: each calls the method of that name of the engine in its options,
 * or of a default engine that is created when first needed.
 */
import { describe } from '../common/describe.js';
import { ValueError } from '../common/errors.js';
import { isRecord, type Check } from '../common/options.js';
import { afterFinalizers } from '../runtime/event-loop.js';
import { fieldOf } from '../common/objects.js';
import type { Architecture, SequentialOptions } from '../graph/architecture.js';
import type { ModelOptions, Tensors } from '../graph/model-options.js';
import { createEngine } from './create-engine.js';
import type { LoadOptions } from '../inference/custom-objects.js';
import { isEngine, type Engine, type Predictions } from './engine.js';
import type { Model } from '../model/model.js';

/** Engine of all models whose options name none; created with the first of them. */
let defaultEngine: Promise<Engine> | undefined;

async function engineOf(engine: Engine | undefined): Promise<Engine> {
  if (engine !== undefined) return engine;
  // A failure is not kept: there may be memory for the next model.
  defaultEngine ??= createEngine().catch((error: unknown) => {
    defaultEngine = undefined;
    throw error;
  });
  return defaultEngine;
}

/** Checks that a value is an engine. */
export const engineCheck: Check<Engine> = (path, value) => {
  if (isEngine(value)) return value;
  const alike = typeof fieldOf(value, 'sequential') === 'function';
  const hint = alike ? ' Is it of another copy of the library, imported here and required there?' : '';
  throw new ValueError(`${path} expected an engine of createEngine, got ${describe(value)}.${hint}`);
};

/**
 * Creates a model that passes each row through the layers in order, on `engine` or on a default one that all such
 * models share.
 * @throws as `Engine.sequential`.
 * @example
 * const model = await sequential({
 *   seed: 42,
 *   layers: [dense({ units: 128, activation: 'relu', inputShape: [784] }), dense({ units: 10, activation: 'softmax' })],
 * });
 * model.parameterCount; // 101770
 * @category Models
 */
export async function sequential(options: SequentialOptions & { engine?: Engine }): Promise<Model> {
  const { engine, rest } = splitEngine('sequential', options);
  return afterFinalizers((await engineOf(engine)).sequential(rest));
}

/**
 * Creates a model of the graph between `inputs` and `outputs`, on `engine` or the default one: any directed acyclic
 * graph, with branches that meet in `add` and `concatenate`, several inputs and several outputs. Weights are named
 * after the layers.
 * @throws as `Engine.model`.
 * @example
 * const x = input({ shape: [2] });
 * const h = dense({ units: 8, activation: 'relu' }).apply(x);
 * const y = dense({ units: 1 }).apply(concatenate().apply([x, h]));
 * const network = await model({ inputs: x, outputs: y, seed: 42 });
 * network.getWeights().map(({ name }) => name); // ['dense.weight', 'dense.bias', 'dense_1.weight', 'dense_1.bias']
 * @category Models
 */
export async function model<const T extends Tensors>(
  options: ModelOptions<T> & { engine?: Engine },
): Promise<Model<Predictions<T>>> {
  const { engine, rest } = splitEngine('model', options);
  return afterFinalizers((await engineOf(engine)).model(rest));
}

/** Splits options into the engine, if they name one, and the rest. */
function splitEngine<T extends { engine?: Engine }>(where: string, options: T) {
  // A value that is no object is left to the reader of the rest, which refuses it. Undefined counts as no options.
  if (options !== undefined && !isRecord(options)) return { engine: undefined, rest: options };
  const given = options ?? {};
  const engine = fieldOf(given, 'engine');
  const rest = Object.fromEntries(Object.entries(given).filter(([name]) => name !== 'engine'));
  return {
    engine: engine === undefined ? undefined : engineCheck(`${where}: engine`, engine),
    rest: rest as unknown as Omit<T, 'engine'>,
  };
}

/**
 * Creates the model of a file that `save` wrote, on `engine` or the default one.
 * @throws as `Engine.loadModel`.
 * @example
 * const network = await sequential({ layers: [dense({ units: 3, inputShape: [2] })] });
 * const again = await loadModel(network.save());
 * again.predict([[1, 2]]).join() === network.predict([[1, 2]]).join(); // true
 * @category Files
 */
export async function loadModel<O extends Float32Array | Float32Array[] = Float32Array>(
  bytes: Uint8Array | ArrayBuffer,
  options?: LoadOptions & { engine?: Engine },
): Promise<Model<O>> {
  const { engine, rest } = splitEngine('loadModel', options ?? {});
  return afterFinalizers(await (await engineOf(engine)).loadModelLater<O>(bytes, rest));
}

/**
 * Creates a model from the architecture that `model.toJSON` gives, or its text, on `engine` or the default one. Its
 * weights are new: those that the model had before its training. For weights and training state use `save` and
 * `loadModel`.
 * @throws as `Engine.modelFromJSON`.
 * @example
 * const network = await sequential({ seed: 7, layers: [dense({ units: 3, inputShape: [2] })] });
 * const again = await modelFromJSON(JSON.stringify(network));
 * again.predict([[1, 2]]).join() === network.predict([[1, 2]]).join(); // true
 * @category Models
 */
export async function modelFromJSON<O extends Float32Array | Float32Array[] = Float32Array>(
  json: Architecture | string,
  options?: LoadOptions & { engine?: Engine },
): Promise<Model<O>> {
  const { engine, rest } = splitEngine('modelFromJSON', options ?? {});
  return afterFinalizers((await engineOf(engine)).modelFromJSON<O>(json, rest));
}

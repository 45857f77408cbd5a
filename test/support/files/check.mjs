/**
 * Checks what must hold of any bytes given to `loadModel`: the result is a model that predicts and can be saved again,
 * or one of two errors.
 */
import { OWN } from './bases.mjs';

/**
 * The sources, or the package built from them, whose classes differ for the type checker.
 * @typedef {any} Library
 */
/** @typedef {any} Engine */
/** @typedef {any} Model */

/**
 * The result of loading a file.
 * @typedef {'loaded' | 'FormatError' | 'MemoryError'} Outcome
 */

/**
 * Requires equal predictions. NaNs count as equal, since their sign cannot be relied on.
 * @param {Float32Array | Float32Array[]} value
 * @param {Float32Array | Float32Array[]} other
 */
function requireSame(value, other) {
  const [a, b] = [value, other].map((one) => (Array.isArray(one) ? one : [one]));
  const same = a.every((one, k) => one.length === b[k].length && one.every((x, i) => Object.is(x, b[k][i])));
  if (!same || a.length !== b.length) throw new Error('the predictions of the two entries differ');
}

/**
 * Calls `act` and returns its result, or an error of one of these classes. Other errors are thrown.
 * @template T
 * @param {() => T} act
 * @param {readonly Function[]} errors
 * @returns {T | Error}
 */
function attempt(act, errors) {
  try {
    return act();
  } catch (error) {
    if (errors.some((one) => error instanceof one)) return /** @type {Error} */ (error);
    throw error;
  }
}

/**
 * Widths of a model's inputs, from its architecture.
 * @param {Model} model
 * @returns {number[]}
 */
function inputWidths(model) {
  const { layers, nodes, inputs } = model.toJSON();
  const config = (/** @type {number} */ index) => /** @type {any} */ (layers[index].config);
  // A normalization with numbers of its own needs no shape.
  if (nodes === undefined || inputs === undefined) return [config(0).inputShape?.[0] ?? config(0).mean.length];
  return inputs.map((/** @type {number} */ node) => config(nodes[node].layer).shape[0]);
}

/**
 * Rows for inputs of these widths.
 * @param {readonly number[]} widths
 * @param {number} rows
 */
function rowsOf(widths, rows) {
  const list = widths.map((width) => new Float32Array(rows * width).fill(0.25));
  return list.length === 1 ? list[0] : list;
}

/**
 * The training that a file holds, as plain data.
 * @param {Uint8Array} file
 */
function trainingOf(file) {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
  return JSON.parse(header.__metadata__['wasm-mlp']).training;
}

/**
 * Continues the training of a file. Its options may make a step fail with an error of the library, or weights overflow,
 * but the model must be saved again.
 * @param {Library} library
 * @param {Engine} engine
 * @param {Model} model
 * @param {Uint8Array} saved
 * @param {readonly number[]} widths
 */
function trainOn(library, engine, model, saved, widths) {
  const training = trainingOf(saved);
  if (training === undefined) return;
  const x = rowsOf(widths, 2);
  const y = attempt(() => model.predict(x), [library.MemoryError]);
  if (y instanceof Error) return;
  const ends = Array.isArray(y) ? y : [y];
  const losses = [training.options.loss].flat();
  const targets = ends.map((one, i) =>
    losses[i].kind === 'sparseCategoricalCrossentropy' ? [0, 0] : new Float32Array(one.length).fill(0.5),
  );
  attempt(() => model.trainOnBatch(x, targets.length === 1 ? targets[0] : targets), [library.WasmMlpError]);
  const trained = model.save();
  const again = attempt(() => engine.loadModel(trained, { custom: OWN }), [library.FormatError]);
  if (!(again instanceof Error)) again.dispose();
  else if (!again.message.includes(' expected finite numbers')) throw again;
}

/**
 * Predicts with a model that was loaded in both entries, saves and loads it again, and continues its training.
 * @param {Library} library
 * @param {Engine} engine
 * @param {Model} loaded
 * @param {Model} alone
 */
function use(library, engine, loaded, alone) {
  const widths = inputWidths(loaded);
  for (const rows of [1, 3]) {
    const x = rowsOf(widths, rows);
    const y = attempt(() => loaded.predict(x), [library.MemoryError]);
    if (!(y instanceof Error)) requireSame(alone.predict(x), y);
    else if (rows === 1) throw new Error(`refused to predict a single row: ${y.message}`);
  }
  const saved = loaded.save();
  // There may be no room for it next to the other model.
  const again = attempt(() => engine.loadModel(saved, { custom: OWN }), [library.MemoryError]);
  if (!(again instanceof Error)) {
    if (Buffer.compare(again.save(), saved) !== 0)
      throw new Error('the model changed when it was saved and loaded again');
    again.dispose();
  }
  trainOn(library, engine, loaded, saved, widths);
}

/**
 * Loads a file on `engine` and in the predict entry. A loaded model must predict the same in both, one row and several;
 * its file must load again and save the same; and its training must continue. `loading` runs each call that loads, for
 * callers that measure.
 * @param {Library} library
 * @param {Library} predictLibrary
 * @param {Engine} engine
 * @param {Uint8Array} file
 * @param {<T>(act: () => T) => T} [loading]
 * @returns {Outcome}
 */
export function checkFile(library, predictLibrary, engine, file, loading = (act) => act()) {
  const { used } = engine.memory();
  const copy = file.slice();
  const options = { custom: OWN };
  const loaded = attempt(
    () => loading(() => engine.loadModel(file, options)),
    [library.FormatError, library.MemoryError],
  );
  // The runtime of the predict entry has no limit that is low enough to try.
  const alone =
    loaded instanceof library.MemoryError
      ? undefined
      : attempt(
          () => loading(() => predictLibrary.loadModelSync(file, options)),
          [predictLibrary.FormatError, predictLibrary.MemoryError],
        );
  if (Buffer.compare(file, copy) !== 0) throw new Error('loading changed the file');
  if (!(loaded instanceof Error)) {
    if (alone instanceof Error) throw new Error(`refused by the predict entry: ${alone.message}`);
    use(library, engine, loaded, alone);
    loaded.dispose();
  }
  if (!(alone instanceof Error)) alone?.dispose();
  if (engine.memory().used !== used) throw new Error(`memory is still allocated: ${engine.memory().used - used} bytes`);
  return loaded instanceof Error ? /** @type {Outcome} */ (loaded.name) : 'loaded';
}

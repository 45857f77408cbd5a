/** What must hold of any bytes given to `loadModel`: a model that predicts and is saved again, or one of two errors. */
import { OWN } from './bases.mjs';

/** The sources or what is built from them: to the type checker these are different classes. @typedef {any} Library */
/** @typedef {any} Engine */
/** @typedef {any} Model */

/** What became of a file. @typedef {'loaded' | 'FormatError' | 'MemoryError'} Outcome */

/**
 * NaNs have no sign that can be relied on. @param {Float32Array | Float32Array[]} value @param {Float32Array |
 * Float32Array[]} other
 */
function requireSame(value, other) {
  const [a, b] = [value, other].map((one) => (Array.isArray(one) ? one : [one]));
  const same = a.every((one, k) => one.length === b[k].length && one.every((x, i) => Object.is(x, b[k][i])));
  if (!same || a.length !== b.length) throw new Error('the two entries predict otherwise');
}

/**
 * Runs what may only fail with certain errors. @template T @param {() => T} act @param {readonly Function[]}
 * errors @returns {T | Error}
 */
function attempt(act, errors) {
  try {
    return act();
  } catch (error) {
    if (errors.some((one) => error instanceof one)) return /** @type {Error} */ (error);
    throw error;
  }
}

/** Widths of a model's inputs, from its architecture. @param {Model} model @returns {number[]} */
function inputWidths(model) {
  const { layers, nodes, inputs } = model.toJSON();
  const config = (/** @type {number} */ index) => /** @type {any} */ (layers[index].config);
  if (nodes === undefined || inputs === undefined) return [config(0).inputShape[0]];
  return inputs.map((/** @type {number} */ node) => config(nodes[node].layer).shape[0]);
}

/** So many rows for each of some widths. @param {readonly number[]} widths @param {number} rows */
function rowsOf(widths, rows) {
  const list = widths.map((width) => new Float32Array(rows * width).fill(0.25));
  return list.length === 1 ? list[0] : list;
}

/** The training that a file holds, as plain data. @param {Uint8Array} file */
function trainingOf(file) {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
  return JSON.parse(header.__metadata__['wasm-mlp']).training;
}

/**
 * Goes on with the training of a file: what it says may let a step fail, in the library's words, or let weights
 * overflow, but the model is saved again.
 * @param {Library} library @param {Engine} engine @param {Model} model @param {Uint8Array} saved @param {readonly number[]} widths
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
 * Uses a model that was loaded in both entries.
 * @param {Library} library @param {Engine} engine @param {Model} loaded @param {Model} alone
 */
function use(library, engine, loaded, alone) {
  const widths = inputWidths(loaded);
  for (const rows of [1, 3]) {
    const x = rowsOf(widths, rows);
    const y = attempt(() => loaded.predict(x), [library.MemoryError]);
    if (!(y instanceof Error)) requireSame(alone.predict(x), y);
    else if (rows === 1) throw new Error(`predicts no single row: ${y.message}`);
  }
  const saved = loaded.save();
  // There may be no room for it beside the other.
  const again = attempt(() => engine.loadModel(saved, { custom: OWN }), [library.MemoryError]);
  if (!(again instanceof Error)) {
    if (Buffer.compare(again.save(), saved) !== 0) throw new Error('what is saved is saved otherwise once loaded');
    again.dispose();
  }
  trainOn(library, engine, loaded, saved, widths);
}

/**
 * Loads a file on `engine`; once loaded it predicts, one row and several, in both entries the same, its file is loaded
 * again and saved the same, and its training goes on. `loading` runs each call that loads, for those who measure.
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
  // The one machine of the other entry has no limit that is low enough to try.
  const alone =
    loaded instanceof library.MemoryError
      ? undefined
      : attempt(
          () => loading(() => predictLibrary.loadModelSync(file, options)),
          [predictLibrary.FormatError, predictLibrary.MemoryError],
        );
  if (Buffer.compare(file, copy) !== 0) throw new Error('the file was changed');
  if (!(loaded instanceof Error)) {
    if (alone instanceof Error) throw new Error(`refused by the entry that predicts alone: ${alone.message}`);
    use(library, engine, loaded, alone);
    loaded.dispose();
  }
  if (!(alone instanceof Error)) alone?.dispose();
  if (engine.memory().used !== used) throw new Error(`memory is left: ${engine.memory().used - used} bytes`);
  return loaded instanceof Error ? /** @type {Outcome} */ (loaded.name) : 'loaded';
}

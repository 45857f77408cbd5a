/** `loadTable` of wasm-mlp/tables/predict: predicts with the table model of a file, and does nothing else. */
import { bytesOf } from '../common/arrays.js';
import { describe } from '../common/describe.js';
import { FormatError, ValueError } from '../common/errors.js';
import { DISPOSE } from '../common/symbols.js';
import { decodeSafetensors } from '../formats/safetensors.js';
import { loadModel, type InferenceModel, type LoadOptions } from '../predict.js';
import { likeliest, probabilityRows, unscaled, type Label } from '../tabular/outputs.js';
import {
  fieldChecker,
  readField,
  readSavedLabels,
  readScaling,
  type FacadeFields,
  type RequireField,
} from '../tabular/saved-fields.js';
import { networkRows, readTableField, requireNetworkOf, requireTargets, type TableField } from './field.js';
import { labelColumns, numberColumns, type PredictedLabels, type PredictedNumbers } from './predictions.js';
import type { Schema } from './schema.js';
import { openTable, type Table } from './table.js';

const WHERE = 'loadTable';

/**
 * Predictions of a table model: labels of a classifier, numbers of a regressor.
 * @category Tables
 */
export type TablePredictions = PredictedLabels | PredictedNumbers;

/** What the outputs of the network say. */
interface Head {
  readonly classes: readonly Label[];
  read(outputs: Float32Array): TablePredictions;
}

/** Reads what a file says of the outputs, by the kind of its facade. */
const HEADS: Readonly<
  Record<string, (fields: FacadeFields, outputs: number, targets: readonly string[], check: RequireField) => Head>
> = {
  mlpClassifier: (fields, outputs, targets, check) => {
    const labels = readSavedLabels(fields, outputs, check);
    return { classes: labels.labels, read: (flat) => labelColumns(likeliest(flat, labels), targets) };
  },
  mlpRegressor: ({ targets: scales }, outputs, targets, check) => {
    const scaling = readScaling('targets', scales, outputs, check);
    return { classes: [], read: (flat) => numberColumns(unscaled(flat, scaling), targets) };
  },
};

/**
 * A table model that predicts, made by `loadTable` of wasm-mlp/tables/predict.
 * @category Tables
 */
export class TablePredictor<P extends TablePredictions = TablePredictions> {
  /** Internal: users call `loadTable`. @internal */
  constructor(
    private readonly model: InferenceModel,
    private readonly field: TableField,
    private readonly head: Head,
  ) {}

  /** Labels of a classifier, in the order of its probabilities; none of a regressor. */
  get classes(): readonly Label[] {
    return this.head.classes;
  }

  /** Names of the columns that are predicted. */
  get targets(): readonly string[] {
    return this.field.targets;
  }

  /** Columns that are used, and those that are not. */
  get schema(): Schema {
    return this.field.preprocessing.schema;
  }

  /**
   * Returns the most probable label of each row, or of a regressor the numbers, as a Float64Array; of several targets such
   * columns by name. They are those of the model that was saved, to the bit.
   * @throws ValueError for a column that is not there or has another kind; StateError after `dispose`.
   */
  predict(table: Table): P {
    return this.head.read(this.outputs('predict', table)) as P;
  }

  /**
   * Returns, for each row, the probability of each label, in the order of `classes`.
   * @throws as `predict`; ValueError for a regressor.
   */
  predictProbabilities(table: Table): Float32Array[] {
    const { length } = this.classes;
    if (length === 0) {
      throw new ValueError('predictProbabilities: model expected a classifier, got a regressor. Call predict.');
    }
    return probabilityRows(this.outputs('predictProbabilities', table), length);
  }

  /** Frees the memory of the network. */
  dispose(): void {
    this.model.dispose();
  }

  /** `dispose`, for `using`. */
  [DISPOSE](): void {
    this.dispose();
  }

  private outputs(where: string, table: Table): Float32Array {
    const { preprocessing } = this.field;
    const { rows, numbers, places } = preprocessing.transformOpen(where, openTable(where, table));
    return rows === 0 ? new Float32Array(0) : this.model.predict(networkRows(preprocessing, numbers, places));
  }
}

/**
 * Loads the table model of a file that `save` of a `tableClassifier` or `tableRegressor` wrote, to predict with. Labels
 * and numbers are those of the whole library, to the bit.
 * @throws FormatError for a damaged or foreign file, or one that needs a custom activation which is not in `custom`;
 * MemoryError; UnsupportedError where the platform lacks WebAssembly SIMD or shared memory.
 * @example
 * import { loadTable } from 'wasm-mlp/tables/predict';
 * const trained = tableRegressor({ epochs: 20 });
 * await trained.fit({ day: ['2026-01-01', '2026-01-02', '2026-01-03'], sold: [3, 5, 4] }, 'sold');
 * const predictor = await loadTable<Float64Array>(trained.save());
 * predictor.predict([{ day: '2026-01-04' }])[0] === trained.predict([{ day: '2026-01-04' }])[0]; // true
 * @category Tables
 */
export async function loadTable<P extends TablePredictions = TablePredictions>(
  bytes: Uint8Array | ArrayBuffer,
  options?: LoadOptions,
): Promise<TablePredictor<P>> {
  const file = bytesOf(bytes);
  if (file === undefined) throw new ValueError(`${WHERE}: file expected a Uint8Array, got ${describe(bytes)}.`);
  const { metadata } = decodeSafetensors(WHERE, file);
  const field = readTableField(WHERE, metadata);
  const check = fieldChecker(WHERE);
  const { kind, ...fields } = readField(WHERE, metadata, check);
  const known = typeof kind === 'string' && Object.hasOwn(HEADS, kind);
  check(known, 'kind', Object.keys(HEADS).join(' or '), kind);
  requireTargets(field, fields, check);
  if (fields.inputs !== undefined) throw new FormatError(`${WHERE}: field inputs expected none, got one.`);
  const model = await loadModel(file, options);
  try {
    requireNetworkOf(WHERE, field, model);
    const { outputs } = model.widths;
    check(outputs.length === 1, 'architecture', 'a network with one output', outputs);
    const head = HEADS[kind as string](fields, outputs[0], field.targets, check);
    return new TablePredictor<P>(model, field, head);
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** `loadTable` of wasm-mlp/tables: a table model of a file, to predict with or to fit again. */
import { bytesOf } from '../common/arrays.js';
import { restoreCustom } from '../common/custom.js';
import { describe } from '../common/describe.js';
import { ValueError } from '../common/errors.js';
import { fieldOf } from '../common/objects.js';
import { decodeSafetensors } from '../formats/safetensors.js';
import { loadClassifier, loadRegressor, type Label, type LoadTableOptions, type MlpOptions } from '../index.js';
import { customCheck } from '../inference/custom-objects.js';
import { READ_FIRST } from '../inference/model-file.js';
import { fieldChecker, readField } from '../tabular/saved-fields.js';
import { TableClassifier } from './classifier.js';
import { DECIDED, embeddingsFor, type TableModelOptions } from './estimator.js';
import { readTableField, requireNetworkOf, requireTargets, type TableField } from './field.js';
import { TableRegressor } from './regressor.js';

const WHERE = 'loadTable';

/** Loads the facade of a file, and makes the table model of it. */
type Loader = (
  file: Uint8Array,
  options: LoadTableOptions | undefined,
  settings: () => TableModelOptions,
  field: TableField,
) => Promise<TableClassifier | TableRegressor>;

const LOADERS: Readonly<Record<string, Loader>> = {
  mlpClassifier: async (file, options, settings, field) => {
    const facade = await loadClassifier<Label | readonly Label[]>(file, options);
    return checked(facade, field, () => new TableClassifier<Label[]>(settings(), { ...field, facade }));
  },
  mlpRegressor: async (file, options, settings, field) => {
    const facade = await loadRegressor(file, options);
    return checked(facade, field, () => new TableRegressor(settings(), { ...field, facade }));
  },
};

/** Checks that the network takes what the preprocessing gives; frees it if not. */
function checked<T>(
  facade: { readonly model: Parameters<typeof requireNetworkOf>[2]; dispose(): void },
  field: TableField,
  make: () => T,
): T {
  try {
    requireNetworkOf(WHERE, field, facade.model);
    return make();
  } catch (error) {
    facade.dispose();
    throw error;
  }
}

/**
 * Loads the table model of a file that `save` of a `tableClassifier` or `tableRegressor` wrote, on `engine` or on the
 * default one. Its `kind` says which it is. It predicts as the saved one did, and can be fitted again.
 * `wasm-mlp/tables/predict` has a smaller function of this name, which only predicts.
 * @throws FormatError for a damaged or foreign file, or one that needs a custom activation which is not in `custom`;
 * MemoryError.
 * @example
 * const fitted = tableClassifier({ hiddenLayers: [8], epochs: 20 });
 * await fitted.fit({ size: [1, 2, 8, 9], kind: ['small', 'small', 'large', 'large'] }, 'kind');
 * const loaded = await loadTable(fitted.save());
 * loaded.kind; // 'classifier'
 * loaded.predict([{ size: 3 }])[0] === fitted.predict([{ size: 3 }])[0]; // true
 * @category Tables
 */
export async function loadTable<T extends TableClassifier | TableRegressor = TableClassifier | TableRegressor>(
  bytes: Uint8Array | ArrayBuffer,
  options?: LoadTableOptions,
): Promise<T> {
  const file = bytesOf(bytes);
  if (file === undefined) {
    throw new ValueError(`${WHERE}: file expected a Uint8Array, got ${describe(bytes)}.${READ_FIRST}`);
  }
  const { metadata } = decodeSafetensors(WHERE, file);
  const field = readTableField(WHERE, metadata);
  const requireField = fieldChecker(WHERE);
  const { kind, options: saved, ...fields } = readField(WHERE, metadata, requireField);
  const known = typeof kind === 'string' && Object.hasOwn(LOADERS, kind);
  requireField(known, 'kind', Object.keys(LOADERS).join(' or '), kind);
  requireTargets(field, fields, requireField);
  const custom = fieldOf(options, 'custom');
  const engine = fieldOf(options, 'engine');
  // Called once the facade is loaded, which has checked its options, and its network is that of the columns.
  const settings = (): TableModelOptions => {
    const embeddings = fieldOf(saved, 'embeddings');
    const same = JSON.stringify(embeddings) === JSON.stringify(embeddingsFor(field.preprocessing));
    requireField(same, 'options.embeddings', 'those of the columns', embeddings);
    const objects = custom === undefined ? new Map<string, never>() : customCheck(`${WHERE}: custom`, custom);
    const restored = Object.entries(restoreCustom(`${WHERE}: options`, saved, objects) as MlpOptions);
    return {
      ...Object.fromEntries(restored.filter(([name]) => !DECIDED.includes(name))),
      ...(engine !== undefined && { engine }),
      columns: Object.fromEntries(field.choices),
    } as TableModelOptions;
  };
  return (await LOADERS[kind as string](file, options, settings, field)) as T;
}

/** Models of `mlpClassifier` and `mlpRegressor`: rows of numbers in; labels with probabilities, or numbers, out. */
import { loadClassifier, loadRegressor, type MlpClassifier, type MlpRegressor } from 'wasm-mlp';
import { weightsHash } from '../../model-files/open.js';
import type { Output } from '../protocol/response.js';
import { namedInputs } from './named-inputs.js';
import { DOUBLES, numbersOf } from './numbers.js';
import {
  datatypeOfLabels,
  indexOfLargest,
  labelValues,
  refusing,
  type Compute,
  type Rows,
  type Servable,
} from './servable.js';

interface EstimatorRows extends Rows {
  /** Rows one after the other, in double: columns of large numbers are standardized in double. */
  readonly x: Float64Array;
}

/** What another thread needs of such a model: its file. */
export interface EstimatorSetup {
  readonly kind: 'estimator';
  readonly of: string;
  readonly bytes: Uint8Array;
}

type Estimator = MlpClassifier | MlpRegressor;
type Label = string | number | boolean;

/** Loads the file of either. */
export const loadEstimator = (kind: string, bytes: Uint8Array): Promise<Estimator> =>
  kind === 'mlpRegressor' ? loadRegressor(bytes) : loadClassifier(bytes);

const classesOf = (model: Estimator): readonly Label[] => ('classes' in model ? model.classes : []);

/** Whether rows have lists of labels in place of one. */
function isMultilabel(model: Estimator, width: number): boolean {
  return 'classes' in model && Array.isArray((model.predict(new Float64Array(width)) as unknown[])[0]);
}

export function computeEstimator(model: Estimator): Compute<EstimatorRows> {
  const labels = labelValues(classesOf(model));
  const several = isMultilabel(model, widthOf(model));
  return refusing(({ x, rows }) => {
    if (!('classes' in model)) return [rows === 0 ? x : model.predict(x)];
    const width = labels.length;
    const probabilities = new Float32Array(rows * width);
    if (rows > 0) {
      model.predictProbabilities(x).forEach((row, index) => probabilities.set(row, index * width));
    }
    if (several) return [probabilities];
    const best = Array.from({ length: rows }, (_, row) => labels[indexOfLargest(probabilities, row * width, width)]);
    return [best, probabilities];
  });
}

/** Columns of a row. */
const widthOf = ({ model }: Estimator): number =>
  model.inputs.reduce((sum, { layer }) => sum + (layer.config as { shape: readonly number[] }).shape[0], 0);

function outputsOf(model: Estimator): (Output & { labels?: readonly Label[] })[] {
  if (!('classes' in model)) {
    const width = model.predict(new Float64Array(widthOf(model))).length;
    return [{ name: 'prediction', datatype: 'FP64', width, dimensions: [width] }];
  }
  const labels = labelValues(model.classes);
  const width = labels.length;
  const probabilities = { name: 'probabilities', datatype: 'FP32', width, dimensions: [width], labels } as const;
  if (isMultilabel(model, widthOf(model))) return [probabilities];
  return [{ name: 'label', datatype: datatypeOfLabels(model.classes), width: 1, dimensions: [] }, probabilities];
}

/** Opens the file of such a model, whose metadata says of which kind. */
export async function servableEstimator(of: string, bytes: Uint8Array): Promise<Servable<EstimatorRows>> {
  const model = await loadEstimator(of, bytes);
  const width = widthOf(model);
  return {
    platform: 'wasm-mlp_estimator',
    hash: weightsHash(model.model),
    inputs: [{ name: 'x', datatype: 'FP64', shape: [-1, width] }],
    outputs: outputsOf(model),
    read: ({ inputs }) => {
      const [tensor] = namedInputs(inputs, ['x']);
      return { rows: tensor.shape[0], x: numbersOf(tensor, width, DOUBLES) };
    },
    join: (parts) => {
      const x = new Float64Array(parts.reduce((sum, { x: { length } }) => sum + length, 0));
      let at = 0;
      for (const { x: part } of parts) {
        x.set(part, at);
        at += part.length;
      }
      return { rows: parts.reduce((sum, { rows }) => sum + rows, 0), x };
    },
    compute: computeEstimator(model),
    setup: (): EstimatorSetup => ({ kind: 'estimator', of, bytes }),
    dispose: () => model.dispose(),
  };
}

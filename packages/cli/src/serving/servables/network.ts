/** Networks as they are in files of any format: rows of numbers in, numbers out, and the label where labels are known. */
import type { InferenceModel, ModelHandle } from 'wasm-mlp';
import { weightsHash, type ModelFile } from '../../model-files/open.js';
import { RequestError, shown } from '../protocol/request-error.js';
import type { Output } from '../protocol/response.js';
import { ofInput, type RequestTensor } from '../protocol/tensor.js';
import { commonRows, namedInputs } from './named-inputs.js';
import { numbersOf } from './numbers.js';
import { RowPool } from './row-pool.js';
import {
  datatypeOfLabels,
  freeName,
  indexOfLargest,
  labelValues,
  type Compute,
  type Rows,
  type Servable,
} from './servable.js';

export interface NetworkRows extends Rows {
  /** Rows for each input, one after the other. */
  readonly inputs: readonly Float32Array[];
}

/** What another thread needs of a network. */
export interface NetworkSetup {
  readonly kind: 'network';
  readonly handle: ModelHandle;
  readonly widths: readonly number[];
  readonly labels: readonly (string | number)[] | undefined;
}

/** An input or output: as the library's own writers of other formats see them, so that names are those of the ONNX file. */
interface TensorSpec {
  readonly name: string;
  readonly width: number;
  /** Numbers of categories of the columns of an input of categories. */
  readonly categories?: readonly number[] | undefined;
}

const CONTENT = Symbol.for('wasm-mlp.content');
type WithContent = Record<
  typeof CONTENT,
  (where: string, withTensors: boolean) => Record<'inputSpecs' | 'outputSpecs', readonly TensorSpec[]>
>;

type AnyInferenceModel = Pick<InferenceModel<Float32Array | Float32Array[]>, 'predictInto'>;

/** Computes the outputs of a network, and the labels of the first one. Runs in the thread of the server or in others. */
export function computeNetwork(
  model: AnyInferenceModel,
  widths: readonly number[],
  labels: readonly (string | number)[] | undefined,
): Compute<NetworkRows> {
  const names = labels && labelValues(labels);
  return ({ inputs, rows }) => {
    const outs = widths.map((width) => new Float32Array(rows * width));
    if (rows > 0) model.predictInto(inputs.length === 1 ? inputs[0] : inputs, outs.length === 1 ? outs[0] : outs);
    return names === undefined ? outs : [...outs, labelsOf(outs[0], widths[0], names)];
  };
}

/** The label of each row: the most probable one, or with a single probability the second of two above 0.5. */
function labelsOf(
  values: Float32Array,
  width: number,
  labels: readonly (string | number | boolean)[],
): (string | number | boolean)[] {
  return Array.from({ length: values.length / width }, (_, row) =>
    width === 1 ? labels[values[row] > 0.5 ? 1 : 0] : labels[indexOfLargest(values, row * width, width)],
  );
}

/** Whether each output, or the two sides of the only one, has a label. */
const fit = (labels: readonly unknown[] | undefined, width: number): boolean =>
  labels?.length === (width === 1 ? 2 : width);

export function servableNetwork({ model, labels: given, format }: ModelFile): Servable<NetworkRows> {
  const { inputSpecs, outputSpecs } = (model as unknown as WithContent)[CONTENT]('serve', false);
  const widths = outputSpecs.map(({ width }) => width);
  const labels = widths.length === 1 && fit(given, widths[0]) ? given : undefined;
  const names = inputSpecs.map(({ name }) => name);
  const pools = inputSpecs.map(({ width }) => new RowPool(width));
  const outputs: (Output & { labels?: readonly (string | number)[] })[] = outputSpecs.map(({ name, width }) => ({
    name,
    datatype: 'FP32',
    width,
    dimensions: [width],
    ...(labels && { labels }),
  }));
  if (labels !== undefined) {
    const name = freeName(
      'label',
      outputs.map((output) => output.name),
    );
    outputs.push({ name, datatype: datatypeOfLabels(labels), width: 1, dimensions: [] });
  }
  return {
    platform: `wasm-mlp_${format}`,
    hash: weightsHash(model),
    inputs: inputSpecs.map(({ name, width }) => ({ name, datatype: 'FP32', shape: [-1, width] })),
    outputs,
    read: ({ inputs }) => {
      const tensors = namedInputs(inputs, names);
      const rows = commonRows(tensors);
      return { rows, inputs: tensors.map((tensor, index) => floatsOf(tensor, inputSpecs[index], pools[index])) };
    },
    release: ({ inputs }) => inputs.forEach((values, index) => pools[index].give(values)),
    join: (parts) => ({
      rows: parts.reduce((sum, { rows }) => sum + rows, 0),
      inputs: inputSpecs.map((_, index) => joined(parts.map(({ inputs }) => inputs[index]))),
    }),
    compute: computeNetwork(model, widths, labels),
    setup: (): NetworkSetup => ({ kind: 'network', handle: model.share(), widths, labels }),
    dispose: () => model.dispose(),
  };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Reads rows of numbers, or of categories. */
function floatsOf(tensor: RequestTensor, { width, categories }: TensorSpec, pool: RowPool): Float32Array {
  const values = numbersOf(tensor, width, pool);
  if (categories !== undefined) requireCategories(tensor, values, categories);
  return values;
}

function requireCategories(tensor: RequestTensor, values: Float32Array, categories: readonly number[]): void {
  const width = categories.length;
  for (let i = 0; i < values.length; i++) {
    const most = categories[i % width] - 1;
    if (Number.isInteger(values[i]) && values[i] >= 0 && values[i] <= most) continue;
    throw new RequestError(
      `${ofInput(tensor)} expected categories from 0 to ${most}, got ${shown(values[i])} in row ${Math.floor(i / width)}, column ${i % width}.`,
    );
  }
}

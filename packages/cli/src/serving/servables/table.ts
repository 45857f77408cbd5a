/** Models of tables: an input for each column, by its name; labels with probabilities, or numbers, out. */
import type { TablePredictor } from 'wasm-mlp/tables/predict';
import { weightsHash } from '../../model-files/open.js';
import type { TableModel } from '../../training/estimate.js';
import { DATATYPES, type Element } from '../protocol/datatypes.js';
import { RequestError } from '../protocol/request-error.js';
import type { Output } from '../protocol/response.js';
import { elementsOf, ofInput, refuseElement, shapeText, type RequestTensor } from '../protocol/tensor.js';
import { commonRows, namedInputs } from './named-inputs.js';
import {
  datatypeOfLabels,
  freeName,
  indexOfLargest,
  labelValues,
  refusing,
  type Compute,
  type Rows,
  type Servable,
} from './servable.js';

export interface TableRows extends Rows {
  readonly columns: Readonly<Record<string, ArrayLike<Element>>>;
}

/** What another thread needs of a table model: its file. */
export interface TableSetup {
  readonly kind: 'table';
  readonly bytes: Uint8Array;
}

/** The types in which clients are told to send the kinds of columns. Others of the same values are taken, too. */
const DATATYPE_OF_KIND = { number: 'FP64', boolean: 'BOOL', date: 'BYTES', category: 'BYTES' } as const;

type Predicting = Pick<TablePredictor, 'classes' | 'targets'> & {
  predict(table: TableRows['columns']): unknown;
  predictProbabilities(table: TableRows['columns']): Float32Array[];
};

/** A classifier or a regressor, as far as predictions go. */
const predictingOf = (model: TableModel): Predicting => ({
  classes: model.kind === 'classifier' ? model.classes : [],
  targets: model.targets,
  predict: (table) => model.predict(table),
  predictProbabilities: (table) => (model.kind === 'classifier' ? model.predictProbabilities(table) : []),
});

/** Computes what a table model says of rows, in the order of `outputsOf`. Runs in the thread of the server or in others. */
export function computeTable(model: Predicting): Compute<TableRows> {
  const { classes, targets } = model;
  const labels = labelValues(classes);
  return refusing(({ columns, rows }) => {
    if (classes.length === 0) {
      const numbers = model.predict(columns) as Float64Array | Readonly<Record<string, Float64Array>>;
      return numbers instanceof Float64Array ? [numbers] : targets.map((name) => numbers[name]);
    }
    const width = classes.length;
    const probabilities = new Float32Array(rows * width);
    model.predictProbabilities(columns).forEach((row, index) => probabilities.set(row, index * width));
    if (targets.length > 1) {
      const isTrue = (row: number, j: number): boolean => probabilities[row * width + j] > 0.5;
      return [...targets.map((_, j) => Array.from({ length: rows }, (_row, row) => isTrue(row, j))), probabilities];
    }
    const best = Array.from({ length: rows }, (_, row) => labels[indexOfLargest(probabilities, row * width, width)]);
    return [best, probabilities];
  });
}

function outputsOf({ classes, targets }: Predicting): (Output & { labels?: Predicting['classes'] })[] {
  const plain = { width: 1, dimensions: [] };
  if (classes.length === 0) return targets.map((name) => ({ name, datatype: 'FP64', ...plain }));
  const datatype = targets.length === 1 ? datatypeOfLabels(classes) : 'BOOL';
  const name = freeName('probabilities', targets);
  const labels = labelValues(classes);
  return [
    ...targets.map((target) => ({ name: target, datatype, ...plain })),
    { name, datatype: 'FP32', width: classes.length, dimensions: [classes.length], labels },
  ];
}

export function servableTable(model: TableModel, bytes: Uint8Array): Servable<TableRows> {
  const predicting = predictingOf(model);
  const { schema, targets } = model;
  const names = schema.columns.map(({ name }) => name);
  const ignored = [...targets, ...schema.dropped.map(({ name }) => name)];
  return {
    platform: 'wasm-mlp_table',
    hash: weightsHash(model.model),
    inputs: schema.columns.map(({ name, kind }) => ({ name, datatype: DATATYPE_OF_KIND[kind], shape: [-1] })),
    outputs: outputsOf(predicting),
    read: ({ inputs }) => {
      const tensors = namedInputs(inputs, names, ignored);
      const rows = commonRows(tensors);
      return { rows, columns: recordOf(names, (index) => cellsOf(tensors[index])) };
    },
    join: (parts) => ({
      rows: parts.reduce((sum, { rows }) => sum + rows, 0),
      columns: recordOf(names, (_, name) => parts.flatMap(({ columns }) => Array.from(columns[name]))),
    }),
    compute: computeTable(predicting),
    setup: (): TableSetup => ({ kind: 'table', bytes }),
    dispose: () => model.dispose(),
  };
}

/** Columns by name. A name such as `__proto__` is one like any other. */
function recordOf<T>(
  names: readonly string[],
  column: (index: number, name: string) => T,
): Readonly<Record<string, T>> {
  const record = Object.create(null) as Record<string, T>;
  names.forEach((name, index) => {
    record[name] = column(index, name);
  });
  return record;
}

/** The values of a column. NaN is refused unless the client says that it stands for missing values. */
function cellsOf(tensor: RequestTensor): ArrayLike<Element> {
  const { shape, count, datatype, parameters } = tensor;
  if (shape[0] !== count) {
    throw new RequestError(`${ofInput(tensor)} expected the shape [rows], got ${shapeText(shape)}.`);
  }
  const isMissingNaN = parameters.nan_is_missing === true;
  const elements = elementsOf(tensor);
  const { accepts } = DATATYPES[datatype];
  for (let row = 0; row < count; row++) {
    const value = elements[row];
    if (Number.isNaN(value) && !isMissingNaN) {
      throw new RequestError(
        `${ofInput(tensor)} expected numbers, got NaN in row ${row}. A missing value is null in JSON; among bytes it is NaN with the parameter nan_is_missing.`,
      );
    }
    if (value !== null && typeof value !== 'bigint' && !accepts(value)) refuseElement(tensor, value, row);
  }
  return elements;
}

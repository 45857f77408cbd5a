/**
 * Operators that skl2onnx writes for scikit-learn's pipelines: a scaler in front, linear models, and the last nodes of a
 * classifier, which choose a label of the shares. Those become no layer: the shares are the output, and the labels are
 * kept beside it.
 */
import { axisOf, type Constant } from './constants.js';
import { affine } from './import-arithmetic.js';
import { activate, constantAt, isKnown, isRows, onRows, rowsOf, type Read, type Reading } from './reading.js';
import type { Rows, Value } from './values.js';

const NUMBERS = 'rows of numbers that depend on an input of the file';

/** Calls with the first input as rows. Integers of an input are numbers to these operators. */
const onNumbers =
  (read: (rows: Rows, reading: Reading) => ReturnType<Read>): Read =>
  (reading) => {
    const [value] = reading.inputs;
    if (isRows(value)) return read(value, reading);
    const isWhole = value?.is === 'indices' && value.columns.length === value.input.width;
    return isWhole ? read(rowsOf(value.input, value.dims), reading) : NUMBERS;
  };

const floatsAsConstant = (data: readonly number[]): Constant => ({
  dims: data.length === 1 ? [] : [data.length],
  data: Float64Array.from(data),
  integer: false,
});

/** (x − offset)·scale. */
export const scaler: Read = onNumbers((rows, { attributes, columns, where }) => {
  const [offset, scale] = ['offset', 'scale'].map((name) => attributes.floats(name));
  const shifted = offset === undefined ? rows : columns.subtract(where, rows, floatsAsConstant(offset));
  return scale === undefined ? shifted : columns.multiply(where, shifted, floatsAsConstant(scale));
});

/** Activations by the names that linear models have for them. */
const TRANSFORMS: ReadonlyMap<string, 'softmax' | 'sigmoid'> = /* @__PURE__ */ new Map([
  ['SOFTMAX', 'softmax'],
  ['LOGISTIC', 'sigmoid'],
]);

/** Scores of a linear model, after its `post_transform`; or what was expected. */
function linear(rows: Rows, reading: Reading, outputs: number): Rows | string {
  const { attributes, where, maker } = reading;
  const { width } = rows.step;
  const coefficients = attributes.floats('coefficients') ?? [];
  const intercepts = attributes.floats('intercepts');
  if (rows.dims.length !== 1 || coefficients.length !== outputs * width) return `${outputs} × ${width} coefficients`;
  if (intercepts !== undefined && intercepts.length !== outputs) return `${outputs} intercepts`;
  maker.spend(where, coefficients.length);
  const weight = Float32Array.from(coefficients);
  const bias = intercepts && Float32Array.from(intercepts);
  const scores = affine(reading, rows, { units: outputs, weight, bias, isProduct: false }, [outputs]);
  const transform = attributes.string('post_transform') ?? 'NONE';
  if (transform === 'NONE') return scores;
  const kind = TRANSFORMS.get(transform);
  return kind === undefined
    ? 'a post_transform of NONE, SOFTMAX or LOGISTIC'
    : activate(reading, scores, { kind, config: {} });
}

export const linearRegressor: Read = onNumbers((rows, reading) =>
  linear(rows, reading, reading.attributes.int('targets') ?? 1),
);

/** The class of each row, and the scores of the classes. */
export const linearClassifier: Read = onNumbers((rows, reading) => {
  const { attributes } = reading;
  const labels = attributes.strings('classlabels_strings') ?? attributes.ints('classlabels_ints');
  if (labels === undefined) return 'labels';
  const scores = linear(rows, reading, labels.length);
  return typeof scores === 'string' ? scores : [{ is: 'classes', of: scores, labels }, scores];
});

/** Shares divided by their sum, where that is 1 already: softmax, and two classes of opposite scores. */
export const normalizer: Read = onRows((rows, { attributes, view, node }) => {
  const { computation, inputs, width } = rows.step;
  const activation = computation.kind === 'activation' ? computation.activation.kind : undefined;
  const [scores] = inputs;
  const isOpposite = (values: Float32Array | undefined): boolean =>
    values === undefined || values.every((value, i) => value === -values[(i + values.length / 2) % values.length]);
  const { computation: line } = scores ?? {};
  const isPair =
    activation === 'sigmoid' &&
    width === 2 &&
    line?.kind === 'affine' &&
    isOpposite(line.weight) &&
    isOpposite(line.bias);
  if (attributes.string('norm') !== 'L1' || !(activation === 'softmax' || isPair)) return 'shares whose sum is 1';
  return view.rows(node.inputs[0]) ?? rows;
});

export const argMax: Read = onRows((rows, { attributes, where }) => {
  const axis = axisOf(where, attributes.int('axis') ?? 0, rows.dims.length + 1);
  return axis === 1 ? { is: 'classes', of: rows, labels: undefined } : 'axis 1';
});

/** Yes or no for each share, above a threshold: the answers of a classifier with several labels at once. */
export const binarizer: Read = onRows((of) => ({ is: 'classes', of, labels: undefined }));

/** Labels of classes by their index. */
export const arrayFeatureExtractor: Read = ({ inputs: [labels, classes] }) => {
  if (classes?.is !== 'classes') return 'the index of a class';
  if (labels?.is === 'texts') return { ...classes, labels: labels.texts };
  return isKnown(labels) ? { ...classes, labels: Array.from(labels.constant.data) } : 'labels that are constants';
};

/** Shares of classes by label: the labels are read, the shares stay rows. */
export const zipMap: Read = onRows((of, { attributes }) => {
  const labels = attributes.strings('classlabels_strings') ?? attributes.ints('classlabels_int64s');
  return labels === undefined ? 'labels' : { is: 'classes', of, labels };
});

/** Columns of shares, which skl2onnx writes as an output each for `zipmap: 'columns'`. */
export const slice: Read = onRows((of, reading): Value | string => {
  const { attributes, where } = reading;
  const numbers = (name: string, index: number): readonly number[] | undefined =>
    attributes.ints(name) ?? (constantAt(reading, index) && Array.from(constantAt(reading, index)!.data));
  const [starts, ends] = [numbers('starts', 1), numbers('ends', 2)];
  const [axis] = numbers('axes', 3) ?? [0];
  const [step] = numbers('steps', 4) ?? [1];
  const isOne = starts?.length === 1 && ends?.length === 1 && of.dims.length === 1 && step === 1;
  if (!isOne || axisOf(where, axis, 2) !== 1) return 'columns one after the other';
  const { width } = of.step;
  const [from, to] = [starts[0], ends[0]].map((at) => Math.max(0, Math.min(width, at < 0 ? at + width : at)));
  return from < to ? { is: 'part', of, from, to, where } : 'at least one column';
});

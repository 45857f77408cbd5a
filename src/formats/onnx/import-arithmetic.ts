/** Operators that become products with weights, sums, products, and bounds. */
import type { Constant } from './constants.js';
import type { Affine, Computation, Merge } from './computations.js';
import {
  activate,
  constantAt,
  isFlat,
  isKnown,
  isRows,
  merged,
  numberOf,
  onRows,
  rowsOf,
  type Read,
  type Reading,
} from './reading.js';
import { perColumn, type Rows } from './values.js';

/** Appends y = x·Wᵀ + b. */
export function affine(reading: Reading, rows: Rows, map: Affine, dims: readonly number[]): Rows {
  const computation: Computation = { kind: 'affine', ...map, name: reading.nameOf(reading.node.inputs[1]) };
  return rowsOf(reading.builder.step(computation, [rows.step], map.units), dims);
}

/** Returns the weights (units, inputs) of a constant matrix, times a factor. */
const weightOf = ({ maker }: Reading, matrix: Constant, transposed: boolean, factor: number): Float32Array =>
  maker.once(matrix, `weight ${transposed} ${factor}`, () => arrangedWeight(matrix, transposed, factor));

function arrangedWeight({ dims: [rows, columns], data }: Constant, transposed: boolean, factor: number): Float32Array {
  if (transposed && factor === 1) return data instanceof Float32Array ? data : new Float32Array(data);
  if (transposed) return Float32Array.from(data, (value) => factor * value);
  const weight = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      weight[column * rows + row] = factor * data[row * columns + column];
  }
  return weight;
}

export const gemm: Read = onRows((rows, reading) => {
  const { attributes, where, maker } = reading;
  const [matrix, shift] = [constantAt(reading, 1), constantAt(reading, 2)];
  if (matrix?.dims.length !== 2) return 'a matrix of weights that is a constant';
  if (attributes.int('transA')) return 'transA of 0';
  if (reading.inputs[2] !== undefined && shift === undefined) return 'a bias that is a constant';
  const transposed = Boolean(attributes.int('transB'));
  const [units, inputs] = transposed ? matrix.dims : [matrix.dims[1], matrix.dims[0]];
  if (inputs !== rows.step.width || !isFlat(rows)) return `rows of ${inputs} numbers`;
  const beta = attributes.float('beta') ?? 1;
  const column = shift && perColumn(where, shift, [units], maker);
  const bias = beta === 1 ? column : column?.map((value) => beta * value);
  const weight = weightOf(reading, matrix, transposed, attributes.float('alpha') ?? 1);
  return affine(reading, rows, { units, weight, bias, isProduct: false }, [units]);
});

export const matMul: Read = onRows((rows, reading) => {
  const matrix = constantAt(reading, 1);
  if (matrix?.dims.length !== 2) return 'a matrix of weights that is a constant, behind the rows';
  const [inputs, units] = matrix.dims;
  if (inputs !== rows.step.width || !isFlat(rows)) return `rows of ${inputs} numbers`;
  const weight = weightOf(reading, matrix, false, 1);
  return affine(reading, rows, { units, weight, bias: undefined, isProduct: true }, [...rows.dims.slice(0, -1), units]);
});

/** Whether a set of operators before 7 spreads its second operand along another axis than newer ones do. */
const spreadsElsewhere = ({ opset, attributes }: Reading, rows: Rows, constant: Constant): boolean => {
  const axis = opset < 7 ? attributes.int('axis') : undefined;
  return axis !== undefined && axis >= 0 && axis !== rows.dims.length + 1 - constant.dims.length;
};

interface Arithmetic {
  readonly rows: Merge | undefined;
  readonly right: (reading: Reading, rows: Rows, constant: Constant) => Rows | string;
  readonly left: (reading: Reading, constant: Constant, rows: Rows) => Rows | string;
}

/** An operator of two operands: two inputs of rows, or rows and a constant in either order. */
export const arithmetic =
  ({ rows, right, left }: Arithmetic): Read =>
  (reading) => {
    const [a, b] = reading.inputs;
    if (isRows(a) && isKnown(b)) {
      if (spreadsElsewhere(reading, a, b.constant)) return 'an operand along the last axis';
      return right(reading, a, b.constant);
    }
    if (isKnown(a) && isRows(b)) return left(reading, a.constant, b);
    if (!isRows(a) || !isRows(b)) return 'rows and constants';
    return rows === undefined ? 'a constant as one operand' : merged(reading, rows, [a, b]);
  };

export const addition: Arithmetic = {
  rows: 'add',
  right: ({ columns, where }, rows, constant) => columns.add(where, rows, constant),
  left: ({ columns, where }, constant, rows) => columns.add(where, rows, constant),
};

/** The largest or smallest of rows and one constant, of which rows are one side. */
export function bounded(reading: Reading, rows: Rows, { data }: Constant, sign: 1 | -1): Rows | string {
  if (data.length !== 1) return 'a bound that is one number';
  const { columns, where } = reading;
  // max(x, c) = relu(x − c) + c, and min(x, c) = c − relu(c − x).
  const above = columns.line(where, rows, sign, -sign * data[0]);
  return columns.line(where, activate(reading, above, { kind: 'relu', config: {} }), sign, data[0]);
}

/** An operator of any number of operands. */
export const variadic =
  (kind: Merge, withConstant: (reading: Reading, rows: Rows, constant: Constant) => Rows | string): Read =>
  (reading) => {
    const { inputs } = reading;
    const rows = inputs.filter(isRows);
    const constants = inputs.filter(isKnown);
    if (rows.length + constants.length !== inputs.length || rows.length === 0) return 'rows and constants';
    if (kind === 'average' && constants.length > 0) return 'rows';
    let result = merged(reading, kind, rows);
    for (const { constant } of constants) {
      if (typeof result === 'string') return result;
      result = withConstant(reading, result, constant);
    }
    return result;
  };

/** A clip between two numbers. */
export const clip: Read = onRows((rows, reading) => {
  const [low = -Infinity, high = Infinity] = [numberOf(reading, 'min', 1), numberOf(reading, 'max', 2)];
  const bound = (value: number): Constant => ({ dims: [], data: Float64Array.of(value), integer: false });
  if (low === 0 && high === 6) return activate(reading, rows, { kind: 'relu6', config: {} });
  if (!(low <= high)) return 'a smallest value below the largest';
  const above = low === -Infinity || Math.abs(low) > 3e38 ? rows : bounded(reading, rows, bound(low), 1);
  if (typeof above === 'string' || high === Infinity || Math.abs(high) > 3e38) return above;
  return bounded(reading, above, bound(high), -1);
});

export const negated: Read = onRows((rows, { columns, where }) => columns.line(where, rows, -1, 0));

/** Values of an ONNX graph while it is read, and arithmetic of rows with constants. */
import { FormatError } from '../../common/errors.js';
import { count, type Constant, type ConstantMaker } from './constants.js';
import type { Columns, Computation } from './computations.js';
import type { NetworkBuilder, Step } from './network.js';

/** Rows of numbers: the output of a step. `dims` is the shape of a row: without the first axis, that of the batch. */
export interface Rows {
  readonly is: 'rows';
  readonly step: Step;
  readonly dims: readonly number[];
}

/** Categories: columns of an input that a Gather reads as indices. */
export interface Indices {
  readonly is: 'indices';
  readonly input: Step;
  readonly columns: readonly number[];
  /** Shape of a row. */
  readonly dims: readonly number[];
}

/** Vectors that a Gather has read of tables: part of an embedding. */
export interface Vectors {
  readonly is: 'vectors';
  readonly input: Step;
  readonly columns: readonly number[];
  /** One for each column. */
  readonly tables: readonly Constant[];
  readonly dims: readonly number[];
}

export interface Known {
  readonly is: 'constant';
  readonly constant: Constant;
}

/** A constant of texts: labels. */
export interface Texts {
  readonly is: 'texts';
  readonly texts: readonly string[];
}

/** The class of each row, as a classifier's last nodes make it of shares; labels once they are known. */
export interface Classes {
  readonly is: 'classes';
  readonly of: Rows;
  readonly labels: readonly (string | number)[] | undefined;
}

/** Some columns of rows, one after the other: outputs of the file take them together, no layer takes them apart. */
export interface Part {
  readonly is: 'part';
  readonly of: Rows;
  readonly from: number;
  readonly to: number;
  /** Start of the message of what reads it and is no output. */
  readonly where: string;
}

/** A value that no operator of the library computes; refused where it is needed. */
export interface Unknown {
  readonly is: 'unknown';
  /** Start of the message: names the node, its operator and the set of operators. */
  readonly where: string;
  readonly expected: string;
}

export type Value = Rows | Indices | Vectors | Known | Texts | Classes | Part | Unknown;

/** Returns a constant as one number per column of rows of this shape. */
export const perColumn = (
  where: string,
  constant: Constant,
  row: readonly number[],
  maker: ConstantMaker,
): Float32Array => maker.once(constant, `columns ${row.join()}`, () => columnsOf(where, constant, row, maker));

function columnsOf(
  where: string,
  { dims, data }: Constant,
  row: readonly number[],
  maker: ConstantMaker,
): Float32Array {
  maker.spend(where, count(row));
  if (data.length === 1) return new Float32Array(count(row)).fill(data[0]);
  const axes = dims.length > row.length ? dims.slice(dims.length - row.length) : dims;
  if (count(dims) !== count(axes)) {
    throw new FormatError(`${where} expected constants of one row, got shape (${dims.join(', ')}).`);
  }
  return Float32Array.from(maker.spread(where, { dims: axes, data, integer: false }, row).data);
}

const sumOf = (a: Float32Array | undefined, b: Float32Array): Float32Array =>
  a === undefined ? b : a.map((value, i) => value + b[i]);

/** Whether a constant is one number for all columns, and no column of numbers of a matrix with one column. */
const isScalar = ({ dims, data }: Constant, { step }: Rows): boolean =>
  dims.length === 0 || (data.length === 1 && step.width > 1);

/**
 * Combines rows with constants: x + c, x·c, and what follows from them. A constant becomes part of the layer before it
 * only where this changes no bit: the bias of a product without one, the scale and shift of a normalization. Constants
 * added one after the other are added up first, which rounds once less.
 */
export class ColumnArithmetic {
  constructor(
    private readonly builder: NetworkBuilder,
    private readonly maker: ConstantMaker,
  ) {}

  /** Replaces the last step by another one of the same inputs. */
  private instead(rows: Rows, computation: Computation): Rows {
    const { inputs, width } = rows.step;
    return { ...rows, step: this.builder.step(computation, inputs, width) };
  }

  /** Appends a step. */
  after(rows: Rows, computation: Computation): Rows {
    const { step } = rows;
    return { ...rows, step: this.builder.step(computation, [step], step.width) };
  }

  private columns(where: string, rows: Rows, constant: Constant): Float32Array {
    return perColumn(where, constant, rows.dims, this.maker);
  }

  /** scale·x + offset, with two numbers. */
  line(where: string, rows: Rows, scale: number, offset: number): Rows {
    const scaled = scale === 1 ? rows : this.after(rows, { kind: 'rescaling', scale, offset: 0 });
    if (offset === 0) return scaled;
    return this.add(where, scaled, { dims: [], data: Float64Array.of(offset), integer: false });
  }

  /** x + constant. */
  add(where: string, rows: Rows, constant: Constant): Rows {
    const { computation } = rows.step;
    if (computation.kind === 'affine' && computation.isProduct) {
      return this.instead(rows, { ...computation, isProduct: false, bias: this.columns(where, rows, constant) });
    }
    if (isScalar(constant, rows)) {
      const [offset] = constant.data;
      if (computation.kind === 'rescaling' && computation.offset === 0) {
        return this.instead(rows, { ...computation, offset });
      }
      return this.after(rows, { kind: 'rescaling', scale: 1, offset });
    }
    const values = this.columns(where, rows, constant);
    if (computation.kind === 'layerNormalization' && computation.shift === undefined) {
      return this.instead(rows, { ...computation, shift: values });
    }
    if (computation.kind === 'columns') {
      return this.instead(rows, { ...computation, offset: sumOf(computation.offset, values) });
    }
    return this.after(rows, { kind: 'columns', offset: values });
  }

  /** x − constant. */
  subtract(where: string, rows: Rows, constant: Constant): Rows {
    const { computation } = rows.step;
    const isProduct = computation.kind === 'affine' && computation.isProduct;
    if (isProduct || isScalar(constant, rows)) {
      return this.add(where, rows, { ...constant, data: constant.data.map((value) => -value) });
    }
    return this.after(rows, { kind: 'columns', mean: this.columns(where, rows, constant) });
  }

  /** x·constant. */
  multiply(where: string, rows: Rows, constant: Constant): Rows {
    const { computation } = rows.step;
    if (isScalar(constant, rows)) return this.after(rows, { kind: 'rescaling', scale: constant.data[0], offset: 0 });
    const values = this.columns(where, rows, constant);
    const normalizes =
      (computation.kind === 'layerNormalization' && computation.shift === undefined) ||
      computation.kind === 'rmsNormalization';
    if (normalizes && computation.scale === undefined) return this.instead(rows, { ...computation, scale: values });
    if (computation.kind === 'columns' && computation.factor === undefined && computation.offset === undefined) {
      return this.instead(rows, { ...computation, factor: values });
    }
    return this.after(rows, { kind: 'columns', factor: values } satisfies Computation & Columns);
  }

  /** constant − x. */
  subtractFrom(where: string, constant: Constant, rows: Rows): Rows {
    return this.add(where, this.after(rows, { kind: 'rescaling', scale: -1, offset: 0 }), constant);
  }
}

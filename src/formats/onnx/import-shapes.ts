/** Operators that reshape, join, choose and cast: most become no layer. */
import { axisOf, count } from './constants.js';
import { activate, constantAt, isKnown, isRows, onRows, passes, rowsOf, type Read, type Reading } from './reading.js';
import type { Rows, Vectors } from './values.js';

/** Rows whose values are the same, with another shape; undefined if rows would not stay rows. */
function reshaped(rows: Rows, shape: readonly number[], fixed: number | undefined): Rows | undefined {
  const { step, dims } = rows;
  const [first, ...rest] = shape;
  const sizes = rest.map((size, axis) => (size === 0 ? dims[axis] : size));
  const open = sizes.indexOf(-1);
  const known = sizes.reduce((product, size) => (size === -1 ? product : product * size), 1);
  if (open !== -1) sizes[open] = step.width / known;
  const keepsRows = first === 0 || first === fixed || (first === -1 && open === -1) || (open === -1 && first > 0);
  if (!keepsRows || count(sizes) !== step.width || !sizes.every((size) => Number.isInteger(size) && size > 0)) return;
  return rowsOf(step, sizes);
}

export const reshape: Read = (reading) => {
  const [value] = reading.inputs;
  if (value?.is === 'classes' || value?.is === 'part') return value;
  if (!isRows(value)) return 'rows of numbers';
  const shape = reading.attributes.ints('shape') ?? constantAt(reading, 1)?.data;
  if (shape === undefined) return 'a shape that is a constant';
  const { rows } = reading;
  // At the end the numbers are the same, whatever their shape: skl2onnx writes (-1, 1) for any number of outputs.
  return reshaped(value, Array.from(shape), rows) ?? (reading.isLast(reading.node) ? value : 'a shape that keeps rows');
};

export const flatten: Read = onRows((rows, { attributes, where }) => {
  const axis = axisOf(where, attributes.int('axis') ?? 1, rows.dims.length + 2);
  return axis === 1 ? rowsOf(rows.step, [rows.step.width]) : 'axis 1';
});

/** The layer of vectors that cover the columns of an input; undefined while they do not. */
function embedded({ builder, maker, where }: Reading, vectors: Vectors): Rows | undefined {
  const { input, columns, tables } = vectors;
  if (columns.length !== input.width || columns.some((column, index) => column !== index)) return undefined;
  const shared = tables.length > 1 && tables.every((table) => table === tables[0]);
  const own = (shared ? tables.slice(0, 1) : tables).map(({ dims, data }) => {
    maker.spend(where, data.length);
    return { dims, data: Float32Array.from(data) };
  });
  const width = tables.reduce((total, { dims }) => total + dims[1], 0);
  return rowsOf(builder.step({ kind: 'embedding', tables: own, shared }, [input], width), [width]);
}

export const concat: Read = (reading) => {
  const { inputs, attributes, where, builder } = reading;
  const parts: (Rows | Vectors)[] = [];
  for (const value of inputs) {
    const last = parts.at(-1);
    if (value?.is === 'vectors' && last?.is === 'vectors' && last.input === value.input) {
      const columns = [...last.columns, ...value.columns];
      parts[parts.length - 1] = { ...last, columns, tables: [...last.tables, ...value.tables] };
    } else if (isRows(value) || value?.is === 'vectors') parts.push(value);
    else return 'rows';
  }
  const rows = parts.map((part) => (part.is === 'vectors' ? embedded(reading, part) : part));
  const [first] = rows;
  if (first === undefined || !rows.every(isRows)) return 'vectors of all columns of an input, in order';
  const axis = axisOf(where, attributes.int('axis') ?? 1, first.dims.length + 1);
  if (axis !== 1 || rows.some(({ dims }) => dims.slice(1).join() !== first.dims.slice(1).join())) {
    return 'rows that are joined along axis 1';
  }
  if (rows.length === 1) return first;
  const width = rows.reduce((total, { step }) => total + step.width, 0);
  const dims = [rows.reduce((total, one) => total + one.dims[0], 0), ...first.dims.slice(1)];
  return rowsOf(
    builder.step(
      { kind: 'concatenate' },
      rows.map(({ step }) => step),
      width,
    ),
    dims,
  );
};

/** A column of categories, or vectors of a table. */
export const gather: Read = (reading) => {
  const { attributes, where } = reading;
  const [from, by] = reading.inputs;
  if (from?.is === 'indices' && isKnown(by)) {
    const axis = axisOf(where, attributes.int('axis') ?? 0, from.dims.length + 1);
    const [column] = by.constant.data;
    const at = column < 0 ? column + from.columns.length : column;
    const one = from.columns[at];
    if (axis !== 1 || by.constant.data.length !== 1 || one === undefined) return 'one column of the input';
    return { ...from, columns: [one], dims: by.constant.dims };
  }
  if (isKnown(from) && by?.is === 'indices') {
    const table = from.constant;
    if (table.dims.length !== 2 || (attributes.int('axis') ?? 0) !== 0) return 'a table of vectors';
    const { input, columns, dims } = by;
    const vectors: Vectors = {
      is: 'vectors',
      input,
      columns,
      tables: columns.map(() => table),
      dims: [...dims, table.dims[1]],
    };
    return embedded(reading, vectors) ?? vectors;
  }
  return 'a table and categories';
};

export const cast: Read = (reading) => {
  const { inputs, attributes, node, view, columns, where } = reading;
  const [value] = inputs;
  const to = attributes.int('to') ?? 1;
  const isFloat = [1, 10, 11, 16].includes(to);
  // Comparisons have values of 0 and 1.
  const compared = view.producer(view.canonical(node.inputs[0]));
  if (value?.is === 'unknown' && compared?.opType === 'Greater' && isFloat) {
    const [rows, bound] = [reading.view.rows(compared.inputs[0]), view.scalar(compared.inputs[1])];
    if (rows === undefined || bound === undefined) return 'a comparison with one number';
    return activate(reading, columns.line(where, rows, 1, -bound), { kind: 'unitStep', config: {} });
  }
  if (value?.is === 'indices') {
    return isFloat && value.columns.length === value.input.width ? rowsOf(value.input, [value.input.width]) : value;
  }
  if (isRows(value) && !isFloat) {
    const { step, dims } = value;
    if (step.computation.kind !== 'input') return 'an input of the file';
    return { is: 'indices', input: step, columns: Array.from({ length: step.width }, (_, i) => i), dims };
  }
  return passes(reading);
};

/** Largest of the pieces of each unit: a maxout. */
export const reduceMax: Read = onRows((rows, reading) => {
  const { attributes, builder, where } = reading;
  const { step, dims } = rows;
  const axes = attributes.ints('axes') ?? Array.from(constantAt(reading, 1)?.data ?? []);
  const { computation } = step;
  const isPieces = dims.length === 2 && axes.length === 1 && axisOf(where, axes[0], 3) === 2;
  if (!isPieces || attributes.int('keepdims') !== 0 || computation.kind !== 'affine') return 'the pieces of a maxout';
  const [units, pieces] = dims;
  return rowsOf(builder.step({ ...computation, kind: 'maxout', pieces }, step.inputs, units), [units]);
});

/** Shape of rows; their number is 0, which a Reshape keeps. */
export const shape: Read = onRows(({ dims }, { rows }) => ({
  is: 'constant',
  constant: { dims: [dims.length + 1], data: Float64Array.of(rows ?? 0, ...dims), integer: true },
}));

/** Spreads rows to a shape: only their own. */
export const expand: Read = onRows((rows, reading) => {
  const target = constantAt(reading, 1)?.data;
  if (target === undefined || target.length > rows.dims.length + 1) return 'the shape of the rows';
  const own = [1, ...rows.dims].slice(rows.dims.length + 1 - target.length);
  return Array.from(target).every((size, axis) => size === 1 || size === own[axis] || (size <= 0 && axis === 0))
    ? rows
    : 'the shape of the rows';
});

/** Repeats features; import.ts notes repeats of the rows. */
export const tile: Read = onRows((rows, reading) => {
  const [ofRows = 0, ...repeats] = Array.from(constantAt(reading, 1)?.data ?? []);
  const [times = 1, ...rest] = repeats;
  if (ofRows < 1 || times < 1 || repeats.length !== rows.dims.length || rest.some((one) => one !== 1)) {
    return 'repeats of rows, or of the first axis of features';
  }
  if (times === 1) return rows;
  const { step, dims } = rows;
  reading.maker.spend(reading.where, times);
  const steps = Array.from({ length: times }, () => step);
  return rowsOf(reading.builder.step({ kind: 'concatenate' }, steps, times * step.width), [
    times * dims[0],
    ...dims.slice(1),
  ]);
});

/** Adds or removes axes of size 1 behind the first. */
export const resized = (change: 'add' | 'remove'): Read =>
  onRows((rows, reading) => {
    const { attributes, where } = reading;
    const axes = attributes.ints('axes') ?? Array.from(constantAt(reading, 1)?.data ?? []);
    const rank = rows.dims.length + 1 + (change === 'add' ? axes.length : 0);
    const own = axes.map((axis) => axisOf(where, axis, rank));
    if (own.length === 0 || own.includes(0)) return 'axes behind the first';
    if (change === 'remove') {
      const dims = rows.dims.filter((_, axis) => !own.includes(axis + 1));
      return count(dims) === rows.step.width ? rowsOf(rows.step, dims) : 'axes of size 1';
    }
    const rest = [...rows.dims];
    return rowsOf(
      rows.step,
      Array.from({ length: rank - 1 }, (_, axis) => (own.includes(axis + 1) ? 1 : (rest.shift() ?? 1))),
    );
  });

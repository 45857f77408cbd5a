/** Operators on constants alone: a table by operator. Their results are constants again. */
import { FormatError } from '../../common/errors.js';
import { power } from '../../common/power.js';
import type { OnnxNode } from './messages.js';
import { attributesOf } from './attributes.js';
import { axisOf, constantOf, count, type Constant, type ConstantMaker, type ExternalData } from './constants.js';

/** What an operator on constants is given. */
export interface Folding {
  readonly node: OnnxNode;
  /** Start of messages: names the node, its operator and the set of operators. */
  readonly where: string;
  /** Inputs; an input that the node leaves out is undefined. */
  readonly inputs: readonly (Constant | undefined)[];
  readonly maker: ConstantMaker;
  readonly files: ExternalData | undefined;
}

type Fold = (folding: Folding) => Constant;

/** Returns an input that the operator needs. */
function needed({ where, inputs }: Folding, index: number): Constant {
  const input = inputs[index];
  if (input === undefined) throw new FormatError(`${where} expected input ${index}, got none.`);
  return input;
}

/** Returns a list of integers: an attribute in older sets of operators, an input in newer ones. */
function integersOf(folding: Folding, name: string, index: number): number[] | undefined {
  const attribute = attributesOf(folding.node).ints(name);
  if (attribute !== undefined) return attribute;
  const input = folding.inputs[index];
  return input === undefined ? undefined : Array.from(input.data);
}

const reshaped = (from: Constant, dims: readonly number[]): Constant => ({ ...from, dims });

const pairwise =
  (of: (a: number, b: number) => number): Fold =>
  (folding) =>
    folding.maker.pairwise(folding.where, needed(folding, 0), needed(folding, 1), of);

const elementwise =
  (of: (a: number) => number): Fold =>
  (folding) => {
    const from = needed(folding, 0);
    const to = folding.maker.make(folding.where, from.dims, from.integer);
    for (let i = 0; i < from.data.length; i++) to.data[i] = of(from.data[i]);
    return to;
  };

const folded =
  (of: (a: number, b: number) => number): Fold =>
  (folding) =>
    folding.inputs.reduce<Constant>(
      (result, input) => (input === undefined ? result : folding.maker.pairwise(folding.where, result, input, of)),
      needed(folding, 0),
    );

/** A divisor of integers truncates, one of other numbers does not. */
const divide: Fold = (folding) => {
  const integer = needed(folding, 0).integer && needed(folding, 1).integer;
  return pairwise(integer ? (a, b) => Math.trunc(a / b) : (a, b) => a / b)(folding);
};

/** Powers that are products and roots; others have other bits on other engines. */
const raised: Fold = (folding) =>
  pairwise((a, b) => {
    const size = Math.abs(b);
    if (!(size <= 64) || !Number.isInteger(2 * b)) {
      throw new FormatError(`${folding.where} expected exponents that are multiples of ½ up to 64, got ${b}.`);
    }
    const raisedTo = power(a, Math.floor(size)) * (Number.isInteger(b) ? 1 : Math.sqrt(a));
    return b < 0 ? 1 / raisedTo : raisedTo;
  })(folding);

/** Returns the shape that a Reshape asks for: 0 keeps a size, −1 is what is left. */
function reshapeTo(where: string, from: readonly number[], shape: ArrayLike<number>): number[] {
  const wanted = Array.from(shape).map((size, axis) => (size === 0 ? (from[axis] ?? 0) : size));
  const open = wanted.indexOf(-1);
  const rest = wanted.reduce((product, size) => (size === -1 ? product : product * size), 1);
  if (open !== -1) wanted[open] = rest === 0 ? 0 : count(from) / rest;
  if (count(wanted) !== count(from) || wanted.some((size) => !(size >= 0) || !Number.isInteger(size))) {
    throw new FormatError(`${where} expected a shape of ${count(from)} values, got [${Array.from(shape).join(', ')}].`);
  }
  return wanted;
}

/** Operators by name. */
export const FOLDS: Readonly<Record<string, Fold>> = {
  Constant: ({ node, where, files }) => {
    const attributes = attributesOf(node);
    const tensor = attributes.tensor('value');
    if (tensor !== undefined) return constantOf(where, tensor, files);
    const [float, int] = [attributes.float('value_float'), attributes.int('value_int')];
    if (float !== undefined) return { dims: [], data: Float32Array.of(float), integer: false };
    if (int !== undefined) return { dims: [], data: Float64Array.of(int), integer: true };
    const [floats, ints] = [attributes.floats('value_floats'), attributes.ints('value_ints')];
    if (floats !== undefined) return { dims: [floats.length], data: Float32Array.from(floats), integer: false };
    if (ints !== undefined) return { dims: [ints.length], data: Float64Array.from(ints), integer: true };
    throw new FormatError(`${where} expected a value that is a number or tensor, got none.`);
  },
  ConstantOfShape: (folding) => {
    const { node, where, maker, files } = folding;
    const tensor = attributesOf(node).tensor('value');
    const value = tensor === undefined ? undefined : constantOf(where, tensor, files);
    const to = maker.make(where, Array.from(needed(folding, 0).data), value?.integer ?? false);
    to.data.fill(value?.data[0] ?? 0);
    return to;
  },
  Identity: (folding) => needed(folding, 0),
  Cast: (folding) => {
    const from = needed(folding, 0);
    const to = attributesOf(folding.node).int('to') ?? 1;
    // Element types 1, 10, 11 and 16 have fractions.
    if ([1, 10, 11, 16].includes(to)) return { ...from, integer: false };
    const cast = elementwise(to === 9 ? (value) => (value === 0 ? 0 : 1) : Math.trunc)(folding);
    return { ...cast, integer: true };
  },
  Shape: (folding) => {
    const { dims } = needed(folding, 0);
    return { dims: [dims.length], data: Float64Array.from(dims), integer: true };
  },
  Size: (folding) => ({ dims: [], data: Float64Array.of(count(needed(folding, 0).dims)), integer: true }),
  Reshape: (folding) => {
    const from = needed(folding, 0);
    return reshaped(from, reshapeTo(folding.where, from.dims, integersOf(folding, 'shape', 1) ?? []));
  },
  Flatten: (folding) => {
    const from = needed(folding, 0);
    const axis = attributesOf(folding.node).int('axis') ?? 1;
    return reshaped(from, [count(from.dims.slice(0, axis)), count(from.dims.slice(axis))]);
  },
  Squeeze: (folding) => {
    const from = needed(folding, 0);
    const axes = integersOf(folding, 'axes', 1)?.map((axis) => axisOf(folding.where, axis, from.dims.length));
    const dims = from.dims.filter((size, axis) => (axes === undefined ? size !== 1 : !axes.includes(axis)));
    return reshaped(from, reshapeTo(folding.where, from.dims, dims));
  },
  Unsqueeze: (folding) => {
    const from = needed(folding, 0);
    const axes = integersOf(folding, 'axes', 1) ?? [];
    const rank = from.dims.length + axes.length;
    const own = axes.map((axis) => axisOf(folding.where, axis, rank));
    const rest = [...from.dims];
    return reshaped(
      from,
      Array.from({ length: rank }, (_, axis) => (own.includes(axis) ? 1 : (rest.shift() ?? 1))),
    );
  },
  Transpose: (folding) => {
    const from = needed(folding, 0);
    const order = attributesOf(folding.node).ints('perm') ?? from.dims.map((_, axis) => from.dims.length - 1 - axis);
    return folding.maker.transpose(folding.where, from, order);
  },
  Concat: (folding) => {
    const parts = folding.inputs.map((_, index) => needed(folding, index));
    return folding.maker.concatenate(folding.where, parts, attributesOf(folding.node).int('axis') ?? 1);
  },
  Gather: (folding) =>
    folding.maker.gather(
      folding.where,
      needed(folding, 0),
      needed(folding, 1),
      attributesOf(folding.node).int('axis') ?? 0,
    ),
  Slice: (folding) => {
    const { where } = folding;
    let from = needed(folding, 0);
    const starts = integersOf(folding, 'starts', 1) ?? [];
    const ends = integersOf(folding, 'ends', 2) ?? [];
    const axes = integersOf(folding, 'axes', 3) ?? starts.map((_, axis) => axis);
    const steps = integersOf(folding, 'steps', 4) ?? starts.map(() => 1);
    starts.forEach((start, index) => {
      const axis = axisOf(where, axes[index], from.dims.length);
      const size = from.dims[axis];
      const step = steps[index];
      if (step !== 1) throw new FormatError(`${where} expected steps of 1, got ${step}.`);
      const inside = (value: number): number => Math.min(Math.max(value < 0 ? value + size : value, 0), size);
      const [first, end] = [inside(start), inside(ends[index])];
      const taken = folding.maker.make(where, [Math.max(end - first, 0)], true);
      taken.data.forEach((_, i) => (taken.data[i] = first + i));
      from = folding.maker.gather(where, from, taken, axis);
    });
    return from;
  },
  Expand: (folding) => {
    const from = needed(folding, 0);
    const shape = Array.from(needed(folding, 1).data);
    return folding.maker.spread(folding.where, from, folding.maker.common(folding.where, from.dims, shape));
  },
  Tile: (folding) => {
    const { where, maker } = folding;
    const from = needed(folding, 0);
    const repeats = Array.from(needed(folding, 1).data);
    if (repeats.length !== from.dims.length) {
      throw new FormatError(`${where} expected ${from.dims.length} repeats, got ${repeats.length}.`);
    }
    return maker.tile(where, from, repeats);
  },
  Where: (folding) => {
    const { where, maker } = folding;
    const [condition, a, b] = [needed(folding, 0), needed(folding, 1), needed(folding, 2)];
    const dims = maker.common(where, maker.common(where, condition.dims, a.dims), b.dims);
    const [choice, left, right] = [condition, a, b].map((one) => maker.spread(where, one, dims));
    const to = maker.make(where, dims, a.integer && b.integer);
    to.data.forEach((_, i) => (to.data[i] = choice.data[i] === 0 ? right.data[i] : left.data[i]));
    return to;
  },
  Equal: pairwise((a, b) => (a === b ? 1 : 0)),
  Add: pairwise((a, b) => a + b),
  Sub: pairwise((a, b) => a - b),
  Mul: pairwise((a, b) => a * b),
  Div: divide,
  Pow: raised,
  Max: folded((a, b) => (a > b ? a : b)),
  Min: folded((a, b) => (a < b ? a : b)),
  Sum: folded((a, b) => a + b),
  Neg: elementwise((value) => -value),
  Abs: elementwise(Math.abs),
  Sqrt: elementwise(Math.sqrt),
  Reciprocal: elementwise((value) => 1 / value),
};

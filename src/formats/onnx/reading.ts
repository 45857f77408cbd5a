/** What the operators of a file are given when they are read, and what these functions have in common. */
import type { Activation } from '../../index.js';
import { attributesOf, type Attributes } from './attributes.js';
import type { Merge } from './computations.js';
import type { Constant, ConstantMaker } from './constants.js';
import type { OnnxNode } from './messages.js';
import type { NetworkBuilder, Step } from './network.js';
import type { GraphView } from './patterns.js';
import type { ColumnArithmetic, Known, Rows, Value } from './values.js';

/** What the operators of a file may use, the same for all of them. */
export interface Shared {
  readonly opset: number;
  /** Number of rows that the file is for; undefined if it is open. */
  readonly rows: number | undefined;
  readonly builder: NetworkBuilder;
  readonly maker: ConstantMaker;
  readonly columns: ColumnArithmetic;
  readonly view: GraphView;
  /** Whether nothing but an output of the file reads a node. */
  readonly isLast: (node: OnnxNode) => boolean;
  /** Name for a layer with the tensor of this name: that of its weight in the file. */
  readonly nameOf: (tensor: string | undefined) => string | undefined;
}

/** A node with what its inputs are. */
export interface Reading extends Shared {
  readonly node: OnnxNode;
  /** Start of messages: names the node, its operator and the set of operators. */
  readonly where: string;
  /** Values of its inputs; undefined for one that the node leaves out. */
  readonly inputs: readonly (Value | undefined)[];
  readonly attributes: Attributes;
}

/** Returns a node with what its inputs are. It inherits what is shared: copies for thousands of nodes are slow. */
export const readingOf = (shared: Shared, node: OnnxNode, where: string, inputs: Reading['inputs']): Reading =>
  Object.assign(Object.create(shared) as Shared, { node, where, inputs, attributes: attributesOf(node) });

/** Reads a node: the value of its first output, or of all; what it refuses is the text of what was expected. */
export type Read = (reading: Reading) => Value | readonly Value[] | string;

export const isRows = (value: Value | undefined): value is Rows => value?.is === 'rows';
export const isKnown = (value: Value | undefined): value is Known => value?.is === 'constant';

export const rowsOf = (step: Step, dims: readonly number[]): Rows => ({ is: 'rows', step, dims });

/** Whether rows are plain lists of features. */
export const isFlat = ({ dims, step }: Rows): boolean => dims.at(-1) === step.width;

/** Returns the first input as rows, or calls with what is refused. */
export const onRows =
  (read: (rows: Rows, reading: Reading) => ReturnType<Read>): Read =>
  (reading) =>
    isRows(reading.inputs[0])
      ? read(reading.inputs[0], reading)
      : 'rows of numbers that depend on an input of the file';

/** Returns a constant input; undefined if there is none. */
export const constantAt = ({ inputs }: Reading, index: number): Constant | undefined => {
  const value = inputs[index];
  return isKnown(value) ? value.constant : undefined;
};

/** Returns one number of an attribute of older sets, or of an input of newer ones. */
export function numberOf(reading: Reading, name: string, index: number): number | undefined {
  return reading.attributes.float(name) ?? constantAt(reading, index)?.data[0];
}

export const activate = (reading: Reading, rows: Rows, activation: Activation): Rows =>
  reading.columns.after(rows, { kind: 'activation', activation });

/** Hands rows on, of which only the values count. */
export const passes: Read = ({ inputs: [value] }) => value ?? 'an input';

/** Appends a layer that merges rows of one shape. */
export function merged(reading: Reading, kind: Merge, values: readonly Rows[]): Rows | string {
  const [{ step, dims }] = values;
  if (values.length === 1) return values[0];
  if (values.some((one) => one.dims.join() !== dims.join())) return 'rows of one shape';
  const steps = values.map((one) => one.step);
  return rowsOf(reading.builder.step({ kind }, steps, step.width), dims);
}

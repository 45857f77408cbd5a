/**
 * Walks the nodes of a file in their order and keeps what each value is: rows that a step of the network computes, a
 * constant, or what no layer computes. import-operators.ts says what an operator becomes, folding.ts what it makes of
 * constants, patterns.ts finds what is written as several nodes.
 */
import { FormatError } from '../../common/errors.js';
import { attributesOf } from './attributes.js';
import { constantOf, ConstantMaker, type Constant, type ExternalData } from './constants.js';
import { FOLDS } from './folding.js';
import { readOutputs } from './graph-outputs.js';
import { READERS } from './import-operators.js';
import type { OnnxModel, OnnxNode, OnnxTensor, OnnxValue } from './messages.js';
import { NetworkBuilder } from './network.js';
import { findActivation, findDot, findLayerNormalization, findRmsNormalization, type GraphView } from './patterns.js';
import { readingOf, type Shared } from './reading.js';
import { ColumnArithmetic, type Rows, type Value } from './values.js';

/** Start of messages. */
export const WHERE = 'importOnnx';

/** Element types of rows: float32, and the others that are rounded to it. */
const FRACTIONS: Readonly<Record<number, string>> = { 1: 'float32', 10: 'float16', 11: 'float64', 16: 'bfloat16' };

/** Integers, which only embeddings read. */
const INTEGERS: readonly number[] = [2, 3, 4, 5, 6, 7, 12, 13];

const TEXT = 8;

/** Name of an operator in the tables: its set before it, unless that is the standard one. */
const operatorOf = ({ opType, domain = '' }: OnnxNode): string =>
  domain === '' || domain === 'ai.onnx' ? opType : `${domain}.${opType}`;

/** Nodes that hand on the values of their first input. */
const HANDS_ON: ReadonlySet<string> = /* @__PURE__ */ new Set(['Identity', 'Dropout', 'Cast']);

/**
 * Values that patterns may look at in one file: some hundred for each of the most nodes of a formula. Products of many
 * factors could ask for a thousand times as many.
 */
const MOST_LOOKS = 2_097_152;

/** A file's graph while it is read. */
export class GraphReader {
  private readonly values = new Map<string, Value>();
  private readonly producers = new Map<string, OnnxNode>();
  private readonly canonicals = new Map<string, string>();
  private readonly tensors = new Map<string, OnnxTensor>();
  /** Names that nodes read. */
  private readonly read = new Set<string>();
  /** By name: how often a value has each row, where that is not once. */
  private readonly copies = new Map<string, number>();
  /** Element types of values, as far as they are known. */
  private readonly types = new Map<string, number>();
  private readonly maker: ConstantMaker;
  private readonly columns: ColumnArithmetic;
  private readonly view: GraphView;
  private readonly outputs: ReadonlySet<string>;
  private rows: number | undefined;
  private shared!: Shared;
  /** Values that patterns may look at still. */
  private looks = MOST_LOOKS;
  readonly builder: NetworkBuilder;

  constructor(
    private readonly file: OnnxModel,
    private readonly files: ExternalData | undefined,
    bytes: number,
  ) {
    this.maker = ConstantMaker.forFile(bytes);
    this.builder = new NetworkBuilder(WHERE, bytes);
    this.columns = new ColumnArithmetic(this.builder, this.maker);
    this.outputs = new Set(file.graph.outputs.map(({ name }) => name));
    const canonical = (name: string): string => this.canonicals.get(name) ?? name;
    this.view = {
      canonical,
      producer: (name) => this.producers.get(canonical(name)),
      scalar: (name) => {
        const value = this.valueOf(name);
        return value?.is === 'constant' && value.constant.data.length === 1 ? value.constant.data[0] : undefined;
      },
      rows: (name) => {
        const value = this.valueOf(name);
        return value?.is === 'rows' ? value : undefined;
      },
      look: () => {
        if (--this.looks < 0) throw new FormatError(`${WHERE}: formulas of so many nodes are too large.`);
      },
    };
  }

  /** Returns a value; reads a tensor of the file when it is first needed. */
  private valueOf(name: string): Value | undefined {
    const known = this.values.get(name);
    const tensor = this.tensors.get(name);
    if (known !== undefined || tensor === undefined) return known;
    const value: Value =
      tensor.dataType === TEXT
        ? { is: 'texts', texts: tensor.stringData ?? [] }
        : { is: 'constant', constant: constantOf(WHERE, tensor, this.files) };
    this.values.set(name, value);
    return value;
  }

  /** Makes the steps of an input. */
  private readInput({ name, elementType, shape }: OnnxValue): Rows {
    const where = `${WHERE}: input "${name}"`;
    const isInteger = INTEGERS.includes(elementType);
    if (!isInteger && !Object.hasOwn(FRACTIONS, elementType)) {
      throw new FormatError(`${where} expected a tensor of numbers, got element type ${elementType}.`);
    }
    if (shape.length === 0) throw new FormatError(`${where} expected rows of features, got no axis.`);
    const [first, ...dims] = shape.map(({ value }) => value);
    if (first !== undefined && first > 0) this.rows = first;
    let width = 1;
    for (const size of dims) {
      if (size === undefined || !(size > 0)) {
        throw new FormatError(`${where} expected a number of features, got an open size. Export it with a fixed one.`);
      }
      width *= size;
    }
    this.types.set(name, elementType);
    if (!Number.isSafeInteger(width)) throw new FormatError(`${where} expected fewer features, got ${width}.`);
    const step = this.builder.step({ kind: 'input', name }, [], width);
    const sizes = dims.map((size) => size!);
    const rows: Rows = { is: 'rows', step, dims: sizes };
    if (isInteger) this.maker.spend(where, width);
    const columns = Array.from({ length: isInteger ? width : 0 }, (_, column) => column);
    this.values.set(name, isInteger ? { is: 'indices', input: step, columns, dims: sizes } : rows);
    return rows;
  }

  /** Throws where a node mixes element types, which ONNX does not allow; returns that of its output. */
  private requireOneType(where: string, node: OnnxNode): void {
    let common: number | undefined;
    for (const name of node.inputs) {
      const type = this.types.get(name) ?? this.tensors.get(name)?.dataType;
      if (type === undefined || !Object.hasOwn(FRACTIONS, type)) continue;
      if (common !== undefined && common !== type) {
        const [a, b] = [common, type].map((one) => FRACTIONS[one]);
        throw new FormatError(`${where} expected inputs of one element type, got ${a} and ${b}.`);
      }
      common = type;
    }
    const { opType } = node;
    const own =
      opType === 'Cast'
        ? attributesOf(node).int('to')
        : opType === 'Constant' && attributesOf(node).tensor('value')?.dataType;
    const type = own || common;
    if (type !== undefined) for (const name of node.outputs) this.types.set(name, type);
  }

  /** Reads a node whose inputs are known: the value of its first output, or of several. */
  private valuesOf(
    node: OnnxNode,
    operator: string,
    where: string,
    inputs: readonly (Value | undefined)[],
  ): Value | readonly Value[] {
    if (inputs.every((input) => input === undefined || input.is === 'constant')) {
      const fold = Object.hasOwn(FOLDS, operator) ? FOLDS[operator] : undefined;
      if (fold !== undefined) {
        const constants = inputs.map((input) => (input?.is === 'constant' ? input.constant : undefined));
        return {
          is: 'constant',
          constant: fold({ node, where, inputs: constants, maker: this.maker, files: this.files }),
        };
      }
    }
    const found = this.pattern(node);
    if (found !== undefined) return found;
    const reader = Object.hasOwn(READERS, operator) ? READERS[operator] : undefined;
    const blocked = inputs.find((input) => input?.is === 'unknown');
    if (blocked !== undefined && (reader === undefined || node.opType !== 'Cast')) return blocked;
    if (reader === undefined) return { is: 'unknown', where, expected: 'an operator of a network of dense layers' };
    const result = reader(readingOf(this.shared, node, where, inputs));
    if (typeof result !== 'string') return result;
    const part = inputs.find((input) => input?.is === 'part');
    if (part?.is === 'part') return { is: 'unknown', where: part.where, expected: 'columns that only outputs read' };
    return blocked ?? { is: 'unknown', where, expected: result };
  }

  /** Finds an activation, a normalization or a dot product of several nodes that ends in this one. */
  private pattern(node: OnnxNode): Rows | undefined {
    const { view, columns, builder } = this;
    const found = findActivation(view, node);
    const argument = found && view.rows(found.x);
    if (argument !== undefined) return columns.after(argument, { kind: 'activation', activation: found!.activation });
    const byMoments = findLayerNormalization(view, node);
    const moments = byMoments && view.rows(byMoments.x);
    if (moments?.dims.length === 1) {
      const { epsilon } = byMoments!;
      return columns.after(moments, { kind: 'layerNormalization', epsilon, scale: undefined, shift: undefined });
    }
    const bySquares = findRmsNormalization(view, node);
    const squares = bySquares && view.rows(bySquares.x);
    if (squares?.dims.length === 1) {
      return columns.after(squares, { kind: 'rmsNormalization', epsilon: bySquares!.epsilon, scale: undefined });
    }
    const dot = findDot(view, node);
    const [a, b] = dot ? dot.of.map((name) => view.rows(name)) : [];
    if (a === undefined || b === undefined || a.dims.length !== 1 || a.step.width !== b.step.width) return undefined;
    const step = builder.step({ kind: 'dot', normalize: dot!.normalize }, [a.step, b.step], 1);
    return { is: 'rows', step, dims: [1] };
  }

  /**
   * Notes how often the output has each row: a Tile along the first axis repeats all rows. What follows computes each
   * row for itself, so the repeats are made at the end.
   */
  private readCopies(node: OnnxNode, where: string, value: Value): Value {
    if (value.is !== 'rows' || (this.copies.size === 0 && node.opType !== 'Tile')) return value;
    const before = node.inputs
      .filter((name) => this.valueOf(name)?.is === 'rows')
      .map((name) => this.copies.get(name) ?? 1);
    const [times = 1] = node.opType === 'Tile' ? [this.constantAt(node, 1)?.data[0]] : [];
    const copies = Math.max(1, ...before) * times;
    if (before.some((one) => one !== before[0])) return { is: 'unknown', where, expected: 'inputs with as many rows' };
    if (copies > 1) this.copies.set(node.outputs[0], copies);
    return value;
  }

  private constantAt({ inputs }: OnnxNode, index: number): Constant | undefined {
    const value = this.valueOf(inputs[index] ?? '');
    return value?.is === 'constant' ? value.constant : undefined;
  }

  private readNode(node: OnnxNode, index: number): void {
    const name = node.name === '' ? `number ${index}` : JSON.stringify(node.name);
    const operator = operatorOf(node);
    const where = `${WHERE}: node ${name}, ${operator} of opset ${this.file.opset},`;
    const inputs = node.inputs.map((input) => {
      const value = input === '' ? undefined : this.valueOf(input);
      if (input !== '' && value === undefined) {
        throw new FormatError(`${where} expected inputs that earlier nodes compute, got "${input}".`);
      }
      return value;
    });
    this.requireOneType(where, node);
    const first = node.outputs[0] ?? '';
    for (const output of node.outputs) {
      if (output !== '' && (this.values.has(output) || this.tensors.has(output))) {
        throw new FormatError(`${where} expected outputs of its own, got "${output}" again.`);
      }
    }
    this.producers.set(first, node);
    const read = this.valuesOf(node, operator, where, inputs);
    const all = 'is' in read ? [read] : read;
    const value = this.readCopies(node, where, all[0]);
    if (HANDS_ON.has(operator) && value === inputs[0]) {
      this.canonicals.set(first, this.view.canonical(node.inputs[0]));
    }
    this.values.set(first, value);
    for (let index = 1; index < node.outputs.length; index++) {
      const output = node.outputs[index];
      const expected = `that only its first output is read, and not "${output}",`;
      const own = index < all.length ? this.readCopies(node, where, all[index]) : undefined;
      const refused = value.is === 'unknown' ? value : undefined;
      this.values.set(output, own ?? refused ?? { is: 'unknown', where, expected });
    }
  }

  /** The rows so often side by side. */
  private repeated(rows: Rows, times: number): Rows {
    if (times === 1) return rows;
    this.maker.spend(WHERE, times);
    const { step } = rows;
    const steps = Array.from({ length: times }, () => step);
    return {
      is: 'rows',
      step: this.builder.step({ kind: 'concatenate' }, steps, times * step.width),
      dims: [times * step.width],
    };
  }

  /** Reads the graph: its inputs, and its outputs with their labels. */
  readGraph() {
    const { nodes, initializers, inputs, outputs } = this.file.graph;
    for (const tensor of initializers) this.tensors.set(tensor.name ?? '', tensor);
    for (const { inputs: names } of nodes) for (const name of names) this.read.add(name);
    const given = inputs.filter(({ name }) => !this.tensors.has(name)).map((input) => this.readInput(input));
    // Operators may use these, once the inputs are read.
    const { builder, maker, columns, view, rows } = this;
    this.shared = {
      opset: this.file.opset,
      rows,
      builder,
      maker,
      columns,
      view,
      isLast: (node) => node.outputs.every((name) => this.outputs.has(name) && !this.read.has(name)),
      nameOf: (name = '') =>
        this.tensors.has(name) ? name.replace(/[./](weight|kernel|MatMul\/ReadVariableOp:0)$/, '') : undefined,
    };
    nodes.forEach((node, index) => this.readNode(node, index));

    const results = outputs.map(({ name }) => ({ name, value: this.valueOf(name) }));
    const read = readOutputs(WHERE, results, (name, rows) => this.repeated(rows, this.copies.get(name) ?? 1).step);
    return { inputs: given.map(({ step }) => step), ...read };
  }
}

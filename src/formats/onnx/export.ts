/**
 * `exportOnnx`: writes a model as an ONNX file. It walks the model's plan, and operators.ts says how each operation is
 * written; formats/onnx.ts has the container.
 */
import { describe } from '../../common/describe.js';
import { UnsupportedError, ValueError } from '../../common/errors.js';
import { fieldOf } from '../../common/objects.js';
import { listOf, optional, readFields, type Check, type OptionTable } from '../../common/options.js';
import { CONTENT } from '../../common/symbols.js';
import {
  encodeOnnx,
  FLOAT,
  floatTensor,
  INT64,
  intAttribute,
  intTensor,
  type OnnxAttribute,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
} from './messages.js';
import type { OperationNode } from '../../graph/plan.js';
import type { TensorSpec } from '../../graph/tensor-specs.js';
import type { ModelContent } from '../../model/model-content.js';
import type { Model } from '../../index.js';
import { ACTIVATION_OPERATORS, OPERATORS, OPSET, READS_INDICES, type GraphWriter } from './export-operators.js';

/**
 * Options of `exportOnnx`.
 * @category ONNX
 */
export interface ExportOnnxOptions {
  /**
   * Names of the classes, one per column of the output; written into the file's metadata as `labels`, a JSON list.
   * Default: those that `importOnnx` has read, if it made the model.
   */
  labels?: readonly (string | number)[] | undefined;
}

/**
 * A model to write, with the labels that `importOnnx` has read, if it made the model.
 * @category ONNX
 */
export type LabeledModel = Model<Float32Array | Float32Array[]> & {
  /** Names of the classes, one per column of the output. */
  readonly labels?: readonly (string | number)[];
};

/** Version of the file format that came with opset 17. */
const IR_VERSION = 8;

/** Name of the number of rows, which the file leaves open. */
const ROWS = 'batch';

/** Bits of float32 numbers: 0 and −0 differ. */
const bitsOf = (values: Iterable<number>): Uint32Array => new Uint32Array(Float32Array.from(values).buffer);

/** Nodes and constants of a file in the making, with names that are used once. */
class Writing {
  readonly nodes: OnnxNode[] = [];
  readonly tensors: OnnxTensor[] = [];
  private readonly taken = new Set<string>();
  /** Names of constants by what they hold, so that each is written once. */
  private readonly constants = new Map<string, string>();

  constructor(private readonly content: ModelContent) {}

  /** Returns the name, with a number appended if it is taken. */
  name(wanted: string): string {
    let name = wanted;
    for (let number = 1; this.taken.has(name); number++) name = `${wanted}_${number}`;
    this.taken.add(name);
    return name;
  }

  /** Returns a name that holds a constant; `add` writes it where it is new. */
  constant(key: string, label: string, add: (name: string) => OnnxTensor): string {
    let name = this.constants.get(key);
    if (name === undefined) {
      name = this.name(label);
      this.constants.set(key, name);
      this.tensors.push(add(name));
    }
    return name;
  }

  /** Appends a node of a layer and returns the name of its output. */
  node(layer: string, opType: string, inputs: readonly string[], attributes: readonly OnnxAttribute[] = []): string {
    const name = this.name(`${layer}.${opType}`);
    this.nodes.push({ name, opType, inputs, outputs: [name], attributes });
    return name;
  }

  /** Returns the writer of one operation. */
  of({ parameters }: OperationNode, layer: string): GraphWriter {
    const { tensors } = this.content;
    return {
      node: (opType, inputs, attributes) => this.node(layer, opType, inputs, attributes),
      floats: (label, values, dims = [values.length]) =>
        this.constant(`floats ${dims.join('×')} ${bitsOf(values).join(' ')}`, label, (name) =>
          floatTensor(name, dims, Float32Array.from(values)),
        ),
      ints: (label, values, dims = [values.length]) =>
        this.constant(`ints ${dims.join('×')} ${values.join(' ')}`, label, (name) => intTensor(name, dims, values)),
      parameter: (index) => {
        const { name: label, shape, data } = tensors[parameters[index]];
        return this.constant(`parameter ${parameters[index]}`, label, (name) => floatTensor(name, shape, data));
      },
      values: (index) => tensors[parameters[index]].data,
    };
  }
}

/** Throws where an operation has no operators in ONNX. */
function requireExportable({ operation }: OperationNode, layer: string): void {
  if (operation.kind !== 'activation') {
    if (Object.hasOwn(OPERATORS, operation.kind)) return;
    throw new UnsupportedError(
      `exportOnnx: "${layer}" expected a layer that ONNX has operators for, got ${operation.kind}.`,
    );
  }
  const { kind } = operation.config.activation;
  if (Object.hasOwn(ACTIVATION_OPERATORS, kind)) return;
  throw new UnsupportedError(
    `exportOnnx: "${layer}" expected an activation of the library, got ${describe(kind)}: a file cannot hold functions.`,
  );
}

/** One label per class: a text, or a number as classifiers of other libraries have them. */
const label: Check<string | number> = (path, value) => {
  if (typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value))) return value;
  throw new ValueError(`${path} expected a string or a number, got ${describe(value)}.`);
};

const OPTIONS: OptionTable<ExportOnnxOptions> = {
  labels: { check: optional(listOf('a list of labels', label)), or: undefined },
};

const rowsOf = (name: string, { width, categories }: TensorSpec): OnnxValue => ({
  name,
  elementType: categories === undefined ? FLOAT : INT64,
  shape: [{ parameter: ROWS }, { value: width }],
});

/** Returns the content of a model of the library, which another bundle has made. */
function contentOf(model: unknown): ModelContent {
  const read = fieldOf(model, CONTENT);
  if (typeof read !== 'function') {
    throw new ValueError(
      `exportOnnx: model expected a model of sequential, model or loadModel, got ${describe(model)}.`,
    );
  }
  return (read as (where: string) => ModelContent).call(model, 'exportOnnx');
}

/**
 * Returns a model as an ONNX file, opset 17, with float32 weights inside: `Gemm` for dense layers, any number of rows,
 * inputs and outputs named as the model's. What acts only in training, such as dropout, is left out. ONNX Runtime,
 * Triton, KServe and others run it; their results differ from `predict` by rounding.
 *
 * An input that embeddings read is int64. What several layers share is written once.
 * @throws UnsupportedError for a custom activation, which no file can hold; ValueError for anything but a model, an
 * unknown option, or labels of another kind; StateError after `dispose`. Nothing is written then.
 * @example
 * import { exportOnnx } from 'wasm-mlp/onnx';
 * const network = await sequential({ layers: [dense({ units: 3, activation: 'softmax', inputShape: [4] })] });
 * const file = exportOnnx(network, { labels: ['setosa', 'versicolor', 'virginica'] });
 * file.length > 200; // true
 * @category ONNX
 */
export function exportOnnx(model: LabeledModel, options?: ExportOnnxOptions): Uint8Array {
  const given = readFields('exportOnnx', options, OPTIONS);
  const content = contentOf(model);
  const labels = given.labels ?? model.labels;
  const { plan, inputSpecs, outputSpecs } = content;
  const { graph, nodes, inputs, outputs } = plan;
  for (const node of nodes) requireExportable(node, graph.names[node.layer]);

  const writing = new Writing(content);
  const inputNames = inputSpecs.map(({ name }) => writing.name(name));
  const outputNames = outputSpecs.map(({ name }) => writing.name(name));
  const names = new Map(inputs.map((value, index) => [value, inputNames[index]]));
  // Inputs of categories as float32, where an operation reads them as numbers.
  const asNumbers = new Map<number, string>();
  inputSpecs.forEach(({ name, categories }, index) => {
    if (categories === undefined) return;
    const readers = nodes.filter(({ operation: { kind } }) => !READS_INDICES.has(kind));
    const value = inputs[index];
    if (!outputs.includes(value) && !readers.some((node) => node.inputs.includes(value))) return;
    asNumbers.set(value, writing.node(name, 'Cast', [inputNames[index]], [intAttribute('to', FLOAT)]));
  });
  const numbersOf = (value: number): string => asNumbers.get(value) ?? names.get(value)!;

  for (const node of nodes) {
    const { kind, config } = node.operation;
    const write = OPERATORS[kind as keyof typeof OPERATORS] as (
      writer: GraphWriter,
      inputs: readonly string[],
      config: unknown,
    ) => string;
    const given = node.inputs.map((value) => (READS_INDICES.has(kind) ? names.get(value)! : numbersOf(value)));
    names.set(node.output, write(writing.of(node, graph.names[node.layer]), given, config));
  }
  // Several outputs may be the same value, or an input.
  outputs.forEach((value, index) => {
    const name = outputNames[index];
    const inputNames = [numbersOf(value)];
    writing.nodes.push({
      name: `${name}.output`,
      opType: 'Identity',
      inputs: inputNames,
      outputs: [name],
      attributes: [],
    });
  });
  return encodeOnnx({
    irVersion: IR_VERSION,
    producerName: 'wasm-mlp',
    producerVersion: '',
    opset: OPSET,
    graph: {
      name: 'network',
      nodes: writing.nodes,
      initializers: writing.tensors,
      inputs: inputSpecs.map((spec, index) => rowsOf(inputNames[index], spec)),
      outputs: outputSpecs.map((spec, index) => rowsOf(outputNames[index], spec)),
    },
    metadata: labels === undefined ? [] : [{ key: 'labels', value: JSON.stringify(labels) }],
  });
}

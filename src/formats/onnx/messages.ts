/**
 * ONNX files as plain data: the messages of onnx.proto that a network of dense layers uses. What operators mean is in
 * export-operators.ts and import-operators.ts. Field numbers: github.com/onnx/onnx, onnx/onnx.proto, version 1.16.
 */
import { FormatError } from '../../common/errors.js';
import { messageType } from './protobuf-types.js';
import { encodeMessage } from './protobuf-writer.js';
import { decodeMessage } from './protobuf.js';

/** Element types of tensors (TensorProto.DataType). */
export const FLOAT = 1;
export const INT64 = 7;

/** Types of attributes (AttributeProto.AttributeType). */
const ATTRIBUTE_FLOAT = 1;
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_INTS = 7;

/** A list of numbers, as a file or a caller has it. */
type Numbers = readonly number[] | Float32Array | Float64Array;

/**
 * A constant tensor, row-major. `rawData` has its numbers, low byte first; other writers use the lists, or a file
 * beside this one.
 */
export interface OnnxTensor {
  readonly name?: string;
  readonly dataType: number;
  readonly dims: Numbers;
  readonly rawData?: Uint8Array;
  readonly stringData?: readonly string[];
  readonly floatData?: Float32Array;
  readonly int32Data?: Float64Array;
  readonly int64Data?: Float64Array;
  readonly doubleData?: Float64Array;
  readonly externalData?: readonly { readonly key?: string; readonly value?: string }[];
  readonly dataLocation?: number;
}

/** Attribute of a node: one value or a list. */
export interface OnnxAttribute {
  readonly name: string;
  readonly type: number;
  readonly f?: number;
  readonly i?: number;
  readonly s?: string;
  readonly t?: OnnxTensor;
  readonly floats?: Numbers;
  readonly ints?: Numbers;
  readonly strings?: readonly string[];
}

/** Applies an operator to named values. */
export interface OnnxNode {
  readonly name: string;
  readonly opType: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly OnnxAttribute[];
  /** Set of operators that it is from; absent or empty for the standard one. */
  readonly domain?: string;
}

/** Size along an axis: a number, or the name of a size that is not fixed. */
export interface OnnxDimension {
  readonly value?: number;
  readonly parameter?: string;
}

/** Name, element type and shape of an input or output. */
export interface OnnxValue {
  readonly name: string;
  readonly elementType: number;
  readonly shape: readonly OnnxDimension[];
}

export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

export interface OnnxModel {
  readonly irVersion: number;
  readonly producerName: string;
  readonly producerVersion: string;
  readonly docString?: string;
  /** Version of the standard operators. */
  readonly opset: number;
  readonly graph: OnnxGraph;
  readonly metadata: readonly { readonly key: string; readonly value: string }[];
}

const STRINGS = messageType('StringStringEntryProto', [
  [1, 'key', 'string'],
  [2, 'value', 'string'],
]);

const TENSOR = messageType('TensorProto', [
  [1, 'dims', 'int', 'list'],
  [2, 'dataType', 'int'],
  [4, 'floatData', 'float', 'list'],
  [5, 'int32Data', 'int', 'list'],
  [6, 'stringData', 'string', 'list'],
  [7, 'int64Data', 'int', 'list'],
  [8, 'name', 'string'],
  [9, 'rawData', 'bytes'],
  [10, 'doubleData', 'double', 'list'],
  [13, 'externalData', STRINGS, 'list'],
  [14, 'dataLocation', 'int'],
]);

const ATTRIBUTE = messageType('AttributeProto', [
  [1, 'name', 'string'],
  [2, 'f', 'float'],
  [3, 'i', 'int'],
  [4, 's', 'string'],
  [5, 't', TENSOR],
  [7, 'floats', 'float', 'list'],
  [8, 'ints', 'int', 'list'],
  [9, 'strings', 'string', 'list'],
  [20, 'type', 'int'],
]);

const NODE = messageType('NodeProto', [
  [1, 'inputs', 'string', 'list'],
  [2, 'outputs', 'string', 'list'],
  [3, 'name', 'string'],
  [4, 'opType', 'string'],
  [5, 'attributes', ATTRIBUTE, 'list'],
  [7, 'domain', 'string'],
]);

const DIMENSION = messageType('TensorShapeProto.Dimension', [
  [1, 'value', 'int'],
  [2, 'parameter', 'string'],
]);
const SHAPE = messageType('TensorShapeProto', [[1, 'dim', DIMENSION, 'list']]);
const TENSOR_TYPE = messageType('TypeProto.Tensor', [
  [1, 'elementType', 'int'],
  [2, 'shape', SHAPE],
]);
const TYPE = messageType('TypeProto', [[1, 'tensorType', TENSOR_TYPE]]);
const VALUE = messageType('ValueInfoProto', [
  [1, 'name', 'string'],
  [2, 'type', TYPE],
]);

const GRAPH = messageType('GraphProto', [
  [1, 'nodes', NODE, 'list'],
  [2, 'name', 'string'],
  [5, 'initializers', TENSOR, 'list'],
  [11, 'inputs', VALUE, 'list'],
  [12, 'outputs', VALUE, 'list'],
]);

const OPERATOR_SET = messageType('OperatorSetIdProto', [
  [1, 'domain', 'string'],
  [2, 'version', 'int'],
]);

const MODEL = messageType('ModelProto', [
  [1, 'irVersion', 'int'],
  [2, 'producerName', 'string'],
  [3, 'producerVersion', 'string'],
  [6, 'docString', 'string'],
  [7, 'graph', GRAPH],
  [8, 'opsets', OPERATOR_SET, 'list'],
  [14, 'metadata', STRINGS, 'list'],
]);

/** Returns an attribute that is a number with a fraction. */
export const floatAttribute = (name: string, f: number): OnnxAttribute => ({ name, type: ATTRIBUTE_FLOAT, f });

/** Returns an attribute that is an integer. */
export const intAttribute = (name: string, i: number): OnnxAttribute => ({ name, type: ATTRIBUTE_INT, i });

/** Returns an attribute that is a list of integers. */
export const intsAttribute = (name: string, ints: readonly number[]): OnnxAttribute => ({
  name,
  type: ATTRIBUTE_INTS,
  ints,
});

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Returns a constant of float32 numbers. */
export const floatTensor = (name: string, dims: readonly number[], data: Float32Array): OnnxTensor => ({
  name,
  dataType: FLOAT,
  dims,
  rawData: bytesOf(data),
});

/** Returns a constant of int64 numbers. */
export const intTensor = (name: string, dims: readonly number[], data: readonly number[]): OnnxTensor => ({
  name,
  dataType: INT64,
  dims,
  rawData: bytesOf(BigInt64Array.from(data.map(BigInt))),
});

/** Returns the bytes of a model. */
export function encodeOnnx({ opset, graph, ...model }: OnnxModel): Uint8Array {
  const valueMessage = ({ name, elementType, shape }: OnnxValue) => ({
    name,
    type: { tensorType: { elementType, shape: { dim: shape } } },
  });
  return encodeMessage(MODEL, {
    ...model,
    opsets: [{ domain: '', version: opset }],
    graph: { ...graph, inputs: graph.inputs.map(valueMessage), outputs: graph.outputs.map(valueMessage) },
  });
}

type Partially<T> = { readonly [K in keyof T]?: T[K] };

/** Returns the graph's parts as a file has them, with names and types that may be missing filled in. */
function graphOf(where: string, graph: Partially<OnnxGraph>): OnnxGraph {
  const valueOf = (value: unknown): OnnxValue => {
    const { name, type } = value as { name?: string; type?: { tensorType?: Partially<MessageOfTensorType> } };
    const { elementType, shape } = type?.tensorType ?? {};
    if (name === undefined) throw new FormatError(`${where}: an input or output expected a name, got none.`);
    return { name, elementType: elementType ?? 0, shape: shape?.dim ?? [] };
  };
  const { nodes = [], initializers = [], inputs = [], outputs = [] } = graph;
  return {
    name: graph.name ?? '',
    initializers,
    inputs: inputs.map(valueOf),
    outputs: outputs.map(valueOf),
    nodes: nodes.map((node) => ({
      ...node,
      name: (node as Partially<OnnxNode>).name ?? '',
      opType: (node as Partially<OnnxNode>).opType ?? '',
    })),
  };
}

interface MessageOfTensorType {
  readonly elementType: number;
  readonly shape: { readonly dim: readonly OnnxDimension[] };
}

/**
 * Reads a file's messages. What they mean is checked by whoever uses them.
 * @throws FormatError for damaged bytes, and for a file without a graph or operator set.
 */
export function decodeOnnx(where: string, bytes: Uint8Array): OnnxModel {
  const message = decodeMessage(where, MODEL, bytes) as Partially<Omit<OnnxModel, 'graph' | 'opset'>> & {
    readonly graph?: Partially<OnnxGraph>;
    readonly opsets: readonly { readonly domain?: string; readonly version?: number }[];
  };
  if (message.graph === undefined) throw new FormatError(`${where}: an ONNX file expected a graph, got none.`);
  const standard = message.opsets.find(({ domain = '' }) => domain === '' || domain === 'ai.onnx');
  return {
    irVersion: message.irVersion ?? 0,
    producerName: message.producerName ?? '',
    producerVersion: message.producerVersion ?? '',
    // Before version 3 of the format the set was 1 without saying so.
    opset: standard?.version ?? 1,
    graph: graphOf(where, message.graph),
    metadata: message.metadata ?? [],
  };
}

/**
 * ONNX files as plain data: the messages of onnx.proto that a network of dense layers uses. What operators mean is in
 * operators.ts. Field numbers: github.com/onnx/onnx, onnx/onnx.proto, version 1.16.
 */
import { encodeMessage, messageType } from './protobuf.js';

/** Element types of tensors (TensorProto.DataType). */
export const FLOAT = 1;
export const INT64 = 7;

/** Types of attributes (AttributeProto.AttributeType). */
const ATTRIBUTE_FLOAT = 1;
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_INTS = 7;

/** A constant tensor, row-major. `rawData` has its numbers, low byte first. */
export interface OnnxTensor {
  readonly name: string;
  readonly dataType: number;
  readonly dims: readonly number[];
  readonly rawData: Uint8Array;
}

/** Attribute of a node: one number, or a list of integers. */
export interface OnnxAttribute {
  readonly name: string;
  readonly type: number;
  readonly f?: number;
  readonly i?: number;
  readonly ints?: readonly number[];
}

/** Applies an operator to named values. */
export interface OnnxNode {
  readonly name: string;
  readonly opType: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly OnnxAttribute[];
}

/** Size along an axis: a number, or the name of a size that is not fixed. */
export type OnnxDimension = { readonly value: number } | { readonly parameter: string };

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
  [8, 'name', 'string'],
  [9, 'rawData', 'bytes'],
]);

const ATTRIBUTE = messageType('AttributeProto', [
  [1, 'name', 'string'],
  [2, 'f', 'float'],
  [3, 'i', 'int'],
  [8, 'ints', 'int', 'list'],
  [20, 'type', 'int'],
]);

const NODE = messageType('NodeProto', [
  [1, 'inputs', 'string', 'list'],
  [2, 'outputs', 'string', 'list'],
  [3, 'name', 'string'],
  [4, 'opType', 'string'],
  [5, 'attributes', ATTRIBUTE, 'list'],
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

/**
 * Writes a multilayer perceptron as an ONNX file, with the few protocol buffer messages that it needs (onnx.proto3,
 * opset 13).
 */
import { firstWeights } from './weights.mjs';

/** @param {number} value @returns {number[]} base-128, low digits first */
function varint(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return [...bytes, value];
}

const concat = (/** @type {(Uint8Array | number[])[]} */ parts) =>
  Buffer.concat(parts.map((part) => Buffer.from(part)));
const int = (/** @type {number} */ field, /** @type {number} */ value) => concat([varint(field * 8), varint(value)]);
const bytes = (/** @type {number} */ field, /** @type {Uint8Array} */ value) =>
  concat([varint(field * 8 + 2), varint(value.length), value]);
const text = (/** @type {number} */ field, /** @type {string} */ value) => bytes(field, Buffer.from(value));

const FLOAT = 1;
const INT_ATTRIBUTE = 2;

const attribute = (/** @type {string} */ name, /** @type {number} */ value) =>
  bytes(5, concat([text(1, name), int(3, value), int(20, INT_ATTRIBUTE)]));

/** @param {string} type @param {readonly string[]} inputs @param {string} output @param {Buffer[]} attributes */
const node = (type, inputs, output, attributes = []) =>
  bytes(1, concat([...inputs.map((name) => text(1, name)), text(2, output), text(4, type), ...attributes]));

/** @param {string} name @param {readonly number[]} shape @param {Float32Array} data */
const tensor = (name, shape, data) =>
  bytes(
    5,
    concat([...shape.map((size) => int(1, size)), int(2, FLOAT), text(8, name), bytes(9, new Uint8Array(data.buffer))]),
  );

/** @param {number} field @param {string} name @param {number} width */
const value = (field, name, width) =>
  bytes(
    field,
    concat([
      text(1, name),
      bytes(2, bytes(1, concat([int(1, FLOAT), bytes(2, concat([bytes(1, text(2, 'n')), bytes(1, int(1, width))]))]))),
    ]),
  );

/** @param {import('../../workloads/networks.mjs').Network} network */
export function onnxFile(network) {
  const { sizes } = network;
  const parts = [];
  let from = 'x';
  firstWeights(network).forEach(({ inputs, units, weight, bias }, l) => {
    const end = l === sizes.length - 2;
    parts.push(node('Gemm', [from, `w${l}`, `b${l}`], `z${l}`, [attribute('transB', 1)]));
    from = end ? 'y' : `h${l}`;
    parts.push(node(end ? 'Softmax' : 'Relu', [`z${l}`], from, end ? [attribute('axis', 1)] : []));
    parts.push(tensor(`w${l}`, [units, inputs], weight), tensor(`b${l}`, [units], bias));
  });
  const graph = concat([...parts, text(2, 'mlp'), value(11, 'x', sizes[0]), value(12, 'y', sizes[sizes.length - 1])]);
  return concat([int(1, 8), bytes(7, graph), bytes(8, concat([text(1, ''), int(2, 13)]))]);
}

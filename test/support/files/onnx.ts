/** ONNX files for tests, written without the library: only what these tests need of onnx.proto. */
import { messageOf, type WireField } from './protobuf.js';

export interface NodeText {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, number | string | readonly number[] | readonly string[] | Uint8Array>>;
}

const text = (number: number, value: string): WireField => ({
  number,
  wire: 2,
  value: new TextEncoder().encode(value),
});
const integer = (number: number, value: number): WireField => ({ number, wire: 0, value });
const message = (number: number, fields: readonly WireField[]): WireField => ({
  number,
  wire: 2,
  value: messageOf(fields),
});
const float = (number: number, value: number): WireField => ({
  number,
  wire: 5,
  value: new Uint8Array(Float32Array.of(value).buffer),
});

/** A tensor of float32, float64 or int64 numbers, of texts, or of float16 numbers (type 10) given by their bits. */
export function tensor(
  name: string,
  dims: readonly number[],
  data: readonly number[] | readonly string[],
  type = 1,
): WireField[] {
  const shape = dims.map((size) => integer(1, size));
  if (typeof data[0] === 'string') {
    return [...shape, integer(2, 8), ...(data as string[]).map((one) => text(6, one)), text(8, name)];
  }
  const numbers = data as number[];
  const raw =
    type === 7
      ? BigInt64Array.from(numbers, BigInt)
      : type === 11
        ? Float64Array.from(numbers)
        : type === 10
          ? Uint16Array.from(numbers)
          : Float32Array.from(numbers);
  return [...shape, integer(2, type), text(8, name), { number: 9, wire: 2, value: new Uint8Array(raw.buffer) }];
}

/** A tensor whose numbers are in a file beside the model. */
export const externalTensor = (
  name: string,
  dims: readonly number[],
  entries: Readonly<Record<string, string>>,
): WireField[] => [
  ...dims.map((size) => integer(1, size)),
  integer(2, 1),
  text(8, name),
  ...Object.entries(entries).map(([key, value]) => message(13, [text(1, key), text(2, value)])),
  integer(14, 1),
];

const attribute = ([name, value]: [string, NonNullable<NodeText['attributes']>[string]]): WireField => {
  if (value instanceof Uint8Array) return message(5, [text(1, name), { number: 5, wire: 2, value }, integer(20, 4)]);
  if (typeof value === 'string') return message(5, [text(1, name), text(4, value), integer(20, 3)]);
  if (typeof value === 'number') {
    return Number.isInteger(value) && !['alpha', 'beta', 'epsilon', 'gamma', 'min', 'max'].includes(name)
      ? message(5, [text(1, name), integer(3, value), integer(20, 2)])
      : message(5, [text(1, name), float(2, value), integer(20, 1)]);
  }
  if (typeof value[0] === 'string') {
    return message(5, [text(1, name), ...(value as string[]).map((one) => text(9, one)), integer(20, 8)]);
  }
  const isFloat = ['offset', 'scale', 'coefficients', 'intercepts'].includes(name);
  const list = (value as number[]).map((one) => (isFloat ? float(7, one) : integer(8, one)));
  return message(5, [text(1, name), ...list, integer(20, isFloat ? 6 : 7)]);
};

/** A value: name, element type, and sizes, of which 0 is an open one. */
export const value = (name: string, type: number, dims: readonly number[]): WireField[] => [
  text(1, name),
  message(2, [
    message(1, [
      integer(1, type),
      message(
        2,
        dims.map((size) => message(1, [size === 0 ? text(2, 'rows') : integer(1, size)])),
      ),
    ]),
  ]),
];

export interface FileText {
  readonly nodes: readonly NodeText[];
  readonly inputs: readonly (readonly WireField[])[];
  readonly outputs: readonly string[];
  readonly tensors?: readonly (readonly WireField[])[];
  readonly opset?: number;
}

/** The bytes of a file. */
export const onnxFile = ({ nodes, inputs, outputs, tensors = [], opset = 17 }: FileText): Uint8Array =>
  messageOf([
    integer(1, 8),
    message(7, [
      ...nodes.map(({ op, inputs: given, outputs: made, domain, attributes = {} }) =>
        message(1, [
          ...given.map((name) => text(1, name)),
          ...made.map((name) => text(2, name)),
          text(3, `the ${op}`),
          text(4, op),
          ...Object.entries(attributes).map(attribute),
          ...(domain === undefined ? [] : [text(7, domain)]),
        ]),
      ),
      text(2, 'test'),
      ...tensors.map((fields) => message(5, fields)),
      ...inputs.map((fields) => message(11, fields)),
      ...outputs.map((name) => message(12, value(name, 1, [0, 1]))),
    ]),
    message(8, [integer(2, opset)]),
  ]);

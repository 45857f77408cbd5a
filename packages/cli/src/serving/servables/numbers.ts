/** Rows of numbers in a request: every value a finite number, refused by row and column otherwise. */
import { DATATYPES } from '../protocol/datatypes.js';
import { RequestError } from '../protocol/request-error.js';
import {
  elementsOf,
  ofInput,
  refuseElement,
  requireLength,
  shapeText,
  type RequestTensor,
} from '../protocol/tensor.js';

type FloatArray = Float32Array | Float64Array;

/** Floats that a model takes: their type, and an array for `count` of them, whose values may be anything. */
interface Floats<A extends FloatArray> {
  readonly type: A extends Float32Array ? 'FP32' : 'FP64';
  take(count: number): A;
}

export const DOUBLES: Floats<Float64Array> = { type: 'FP64', take: (count) => new Float64Array(count) };

/**
 * Reads rows of `width` numbers as floats.
 * @throws RequestError
 */
export function numbersOf<A extends FloatArray>(tensor: RequestTensor, width: number, floats: Floats<A>): A {
  const { shape, count, datatype, data } = tensor;
  const [rows] = shape;
  const isRow = shape.length === 1 && width !== 1;
  if (isRow || rows * width !== count) {
    const hint = isRow && count === width ? ` One row has the shape [1, ${width}].` : '';
    throw new RequestError(`${ofInput(tensor)} expected the shape [rows, ${width}], got ${shapeText(shape)}.${hint}`);
  }
  if (datatype === 'BYTES') {
    throw new RequestError(`${ofInput(tensor)} expected a type of numbers, such as FP32, got BYTES.`);
  }
  // Bytes are copied as they are where they are floats of this type.
  const stored = datatype === floats.type && Buffer.isBuffer(data) ? data : undefined;
  // How many values there are is checked before there is room for them.
  if (stored !== undefined) requireLength(tensor, stored);
  const read = stored === undefined ? elementsOf(tensor) : undefined;
  const values = floats.take(count);
  const elements = read ?? values;
  if (stored !== undefined) new Uint8Array(values.buffer, values.byteOffset, values.byteLength).set(stored);
  else {
    const isFloat = datatype === 'FP32' || datatype === 'FP64' || datatype === 'FP16';
    const { accepts } = DATATYPES[datatype];
    for (let i = 0; i < count; i++) {
      const value = elements[i];
      if (isFloat ? typeof value !== 'number' : typeof value !== 'bigint' && !accepts(value)) {
        refuseElement(tensor, value, Math.floor(i / width));
      }
      values[i] = Number(value);
    }
  }
  for (let i = 0; i < count; i++) {
    // Neither NaN nor an infinity is 0 when it is subtracted from itself.
    if (values[i] - values[i] !== 0) refuseNotFinite(tensor, elements[i] as number, i, width);
  }
  return values;
}

function refuseNotFinite(tensor: RequestTensor, value: number, i: number, width: number): never {
  const hint = Number.isFinite(value) ? ' Numbers are read as FP32, up to 3.4e38.' : '';
  throw new RequestError(
    `${ofInput(tensor)} expected finite numbers, got ${String(value)} in row ${Math.floor(i / width)}, column ${i % width}.${hint}`,
  );
}

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

/**
 * Reads rows of `width` numbers into the array of floats, of 32 or 64 bits, that `make` returns for their count.
 * @throws RequestError
 */
export function numbersOf<A extends FloatArray>(tensor: RequestTensor, width: number, make: (count: number) => A): A {
  const { shape, count, datatype } = tensor;
  const [rows] = shape;
  const isRow = shape.length === 1 && width !== 1;
  if (isRow || rows * width !== count) {
    const hint = isRow && count === width ? ` One row has the shape [1, ${width}].` : '';
    throw new RequestError(`${ofInput(tensor)} expected the shape [rows, ${width}], got ${shapeText(shape)}.${hint}`);
  }
  if (datatype === 'BYTES') {
    throw new RequestError(`${ofInput(tensor)} expected a type of numbers, such as FP32, got BYTES.`);
  }
  const values = make(count);
  const bytes = bytesLike(tensor, values);
  if (bytes !== undefined) {
    requireLength(tensor, bytes);
    new Uint8Array(values.buffer, values.byteOffset, values.byteLength).set(bytes);
  }
  const elements = bytes === undefined ? elementsOf(tensor) : values;
  if (elements !== values) {
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

/** The bytes of a tensor, if they are those of an array of floats as it is in memory. */
function bytesLike({ data, datatype }: RequestTensor, values: FloatArray): Buffer | undefined {
  const isSame = datatype === (values instanceof Float32Array ? 'FP32' : 'FP64');
  return isSame && Buffer.isBuffer(data) ? data : undefined;
}

function refuseNotFinite(tensor: RequestTensor, value: number, i: number, width: number): never {
  const hint = Number.isFinite(value) ? ' Numbers are read as FP32, up to 3.4e38.' : '';
  throw new RequestError(
    `${ofInput(tensor)} expected finite numbers, got ${String(value)} in row ${Math.floor(i / width)}, column ${i % width}.${hint}`,
  );
}

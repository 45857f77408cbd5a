/** A tensor of a request: described, then read into a flat list of values whose type and number were checked. */
import { DATATYPES, type DatatypeName, type Element } from './datatypes.js';
import { RequestError, shown } from './request-error.js';

export interface RequestTensor {
  readonly name: string;
  readonly datatype: DatatypeName;
  readonly shape: readonly number[];
  /** Number of its values: the product of its shape. */
  readonly count: number;
  /** Bytes, or lists of JSON. */
  readonly data: Buffer | readonly unknown[];
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** What a model says of an input or an output; −1 stands for any number of rows. */
export interface TensorMetadata {
  readonly name: string;
  readonly datatype: DatatypeName;
  readonly shape: readonly number[];
  /** Labels of a classifier, in the order of its probabilities: an addition to the protocol. */
  readonly labels?: readonly (string | number | boolean)[];
}

/** The start of a message about a tensor. */
export const ofInput = ({ name }: { readonly name: string }): string => `input ${shown(name)}`;

/** Values in a flat list, row by row. Those of JSON are not checked by type yet: `requireElement` does it. */
export function elementsOf(tensor: RequestTensor): ArrayLike<Element> {
  const { data, count, shape } = tensor;
  if (Buffer.isBuffer(data)) return decoded(tensor, data);
  // The usual forms: a flat list, or a list of rows.
  const isFlat = !Array.isArray(data[0]);
  if (isFlat) {
    if (data.length !== count) {
      throw new RequestError(
        `${ofInput(tensor)} expected ${count} values, as its shape ${shapeText(shape)} says, got ${data.length}.`,
      );
    }
    return data as readonly Element[];
  }
  const flat: Element[] = [];
  flatten(tensor, data, 0, flat);
  return flat;
}

export const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

function flatten(tensor: RequestTensor, list: readonly unknown[], axis: number, into: Element[]): void {
  const { shape } = tensor;
  if (list.length !== shape[axis]) {
    throw new RequestError(
      `${ofInput(tensor)} expected lists of ${shape[axis]} in dimension ${axis}, as its shape ${shapeText(shape)} says, got one of ${list.length}.`,
    );
  }
  const isLast = axis === shape.length - 1;
  for (const item of list) {
    if (isLast) into.push(item as Element);
    else if (Array.isArray(item)) flatten(tensor, item, axis + 1, into);
    else {
      throw new RequestError(
        `${ofInput(tensor)} expected a list in dimension ${axis + 1}, as its shape ${shapeText(shape)} says, got ${shown(item)}.`,
      );
    }
  }
}

function decoded(tensor: RequestTensor, data: Buffer): ArrayLike<Element> {
  const { datatype, count } = tensor;
  requireLength(tensor, data);
  try {
    return DATATYPES[datatype].decode(data, count);
  } catch (error) {
    if (error instanceof RequestError) throw new RequestError(`${ofInput(tensor)} ${error.message}.`);
    throw error;
  }
}

/** Throws unless there are as many bytes as the values of a tensor have, where all have as many. */
export function requireLength(tensor: RequestTensor, data: Buffer): void {
  const { datatype, count } = tensor;
  const { bytes } = DATATYPES[datatype];
  if (bytes === undefined || data.length === bytes * count) return;
  throw new RequestError(
    `${ofInput(tensor)} expected ${bytes * count} bytes for ${count} values of ${datatype}, got ${data.length}.`,
  );
}

/** Throws the error about a value that is not one of its tensor's type. */
export function refuseElement(tensor: RequestTensor, value: unknown, row: number): never {
  const { values } = DATATYPES[tensor.datatype];
  const hint =
    value === null || value === 'NaN' || value === 'Infinity' || value === '-Infinity'
      ? ' Give every value a number.'
      : '';
  throw new RequestError(
    `${ofInput(tensor)} of ${tensor.datatype} expected ${values}, got ${shown(value)} in row ${row}.${hint}`,
  );
}

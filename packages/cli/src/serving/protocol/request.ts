/**
 * The body of a request for inference: JSON, or JSON with the bytes of tensors behind it (the extension for binary
 * tensors of Triton, which MLServer's and KServe's clients speak too). Reads only own fields that it knows.
 */
import { isDatatype, DATATYPES } from './datatypes.js';
import { RequestError, shown } from './request-error.js';
import { ofInput, type RequestTensor, type TensorMetadata } from './tensor.js';

export interface RequestedOutput {
  readonly name: string;
  readonly binary: boolean;
}

export interface InferenceRequest {
  readonly id: string | undefined;
  readonly inputs: readonly RequestTensor[];
  /** Outputs that are asked for; all where none are named. */
  readonly outputs: readonly RequestedOutput[] | undefined;
  /** Whether outputs are wanted as bytes. */
  readonly binary: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** Most dimensions of a tensor, so that lists in lists end. */
const MOST_DIMENSIONS = 8;

const NO_FIELDS: Fields = Object.freeze({});

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads a body: a text, or bytes where the request states `headerLength`, which is the length of the JSON before the
 * bytes of tensors; 0 where the body is nothing but the values of the only input.
 * @throws RequestError
 */
export function readRequest(
  body: string | Buffer | undefined,
  headerLength: number | undefined,
  metadata: readonly TensorMetadata[],
): InferenceRequest {
  if (body === undefined || body.length === 0) throw new RequestError('body expected JSON, got none.');
  if (headerLength === undefined || typeof body === 'string') return readJson(parse(body.toString()), undefined);
  if (headerLength === 0) return rawRequest(body, metadata);
  if (headerLength > body.length) {
    throw new RequestError(
      `header Inference-Header-Content-Length expected at most the ${body.length} bytes of the body, got ${headerLength}.`,
    );
  }
  return readJson(parse(body.toString('utf8', 0, headerLength)), body.subarray(headerLength));
}

/** Numbers that JSON does not have, as Python's `json.dumps` writes them; and texts, in which they mean nothing. */
const NOT_JSON = /"(?:[^"\\]|\\.)*"|-?\b(?:Infinity|NaN)\b/g;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // NaN as a text is refused where it stands, by the name of its input and its row.
    const quoted = text.replace(NOT_JSON, (part) => (part.startsWith('"') ? part : `"${part}"`));
    try {
      if (quoted !== text) return JSON.parse(quoted);
    } catch {
      // It is not the only fault.
    }
    throw new RequestError(`body expected JSON, got a text that is none: ${(error as Error).message}.`);
  }
}

function readJson(value: unknown, bytes: Buffer | undefined): InferenceRequest {
  if (!isObject(value)) throw new RequestError(`body expected an object, got ${shown(value)}.`);
  const { id, inputs, outputs } = value;
  if (id !== undefined && typeof id !== 'string') throw new RequestError(`id expected a text, got ${shown(id)}.`);
  if (!Array.isArray(inputs)) throw new RequestError(`inputs expected a list of tensors, got ${shown(inputs)}.`);
  const binary = parametersOf('parameters', value).binary_data_output === true;
  const rest = { bytes, at: 0 };
  const request = {
    id,
    inputs: inputs.map((input, index) => readTensor(input, index, rest)),
    outputs: outputs === undefined ? undefined : readOutputs(outputs, binary),
    binary,
  };
  if (bytes !== undefined && rest.at !== bytes.length) {
    throw new RequestError(
      `body expected ${rest.at} bytes behind its JSON, as binary_data_size of its inputs says, got ${bytes.length}.`,
    );
  }
  return request;
}

function parametersOf(what: string, { parameters }: Fields): Fields {
  if (parameters === undefined || parameters === null) return NO_FIELDS;
  if (!isObject(parameters)) throw new RequestError(`${what} expected an object, got ${shown(parameters)}.`);
  return parameters;
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function readTensor(
  value: unknown,
  index: number,
  rest: { readonly bytes: Buffer | undefined; at: number },
): RequestTensor {
  const where = `inputs[${index}]`;
  if (!isObject(value)) throw new RequestError(`${where} expected a tensor, got ${shown(value)}.`);
  const { name, datatype, shape, data: given } = value;
  if (typeof name !== 'string') throw new RequestError(`${where}.name expected a text, got ${shown(name)}.`);
  const what = ofInput({ name });
  if (!isDatatype(datatype)) {
    const known = Object.keys(DATATYPES).join(', ');
    throw new RequestError(`${what} expected datatype to be one of ${known}, got ${shown(datatype)}.`);
  }
  if (!Array.isArray(shape) || shape.length === 0 || shape.length > MOST_DIMENSIONS || !shape.every(isSize)) {
    throw new RequestError(
      `${what} expected shape to be a list of 1 to ${MOST_DIMENSIONS} sizes, such as [1, 4], got ${shapeShown(shape)}.`,
    );
  }
  const count = shape.reduce((product: number, size: number) => product * size, 1);
  const parameters = parametersOf(`${what} parameters`, value);
  const { binary_data_size: size } = parameters;
  let data = given;
  if (size !== undefined) {
    const { bytes, at } = rest;
    if (bytes === undefined) {
      throw new RequestError(
        `${what} has binary_data_size, which expected the header Inference-Header-Content-Length, got none.`,
      );
    }
    if (!isSize(size) || size > bytes.length - at) {
      throw new RequestError(
        `${what} expected binary_data_size to be at most the ${bytes.length - at} bytes that are left, got ${shown(size)}.`,
      );
    }
    data = bytes.subarray(at, at + size);
    rest.at = at + size;
  } else if (!Array.isArray(data)) {
    throw new RequestError(`${what} expected data to be a list, got ${shown(data)}.`);
  }
  return { name, datatype, shape, count, data: data as Buffer | unknown[], parameters };
}

const shapeShown = (shape: unknown): string =>
  Array.isArray(shape) && shape.length <= MOST_DIMENSIONS ? `[${shape.map(shown).join(', ')}]` : shown(shape);

function readOutputs(outputs: unknown, binary: boolean): RequestedOutput[] {
  if (!Array.isArray(outputs)) throw new RequestError(`outputs expected a list, got ${shown(outputs)}.`);
  return outputs.map((output: unknown, index) => {
    if (!isObject(output) || typeof output.name !== 'string') {
      throw new RequestError(`outputs[${index}] expected an object with a name, got ${shown(output)}.`);
    }
    const own = parametersOf(`outputs[${index}].parameters`, output).binary_data;
    return { name: output.name, binary: typeof own === 'boolean' ? own : binary };
  });
}

/** A body that is nothing but the values of the only input. */
function rawRequest(body: Buffer, metadata: readonly TensorMetadata[]): InferenceRequest {
  const [only] = metadata;
  const { bytes } = DATATYPES[only.datatype];
  const width = only.shape.slice(1).reduce((product, size) => product * size, 1);
  if (metadata.length > 1 || bytes === undefined) {
    throw new RequestError(
      'body without JSON expected a model with one input of numbers. Say by JSON which input has which bytes.',
    );
  }
  const rows = body.length / (bytes * width);
  if (!Number.isInteger(rows)) {
    throw new RequestError(`body expected ${bytes * width} bytes for each row, got ${body.length} bytes.`);
  }
  const shape = [rows, ...only.shape.slice(1)];
  const { name, datatype } = only;
  const tensor = { name, datatype, shape, count: rows * width, data: body, parameters: NO_FIELDS };
  return { id: undefined, inputs: [tensor], outputs: undefined, binary: true };
}

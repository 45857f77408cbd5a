/**
 * The reply to a request for inference, as JSON or as JSON with the bytes of tensors behind it. The text is put together
 * from parts, since numbers are most of it.
 */
import { DATATYPES, type DatatypeName } from './datatypes.js';
import { RequestError, shown } from './request-error.js';
import type { InferenceRequest, RequestedOutput } from './request.js';

/** Values of an output, row by row. */
export type OutputValues = Float32Array | Float64Array | readonly (string | number | boolean)[];

/** An output of a model. */
export interface Output {
  readonly name: string;
  readonly datatype: DatatypeName;
  /** Values of a row, and its dimensions: none where a row has one value without a dimension of its own. */
  readonly width: number;
  readonly dimensions: readonly number[];
}

export interface Reply {
  readonly body: string | Buffer;
  /** Length of the JSON before bytes of tensors, if there are any. */
  readonly headerLength: number | undefined;
}

/**
 * Returns the reply with the outputs that were asked for. `values` are those of `outputs`, of rows from `first` on.
 * @throws RequestError for an output that is not finite, or not there.
 */
export function replyTo(
  { id, outputs: requested, binary }: InferenceRequest,
  {
    model,
    version,
    outputs,
  }: { readonly model: string; readonly version: string; readonly outputs: readonly Output[] },
  values: readonly OutputValues[],
  first: number,
  rows: number,
): Reply {
  const wanted: readonly RequestedOutput[] = requested ?? outputs.map(({ name }) => ({ name, binary }));
  const parts: Buffer[] = [];
  let text = `{"model_name":${JSON.stringify(model)},"model_version":"${version}"${id === undefined ? '' : `,"id":${JSON.stringify(id)}`},"outputs":[`;
  for (let i = 0; i < wanted.length; i++) {
    const { name, binary: asBytes } = wanted[i];
    const index = outputs.findIndex((output) => output.name === name);
    if (index < 0) throw unknownOutput(name, outputs);
    const { datatype, width, dimensions } = outputs[index];
    const own = slice(values[index], first * width, (first + rows) * width);
    requireFinite(name, own, width);
    text += `${i === 0 ? '' : ','}{"name":${JSON.stringify(name)},"datatype":"${datatype}","shape":[${[rows, ...dimensions].join()}],`;
    if (asBytes) {
      const bytes = DATATYPES[datatype].encode(own);
      parts.push(bytes);
      text += `"parameters":{"binary_data_size":${bytes.length}}}`;
    } else text += `"data":[${listText(own)}]}`;
  }
  text += ']}';
  if (parts.length === 0) return { body: text, headerLength: undefined };
  const json = Buffer.from(text);
  return { body: Buffer.concat([json, ...parts]), headerLength: json.length };
}

function slice(values: OutputValues, from: number, to: number): OutputValues {
  if (from === 0 && to === values.length) return values;
  return Array.isArray(values) ? values.slice(from, to) : (values as Float32Array).subarray(from, to);
}

const listText = (values: OutputValues): string =>
  Array.isArray(values) ? values.map((value) => JSON.stringify(value)).join() : (values as Float32Array).join();

function requireFinite(name: string, values: OutputValues, width: number): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value !== 'number' || value - value === 0) continue;
    throw new RequestError(
      `output ${shown(name)} expected finite numbers, got ${String(value)} in row ${Math.floor(i / width)}. The values of this row are too large for the model.`,
    );
  }
}

export function unknownOutput(name: string, outputs: readonly { readonly name: string }[]): RequestError {
  const known = outputs.map((output) => shown(output.name)).join(', ');
  return new RequestError(`outputs expected names of ${known}, got ${shown(name)}.`);
}

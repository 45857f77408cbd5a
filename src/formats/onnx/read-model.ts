/** Reads a file as a model: graph-reader.ts walks the graph, network.ts builds the model. */
import { FormatError, MemoryError, WasmMlpError } from '../../common/errors.js';
import type { Model } from '../../index.js';
import { kindOfFile, OTHER_ADVICE } from '../other-files.js';
import type { ExternalData } from './constants.js';
import { GraphReader, WHERE } from './graph-reader.js';
import { decodeOnnx, type OnnxModel } from './messages.js';

/** Labels that `exportOnnx` has written into the metadata. */
function labelsOf({ metadata }: OnnxModel): readonly (string | number)[] | undefined {
  const text = metadata.find(({ key }) => key === 'labels')?.value;
  if (text === undefined) return undefined;
  try {
    const labels: unknown = JSON.parse(text);
    const isLabel = (one: unknown): boolean => typeof one === 'string' || Number.isFinite(one);
    return Array.isArray(labels) && labels.every(isLabel) ? (labels as (string | number)[]) : undefined;
  } catch {
    // Somebody else's entry of that name.
    return undefined;
  }
}

/** Turns an error about what the file asked for into one about the file. */
function asFormatError(error: unknown): Error {
  if (!(error instanceof WasmMlpError) || error instanceof FormatError || error instanceof MemoryError)
    return error as Error;
  return new FormatError(`${WHERE}: ${error.message}`);
}

/** Reads the messages of a file; one of another kind is refused by what it is. */
function decode(file: Uint8Array): OnnxModel {
  try {
    return decodeOnnx(WHERE, file);
  } catch (error) {
    const kind = kindOfFile(file);
    if (!(error instanceof FormatError) || kind === undefined || kind === 'an ONNX file') throw error;
    const advice = OTHER_ADVICE[kind] ?? 'In Python, torch.onnx.export, skl2onnx and tf2onnx write ONNX.';
    throw new FormatError(`${WHERE}: file expected ONNX, got ${kind}. ${advice}`);
  }
}

/** Makes the steps of a network. They have the weights, so that the file need not be kept. */
function readNetwork(file: Uint8Array, files: ExternalData | undefined) {
  const size = file.length + Object.values(files ?? {}).reduce((total, one) => total + one.length, 0);
  const message = decode(file);
  const reader = new GraphReader(message, files, size);
  const { inputs, outputs, labels = labelsOf(message) } = reader.readGraph();
  return { builder: reader.builder, inputs, outputs, labels };
}

async function build({ builder, inputs, outputs, labels }: ReturnType<typeof readNetwork>): Promise<Model> {
  try {
    const model = await builder.build(inputs, outputs);
    if (labels !== undefined) Object.defineProperty(model, 'labels', { value: labels, enumerable: true });
    return model;
  } catch (error) {
    throw asFormatError(error);
  }
}

/**
 * Returns the model of a file and of those beside it, with its labels if it has some. No promise holds the file: while
 * the model is built, a collector may free it.
 */
export function readModel(file: Uint8Array, files: ExternalData | undefined): Promise<Model> {
  let network;
  try {
    network = readNetwork(file, files);
  } catch (error) {
    return Promise.reject(asFormatError(error));
  }
  return build(network);
}

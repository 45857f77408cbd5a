/** Reads a file as a model: graph-reader.ts walks the graph, network.ts builds the model. */
import { FormatError, MemoryError, WasmMlpError } from '../../common/errors.js';
import type { Model } from '../../index.js';
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

/** Turns errors about what the file asked for into errors about the file. */
async function asFormatError<T>(build: () => Promise<T>): Promise<T> {
  try {
    return await build();
  } catch (error) {
    if (!(error instanceof WasmMlpError) || error instanceof FormatError || error instanceof MemoryError) throw error;
    throw new FormatError(`${WHERE}: ${error.message}`);
  }
}

/** Returns the model of a file and of those beside it, with its labels if it has some. */
export function readModel(file: Uint8Array, files: ExternalData | undefined): Promise<Model> {
  const size = file.length + Object.values(files ?? {}).reduce((total, one) => total + one.length, 0);
  return asFormatError(async () => {
    const message = decodeOnnx(WHERE, file);
    const reader = new GraphReader(message, files, size);
    const { inputs, outputs, labels = labelsOf(message) } = reader.readGraph();
    const model = await reader.builder.build(inputs, outputs);
    if (labels !== undefined) Object.defineProperty(model, 'labels', { value: labels, enumerable: true });
    return model;
  });
}

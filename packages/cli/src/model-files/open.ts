/** Opens a model file of any format that is known. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { WasmMlpError } from 'wasm-mlp';
import { Failure, usageFailure } from '../failure.js';
import { missingFile } from '../files/missing-file.js';
import {
  FORMATS,
  formatToRead,
  formatsThat,
  isFormatName,
  type AnyModel,
  type FormatName,
  type ModelFormat,
  type OpenedModel,
} from './formats.js';

export interface ModelFile extends OpenedModel {
  readonly path: string;
  readonly format: FormatName;
  readonly bytes: Uint8Array;
}

/** Reads a file that has to be there. */
export function readModelBytes(path: string): Uint8Array {
  if (!existsSync(path)) throw missingFile(path);
  if (statSync(path).isDirectory()) throw new Failure(`${path} is a folder. Give the file of a model.`);
  return readFileSync(path);
}

/**
 * Opens a model.
 * @throws Failure if there is none, or its file cannot be read, with the reason.
 */
export async function openModel(path: string, from: string | undefined): Promise<ModelFile> {
  const bytes = readModelBytes(path);
  if (from !== undefined && !isFormatName(from)) {
    throw usageFailure(`--from expected one of ${formatsThat('read')}, got ${from}.`);
  }
  const format = from ?? formatToRead(path, bytes);
  const { read, title }: ModelFormat = FORMATS[format];
  if (read === undefined)
    throw new Failure(`${title} cannot be read: it holds no model. Known: ${formatsThat('read')}.`);
  try {
    return { path, format, bytes, ...(await read(path, bytes)) };
  } catch (error) {
    if (error instanceof WasmMlpError)
      throw new Failure(`${basename(path)} cannot be read as ${title}.\n${error.message}`);
    throw error;
  }
}

/** SHA-256 of the weights, in their order: two models with the same hash have the same weights to the bit. */
export function weightsHash(model: AnyModel): string {
  const hash = createHash('sha256');
  for (const { data } of model.getWeights()) hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest('hex');
}

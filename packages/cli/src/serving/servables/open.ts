/** Opens the file of a model to serve it. */
import { basename } from 'node:path';
import { WasmMlpError } from 'wasm-mlp';
import { Failure } from '../../failure.js';
import { openModel, readModelBytes } from '../../model-files/open.js';
import { metadataField } from '../../model-files/metadata.js';
import { isTableFile, openTableModel } from '../../model-files/table-file.js';
import { servableEstimator } from './estimator.js';
import { servableNetwork } from './network.js';
import type { Servable } from './servable.js';
import { servableTable } from './table.js';

/** Metadata field in which the library saves the kind of a classifier or a regressor, with its labels or scales. */
const ESTIMATOR_FIELD = 'wasm-mlp.table';

/** Returns the kind of the classifier or regressor that a file holds: mlpClassifier, mlpRegressor; none of others. */
function estimatorKind(bytes: Uint8Array): string | undefined {
  try {
    const { kind } = JSON.parse(metadataField(bytes, ESTIMATOR_FIELD) ?? '{}') as { readonly kind?: unknown };
    return typeof kind === 'string' ? kind : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Opens a model of a table, one of `mlpClassifier` or `mlpRegressor`, or a network in any format that is known.
 * @throws Failure with the reason.
 */
export async function openServable(path: string): Promise<Servable> {
  return (await opened(path)) as Servable;
}

async function opened(path: string): Promise<unknown> {
  const read = readModelBytes(path);
  if (isTableFile(read)) {
    const { model, bytes } = await openTableModel(path);
    return servableTable(model, bytes);
  }
  const kind = estimatorKind(read);
  if (kind === undefined) return servableNetwork(await openModel(path, undefined));
  try {
    return await servableEstimator(kind, read);
  } catch (error) {
    if (error instanceof WasmMlpError) throw new Failure(`${basename(path)} cannot be read.\n${error.message}`);
    throw error;
  }
}

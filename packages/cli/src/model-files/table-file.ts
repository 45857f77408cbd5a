/** Models of tables in files: which files they are, and how tables are read for them. */
import { basename } from 'node:path';
import { WasmMlpError } from 'wasm-mlp';
import { loadTable } from 'wasm-mlp/tables';
import { Failure } from '../failure.js';
import type { ReaderOptions } from '../reading/reader.js';
import type { TableModel } from '../training/estimate.js';
import { readModelBytes } from './open.js';

/** Metadata field in which the library saves what it learned of the columns. */
const FIELD = 'wasm-mlp.columns';

/** Whether the bytes are a safetensors file with a table model. */
export function isTableFile(bytes: Uint8Array): boolean {
  if (bytes.length < 8) return false;
  const size = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (size > bytes.length - 8) return false;
  try {
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + size))) as Record<string, unknown>;
    const metadata = header.__metadata__;
    return typeof metadata === 'object' && metadata !== null && Object.hasOwn(metadata, FIELD);
  } catch {
    return false;
  }
}

/**
 * Opens a model that `wasm-mlp train` or `save` of the library wrote.
 * @throws Failure for other files, with what they are good for.
 */
export async function openTableModel(
  path: string,
): Promise<{ readonly model: TableModel; readonly bytes: Uint8Array }> {
  const bytes = readModelBytes(path);
  if (!isTableFile(bytes)) {
    throw new Failure(
      `${basename(path)} is not the model of a table: it does not say how columns become numbers. Make one by wasm-mlp train.`,
    );
  }
  try {
    return { model: (await loadTable(bytes)) as TableModel, bytes };
  } catch (error) {
    if (error instanceof WasmMlpError) throw new Failure(`${basename(path)} cannot be read.\n${error.message}`);
    throw error;
  }
}

/** How tables have to be read for a model: what it knows as categories stays text. */
export function readingFor(model: TableModel): ReaderOptions {
  const categories = model.schema.columns.filter(({ kind }) => kind === 'category').map(({ name }) => name);
  const hasTexts =
    model.kind === 'classifier' &&
    model.targets.length === 1 &&
    model.classes.some((label) => typeof label === 'string');
  return { text: [...categories, ...(hasTexts ? model.targets : [])] };
}

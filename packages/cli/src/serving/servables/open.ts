/** Opens the file of a model to serve it. */
import { openModel, readModelBytes } from '../../model-files/open.js';
import { isTableFile, openTableModel } from '../../model-files/table-file.js';
import { servableNetwork } from './network.js';
import type { Servable } from './servable.js';
import { servableTable } from './table.js';

/**
 * Opens a model of a table, or a network in any format that is known.
 * @throws Failure with the reason.
 */
export async function openServable(path: string): Promise<Servable> {
  if (!isTableFile(readModelBytes(path)))
    return servableNetwork(await openModel(path, undefined)) as unknown as Servable;
  const { model, bytes } = await openTableModel(path);
  return servableTable(model, bytes) as unknown as Servable;
}

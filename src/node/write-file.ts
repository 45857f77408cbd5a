/** `writeFileAtomic`: any file as checkpoints are written, whole or not at all. durable-file.ts says how. */
import { realpathSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { bytesOf } from '../common/arrays.js';
import { describe } from '../common/describe.js';
import { ValueError } from '../common/errors.js';
import { fileError, prepareFolder, requireShort, writeDurably } from './durable-file.js';
import { statOf } from './stored-files.js';

const WHERE = 'writeFileAtomic';

/**
 * Writes a file in place of one that has its name, as `modelCheckpoint` does: under another name in the same folder,
 * synced and renamed. A process that is killed, and a disk that is full, leave the file that was there. What processes
 * that were killed have left of this file is removed. A link stays, and the file that it leads to is replaced; a device
 * or a pipe is written to.
 * @throws ValueError for a path that cannot be written to, or data that are neither bytes nor text; WasmMlpError where
 * the disk is full.
 * @example
 * import { writeFileAtomic } from 'wasm-mlp/node';
 * const network = await sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
 * await writeFileAtomic('network.safetensors', network.save());
 * @category Checkpoints
 */
export async function writeFileAtomic(path: string, data: Uint8Array | ArrayBuffer | string): Promise<void> {
  if (typeof path !== 'string' || path === '') {
    throw new ValueError(`${WHERE}: path expected the name of a file, got ${describe(path)}.`);
  }
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : bytesOf(data);
  if (bytes === undefined) {
    throw new ValueError(`${WHERE}: data expected a Uint8Array or a string, got ${describe(data)}.`);
  }
  const found = statOf(path);
  if (found !== undefined && !found.isFile() && !found.isDirectory()) {
    await writeFile(path, bytes).catch((error: unknown) => {
      throw fileError(WHERE, 'a file that can be written', error);
    });
    return;
  }
  const file = found === undefined ? path : realpathSync(path);
  prepareFolder(WHERE, dirname(file), (name) => name === basename(file));
  requireShort(WHERE, file);
  await writeDurably(WHERE, file, [bytes]);
}

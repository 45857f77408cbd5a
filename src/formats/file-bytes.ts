/** Bytes of a file as readers take them. */
import { bytesOf } from '../common/arrays.js';
import { describe } from '../common/describe.js';
import { ValueError } from '../common/errors.js';

/**
 * Returns the bytes of a file, not a copy. `where` begins the message.
 * @throws ValueError for anything else, such as its path or what `readFile` returns before it is awaited.
 */
export function fileBytes(where: string, value: unknown): Uint8Array {
  const bytes = bytesOf(value);
  if (bytes !== undefined) return bytes;
  throw new ValueError(
    `${where}: bytes expected a Uint8Array or ArrayBuffer, got ${describe(value)}. ` +
      'Read the file first: await readFile(path), or await response.arrayBuffer().',
  );
}

/**
 * Whether a JSON file is whole. DuckDB takes a list that is cut off between two objects as a shorter list: here the
 * brackets are counted, outside of texts.
 */
import type { Readable } from 'node:stream';
import { Failure } from '../failure.js';

const [QUOTE, BACKSLASH, NEWLINE] = [0x22, 0x5c, 0x0a];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Reads a file to its end.
 * @throws Failure, by line, where a list, an object or a text is not closed, or closed twice.
 */
export async function requireWholeJson(name: string, bytes: Readable): Promise<void> {
  let [line, inText, escaped] = [1, false, false];
  /** Lines where what is open begins. */
  const open: { readonly byte: number; readonly line: number }[] = [];
  for await (const part of bytes) {
    for (const byte of part as Buffer) {
      if (byte === NEWLINE) line += 1;
      if (inText) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inText = false;
      } else if (byte === QUOTE) inText = true;
      else if (byte === OPEN_LIST || byte === OPEN_OBJECT) open.push({ byte, line });
      else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
        // ASCII has } and ] two places behind { and [.
        if (open.pop()?.byte !== byte - 2) {
          throw new Failure(`${name}, line ${line}: ${String.fromCharCode(byte)} closes nothing that is open.`);
        }
      }
    }
  }
  const outer = open.at(0);
  if (outer === undefined && !inText) return;
  const what = outer?.byte === OPEN_LIST ? 'the list' : 'the object';
  throw new Failure(
    `${name} ends in line ${line}, in the middle: ${outer === undefined ? 'a text' : `${what} that begins in line ${outer.line}`} is not closed. Part of the file is missing.`,
  );
}

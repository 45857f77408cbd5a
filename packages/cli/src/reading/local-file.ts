/**
 * The file that is read for a source: standard input and texts that are not UTF-8 are copied to a temporary file. Files
 * that are cut off, or that are no text, are refused here, by the place.
 */
import { isUtf8 } from 'node:buffer';
import { createReadStream, createWriteStream, openSync, readSync, closeSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as zlib from 'node:zlib';
import { Failure } from '../failure.js';
import { removeTemporary, temporaryFolder } from '../files/temporary.js';
import { requireWholeJson } from './json-end.js';
import type { Source } from './source.js';

/** Bytes up to which a whole file is checked to be UTF-8 before it is read. */
const CHECKED_BYTES = 64 * 2 ** 20;
const HEAD_BYTES = 2 ** 20;

export interface LocalFile {
  /** Undefined for queries. */
  readonly path: string | undefined;
  /** A folder for temporary files. */
  readonly folder: string;
  /** Removes temporary files. */
  remove(): void;
}

/**
 * Returns the file to read for a source.
 * @throws Failure for a file that is empty, cut off, or not in the encoding.
 */
export async function localFile(source: Source, encoding: string | undefined): Promise<LocalFile> {
  const folder = temporaryFolder();
  const remove = (): void => removeTemporary(folder);
  if (source.kind === 'sql') return { path: undefined, folder, remove };
  try {
    let path = source.kind === 'file' ? source.path : join(folder, `input.${source.format}`);
    if (source.kind === 'standardInput') await pipeline(process.stdin, createWriteStream(path));
    if (statSync(path).size === 0) throw new Failure(`${source.name} is empty.`);
    if (source.format !== 'parquet') {
      const head = firstBytes(path, compressionOf(path) === undefined ? HEAD_BYTES : 0);
      const found = encoding ?? encodingOf(head);
      const hasMark = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf;
      if (!isUtf8Name(found) || (hasMark && source.format === 'json')) {
        const decoded = join(folder, `text.${source.format}`);
        await decode(source.name, path, decoded, found);
        path = decoded;
      } else if (compressionOf(path) === undefined) requireUtf8(source.name, path);
    }
    if (source.format === 'json') await requireWholeJson(source.name, textStream(path));
    return { path, folder, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

const compressionOf = (path: string): 'gz' | 'zst' | undefined =>
  /\.gz$/i.test(path) ? 'gz' : /\.zst$/i.test(path) ? 'zst' : undefined;

/** The bytes of a file, unpacked if it is compressed. */
export function textStream(path: string): Readable {
  const file = createReadStream(path, { highWaterMark: 2 ** 18 });
  const compression = compressionOf(path);
  if (compression === undefined) return file;
  const unpack =
    compression === 'gz'
      ? zlib.createGunzip()
      : (zlib as { createZstdDecompress?: () => Transform }).createZstdDecompress?.();
  if (unpack === undefined) throw new Failure('This version of Node.js does not read .zst: unpack the file first.');
  file.on('error', (error) => unpack.destroy(error));
  return file.pipe(unpack);
}

/** The beginning of a text, and whether that is all of it. */
export async function headOf(path: string): Promise<{ readonly head: string; readonly isAll: boolean }> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of textStream(path)) {
    parts.push(part as Buffer);
    bytes += (part as Buffer).length;
    if (bytes > HEAD_BYTES) break;
  }
  const head = Buffer.concat(parts).subarray(0, HEAD_BYTES);
  return { head: head.toString('utf8').replace(/^\uFEFF/, ''), isAll: bytes <= HEAD_BYTES };
}

function firstBytes(path: string, most: number): Buffer {
  const bytes = Buffer.alloc(Math.min(most, statSync(path).size));
  const file = openSync(path, 'r');
  try {
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(file);
  }
}

const isUtf8Name = (encoding: string): boolean => new TextDecoder(encoding).encoding === 'utf-8';

/** UTF-16 by its mark, or by zeros in every second byte; otherwise UTF-8. */
function encodingOf(head: Buffer): string {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  const zeros = [0, 0];
  for (const [at, byte] of head.subarray(0, 4096).entries()) if (byte === 0) zeros[at % 2] += 1;
  const most = Math.min(head.length, 4096) / 4;
  if (zeros[1] > most && zeros[0] === 0) return 'utf-16le';
  if (zeros[0] > most && zeros[1] === 0) return 'utf-16be';
  return 'utf-8';
}

async function decode(name: string, from: string, to: string, encoding: string): Promise<void> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  const refused = (): Failure => new Failure(`${name} is not text in ${encoding}. Give another --encoding.`);
  const convert = new Transform({
    transform(part: Buffer, _, done) {
      try {
        done(null, decoder.decode(part, { stream: true }));
      } catch {
        done(refused());
      }
    },
    flush(done) {
      try {
        done(null, decoder.decode());
      } catch {
        done(refused());
      }
    },
  });
  await pipeline(textStream(from), convert, createWriteStream(to));
}

export const ENCODING_HINT = 'Say which encoding it has, such as --encoding latin1.';

function requireUtf8(name: string, path: string): void {
  if (statSync(path).size > CHECKED_BYTES) return;
  const bytes = readFileSync(path);
  if (isUtf8(bytes)) return;
  // Lines end at bytes that are part of no other character, so each line is text or not by itself.
  let [line, start] = [1, 0];
  for (;;) {
    const end = bytes.indexOf(10, start);
    if (!isUtf8(bytes.subarray(start, end === -1 ? bytes.length : end))) break;
    if (end === -1) break;
    [line, start] = [line + 1, end + 1];
  }
  throw new Failure(`${name}, line ${line}: the text is not UTF-8. ${ENCODING_HINT}`);
}

/** The error for a file that is not there, which names the most similar one that is. */
import { readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { Failure } from '../failure.js';
import { nearest } from '../terminal/nearest.js';

export function missingFile(path: string): Failure {
  let similar: string | undefined;
  try {
    similar = nearest(basename(path), readdirSync(dirname(path)));
  } catch {
    // The folder is not there either.
  }
  return new Failure(`There is no file ${path}.${similar === undefined ? '' : ` Did you mean ${similar}?`}`);
}

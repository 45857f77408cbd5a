/**
 * Files whose header is parsed, changed as a tree and written again: each must load in both entries with the same
 * result, or fail with one of two errors. The script `npm run fuzz:files` continues with longer lists, and measures
 * time and memory. The files and checks are in support/files.
 */
import { describe, expect, test } from 'vitest';
import * as predictLibrary from '../../dist/predict.js';
import * as library from '../../src/index.js';
import { baseFiles } from '../support/files/bases.mjs';
import { checkFile } from '../support/files/check.mjs';
import { mutated } from '../support/files/mutate.mjs';

const FILES = 5000;
const PARTS = 10;

/** Small, so that some files ask for more. */
const LIMIT = 64 * 2 ** 20;

const engine = library.createEngineSync({ maximumMemory: LIMIT });
const bases = baseFiles(library, engine);

test('the files load before they are changed', () => {
  for (const file of bases) expect(checkFile(library, predictLibrary, engine, file)).toBe('loaded');
});

describe(`${FILES} changed files`, () => {
  const outcomes = new Map<string, number>();
  test.each(Array.from({ length: PARTS }, (_, part) => [part]))(
    'load or are refused alike in both entries, part %i',
    (part) => {
      const size = FILES / PARTS;
      for (let index = part * size; index < (part + 1) * size; index++) {
        try {
          const outcome = checkFile(library, predictLibrary, engine, mutated(bases, 1, index));
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        } catch (error) {
          throw new Error(`file ${index} of seed 1: ${(error as Error).message}`, { cause: error });
        }
      }
    },
  );

  test('include some that load, some that need too much memory, and many that are refused', () => {
    expect(outcomes.get('loaded')).toBeGreaterThan(FILES / 20);
    expect(outcomes.get('MemoryError')).toBeGreaterThan(0);
    expect(outcomes.get('FormatError')).toBeGreaterThan(FILES / 2);
    expect(engine.memory().bytes).toBeLessThanOrEqual(LIMIT);
  });
});

/**
 * NumPy's files that were mutated: each is refused by a FormatError or gives arrays, within a second and a few times its
 * size. `NUMPY_MUTATIONS` is the number of files, `NUMPY_SEED` the first seed.
 */
import { readFileSync } from 'node:fs';
import { test } from 'vitest';
import { readNpy, readNpz, writeNpy } from '../../src/numpy.js';
import { mutateBytes, mutateZip, NUMBERS, pick } from '../support/files/mutate-zip.js';
import type { ZipPart } from '../support/files/zip.js';
import { expectSafe } from '../support/files/safe.js';
import type { Source } from '../support/reference/random.js';

const folder = new URL('../golden/numpy/', import.meta.url);
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, folder)));

/** Archives as NumPy wrote them, and the arrays of one as files of their own. */
const ARCHIVES = ['stored.npz', 'deflated.npz', 'level-1.npz', 'pipe.npz', 'zip64.npz'].map(read);
const ARRAYS = ['version-1.npy', 'version-2.npy', 'version-3.npy', 'refuse-structure.npy'].map(read);
const PARTS: readonly ZipPart[] = Object.entries(readNpz(read('stored.npz'))).map(([name, array]) => ({
  name: `${name}.npy`,
  data: writeNpy(array),
}));

/** Parts of headers that replace others. */
const WORDS = [
  ...["'<f4'", "'>f8'", "'|O'", "'<U8'", "'|b1'", "'<f2'", "'f16'", "[('a', '<f4')]", 'True', 'False', 'None', '0'],
  ...["'shape'", "'descr'", "'fortran_order'", '()', '(1,)', '(3, 2)', '(2, 3, 0)', '{', '}', ',', ':', '(', ')'],
  ...['(9007199254740991,)', '-1', '1e9', '2L', '\\x27', '"', "'", '\n', '__import__("os")', '(((((((('],
];

/** Changes words and numbers of the header of an .npy file. */
function mutateArray(file: Uint8Array, random: Source): Uint8Array {
  if (random.below(3) === 0) return mutateBytes(file, random);
  const begin = file[6] === 1 ? 10 : 12;
  const view = new DataView(file.buffer, file.byteOffset);
  const length = begin === 10 ? view.getUint16(8, true) : view.getUint32(8, true);
  const tokens = String.fromCharCode(...file.subarray(begin, begin + length)).match(/'[^']*'|\w+|\s+|[^\w\s]/g)!;
  for (let change = 0; change <= random.below(3); change++) {
    const by = random.below(3) === 0 ? String(pick(random, NUMBERS)) : pick(random, WORDS);
    tokens.splice(random.below(tokens.length), random.below(2), ...(random.below(5) === 0 ? [] : [by]));
  }
  const text = new TextEncoder().encode(tokens.join(''));
  const result = Uint8Array.of(...file.subarray(0, begin), ...text, ...file.subarray(begin + length));
  const resized = new DataView(result.buffer);
  if (begin === 10) resized.setUint16(8, text.length, true);
  else resized.setUint32(8, text.length, true);
  return result;
}

function mutatedArchive(random: Source): Uint8Array {
  if (random.below(3) === 0) return mutateBytes(pick(random, ARCHIVES), random);
  const first = random.below(PARTS.length - 3);
  const parts = PARTS.slice(first, first + 3).map((part) =>
    random.below(4) === 0 ? { ...part, data: mutateArray(part.data, random) } : part,
  );
  return mutateZip(parts, random);
}

const count = Number(process.env.NUMPY_MUTATIONS ?? 3000);

test(
  `${count} mutated files are refused or give arrays`,
  async () => {
    const single = (random: Source): boolean => random.below(3) === 0;
    await expectSafe(count, Number(process.env.NUMPY_SEED ?? 1), (random) => {
      const alone = single(random);
      const file = alone ? mutateArray(pick(random, ARRAYS), random) : mutatedArchive(random);
      const options = random.below(2) === 0 ? undefined : ({ dtype: 'float32' } as const);
      return { bytes: file.length, read: () => (alone ? readNpy(file, options) : readNpz(file, options)) };
    });
  },
  60_000 + 20 * count,
);

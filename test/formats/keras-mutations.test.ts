/**
 * Keras' files that were mutated: each is refused by a FormatError or is a model that predicts, within a second and a
 * few times its size. `KERAS_MUTATIONS` is the number of files, `KERAS_SEED` the first seed.
 */
import { readFileSync } from 'node:fs';
import { test } from 'vitest';
import { fromKeras } from '../../src/keras.js';
import { multipliedTopology } from '../support/files/multiply-topology.js';
import { mutateBytes, mutateZip, NUMBERS, pick } from '../support/files/mutate-zip.js';
import { expectSafe, predictOnce } from '../support/files/safe.js';
import { zipOf, type ZipPart } from '../support/files/zip.js';
import type { Source } from '../support/reference/random.js';

const folder = new URL('../golden/keras/', import.meta.url);
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, folder)));

/** The parts of an archive of Keras, whose files are stored. */
function partsOf(archive: Uint8Array): ZipPart[] {
  const file = Buffer.from(archive);
  const parts: ZipPart[] = [];
  for (let at = 0; file.readUInt32LE(at) === 0x04034b50;) {
    const [size, name, extra] = [file.readUInt32LE(at + 22), file.readUInt16LE(at + 26), file.readUInt16LE(at + 28)];
    const start = at + 30 + name + extra;
    parts.push({ name: file.toString('latin1', at + 30, at + 30 + name), data: archive.slice(start, start + size) });
    at = start + size;
  }
  return parts;
}

const ARCHIVES = ['graph.keras', 'chain-float16.keras', 'few-hdf5-1.8.keras', 'many.keras'].map((name) =>
  partsOf(read(name)),
);
const WHOLE = ['chain-2.h5', 'nested-2.h5'].map(read);

/** Letters at which structures of HDF5 begin. */
const SIGNATURES = ['TREE', 'SNOD', 'HEAP', 'GCOL', 'OHDR', '\x89HDF'].map((letters) => Buffer.from(letters, 'latin1'));

/** Changes numbers near the beginning of a structure, and addresses to those of others. */
function mutateHdf5(file: Uint8Array, random: Source): Uint8Array {
  if (random.below(4) === 0) return mutateBytes(file, random);
  const changed = Buffer.from(file);
  const found = SIGNATURES.flatMap((letters) => {
    const all: number[] = [];
    for (let at = changed.indexOf(letters); at !== -1; at = changed.indexOf(letters, at + 1)) all.push(at);
    return all;
  });
  for (let change = 0; change <= random.below(3); change++) {
    // Object headers of the old form have no letters: they lie anywhere, at multiples of eight.
    const begin = random.below(3) === 0 ? 8 * random.below(changed.length / 8) : pick(random, found);
    const at = Math.min(begin + random.below(80), changed.length - 8);
    const size = pick(random, [1, 2, 4, 6]);
    const value = random.below(2) === 0 ? pick(random, found) : pick(random, NUMBERS);
    changed.writeUIntLE(value % 2 ** (8 * size), at, size);
    if (size === 6) changed.writeUInt16LE(random.below(8) === 0 ? 65535 : 0, at + 6);
  }
  return new Uint8Array(changed);
}

/** What replaces values of the configuration. */
const VALUES = [
  ...['null', 'true', '[]', '{}', '""', '-1', '0', '1', '2.5', '1e9', '1e308', '"relu"', '"Dense"', '"Functional"'],
  ...[
    '"__proto__"',
    '[["input_layer",0,0]]',
    '[null, 3]',
    '[null, 1e9]',
    '{"class_name":"Dense","config":{"units":3}}',
  ],
];

/** Changes values of a configuration, as text: most changes leave it JSON. */
function mutateJson(text: Uint8Array, random: Source): Uint8Array {
  const tokens = Buffer.from(text)
    .toString()
    .match(/"(?:[^"\\]|\\.)*"|[\d.e+-]+|true|false|null|[[\]{}:,]|\s+/g)!;
  for (let change = 0; change <= random.below(4); change++) {
    const at = random.below(tokens.length);
    if (/^["\dtfn-]/.test(tokens[at])) tokens[at] = random.below(2) === 0 ? pick(random, VALUES) : pick(random, tokens);
    else if (random.below(20) === 0) tokens.splice(at, 1);
  }
  return new TextEncoder().encode(tokens.join(''));
}

/** Lets many entries of a table of members, of all or of one tree, lead to the same place or have the same name. */
function multiplyMembers(file: Uint8Array, random: Source): Uint8Array {
  const changed = Buffer.from(file);
  const letters = pick(random, ['SNOD', 'SNOD', 'TREE']);
  const size = letters === 'SNOD' ? 40 : 16;
  const start = letters === 'SNOD' ? 8 : 24;
  for (let at = changed.indexOf(letters); at !== -1; at = changed.indexOf(letters, at + 1)) {
    const count = Math.min(pick(random, [1, 8, 100, 5000]), Math.floor((changed.length - at - start) / size));
    const [from, length] = pick(random, [
      [0, size],
      [0, 8],
      [8, 8],
    ]);
    if (random.below(4) > 0) changed.writeUInt16LE(count, at + 6);
    for (let entry = 1; entry < count; entry++) {
      changed.copyWithin(at + start + entry * size + from, at + start + from, at + start + from + length);
    }
  }
  return new Uint8Array(changed);
}

/** Archives of a model in whose configuration or weights references are multiplied. */
function multiplied(random: Source): Uint8Array {
  if (random.below(4) === 0) return multiplyMembers(pick(random, WHOLE), random);
  const inConfig = random.below(3) > 0;
  const parts = pick(random, ARCHIVES).map((part) => {
    if (part.name === 'config.json' && inConfig) {
      const config = JSON.parse(Buffer.from(part.data).toString()) as object;
      return { ...part, data: new TextEncoder().encode(JSON.stringify(multipliedTopology(config, random))) };
    }
    return part.name.endsWith('.h5') && !inConfig ? { ...part, data: multiplyMembers(part.data, random) } : part;
  });
  return zipOf(parts);
}

function mutated(random: Source): Uint8Array {
  if (random.below(20) === 0) return multiplied(random);
  if (random.below(4) === 0) return mutateHdf5(pick(random, WHOLE), random);
  const parts = pick(random, ARCHIVES).map((part) => {
    if (part.name.endsWith('.json'))
      return random.below(2) === 0 ? { ...part, data: mutateJson(part.data, random) } : part;
    return random.below(2) === 0 ? { ...part, data: mutateHdf5(part.data, random) } : part;
  });
  return mutateZip(parts, random);
}

const count = Number(process.env.KERAS_MUTATIONS ?? 3000);

test(
  `${count} mutated files are refused or predict`,
  async () => {
    await expectSafe(count, Number(process.env.KERAS_SEED ?? 1), (random) => {
      const file = mutated(random);
      return {
        bytes: file.length,
        read: async () => predictOnce(await fromKeras<Float32Array | Float32Array[]>(file)),
      };
    });
  },
  60_000 + 20 * count,
);

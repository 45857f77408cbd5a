/**
 * `wasm-mlp/numpy`: files of NumPy, which test/golden/make_numpy_files.py made, what is refused, and what is written.
 * Where Python and NumPy are there, NumPy reads files of ours.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FormatError, ShapeError, ValueError, type Model } from '../../src/index.js';
import { readNpy, readNpz, writeNpy, writeNpz, type NumpyArray, type NumpyData } from '../../src/numpy.js';
import { NETWORKS, randomModel } from '../support/files/networks.js';
import { zipOf } from '../support/files/zip.js';
import { inFolder, missing, runPython } from '../support/python.js';

const folder = new URL('../golden/numpy/', import.meta.url);
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, folder)));

interface Expected {
  readonly dtype: string;
  readonly shape: number[];
  readonly values: readonly (number | string)[];
}
const expected = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8')) as Record<
  string,
  Record<string, Expected>
>;

/** The bytes of the numbers, as the script wrote them. */
const bytesOf = ({ buffer, byteOffset, byteLength }: NumpyData): number[] => [
  ...new Uint8Array(buffer, byteOffset, byteLength),
];

function expectArray({ dtype, shape, data }: NumpyArray, wanted: Expected): void {
  expect([dtype, shape]).toEqual([wanted.dtype, wanted.shape]);
  if (dtype.startsWith('float')) expect(bytesOf(data)).toEqual(wanted.values);
  else expect(Array.from(data as Int32Array, String)).toEqual(wanted.values.map(String));
}

describe('reads what NumPy wrote', () => {
  test.each(['stored.npz', 'deflated.npz', 'pipe.npz', 'zip64.npz'])('%s', (file) => {
    const arrays = readNpz(read(file));
    expect(Object.keys(arrays)).toEqual(Object.keys(expected[file]));
    for (const [name, wanted] of Object.entries(expected[file])) expectArray(arrays[name], wanted);
  });

  test.each([1, 2, 3])('version %i.0 of the format', (version) => {
    const file = `version-${version}.npy`;
    expectArray(readNpy(read(file)), expected[file]['']);
    const { buffer } = read(file);
    expectArray(readNpy(buffer as ArrayBuffer), expected[file]['']);
  });

  test.each([1, 9])('blocks of every kind, compressed at level %i', (level) => {
    const arrays = readNpz(read(`level-${level}.npz`));
    const wanted = expected[`level-${level}.npz`] as unknown as Record<string, { sum: number; length: number }>;
    for (const [name, { sum, length }] of Object.entries(wanted)) {
      const data = arrays[name].data as Uint8Array;
      expect([data.length, data.reduce((all, one) => all + one, 0)]).toEqual([length, sum]);
    }
    expect(arrays.again.data).toEqual(
      Uint8Array.of(...(arrays.noise.data as Uint8Array), ...(arrays.noise.data as Uint8Array)),
    );
  });

  test('as float32, whatever the type', () => {
    const arrays = readNpz(read('stored.npz'), { dtype: 'float32' });
    const exact = readNpz(read('stored.npz'));
    for (const [name, { data }] of Object.entries(arrays)) {
      expect(data).toEqual(Float32Array.from(exact[name].data as Float64Array, Number));
    }
  });

  test('from shared memory, in copies', () => {
    const file = read('zip64.npz');
    const shared = new Uint8Array(new SharedArrayBuffer(file.length));
    shared.set(file);
    const arrays = readNpz(shared);
    shared.fill(0);
    expectArray(arrays.a, expected['zip64.npz'].a);
  });
});

describe('refuses', () => {
  test.each([
    ['refuse-objects.npy', /got dtype "\|O": objects, which are a Python pickle: reading one runs code/],
    ['refuse-text.npy', /"<U3": text/],
    ['refuse-bytes.npy', /"\|S3": bytes/],
    ['refuse-structure.npy', /one type of numbers, not a structure/],
    ['refuse-complex.npy', /"<c8": complex numbers/],
    ['refuse-dates.npy', /"<M8\[D\]": dates.*astype/],
  ])('%s', (file, message) => {
    expect(() => readNpy(read(file))).toThrow(FormatError);
    expect(() => readNpy(read(file))).toThrow(message);
  });

  test('an archive with objects, by the name of the array', () => {
    expect(() => readNpz(read('refuse-objects.npz'))).toThrow(/^readNpz: array "names" expected float16 .* objects/);
  });

  test('each kind of file for the other', () => {
    expect(() => readNpy(read('stored.npz'))).toThrow(/got a zip archive: read it with readNpz/);
    expect(() => readNpz(read('version-1.npy'))).toThrow(/got one array: read it with readNpy/);
    expect(() => readNpz(new Uint8Array(40))).toThrow(/zip archive, got one without its directory/);
    expect(() => readNpz(read('stored.npz').subarray(0, 2000))).toThrow(/It is cut off/);
  });

  /** A file whose header is this text. */
  const withHeader = (text: string, data = 0): Uint8Array => {
    const file = new Uint8Array(10 + text.length + data);
    file.set(Buffer.from('\x93NUMPY\x01\0', 'latin1'));
    new DataView(file.buffer).setUint16(8, text.length, true);
    file.set(new TextEncoder().encode(text), 10);
    return file;
  };

  test('what Python would evaluate', () => {
    expect(readNpy(withHeader(`{"shape":( 2 ,\n1 ) , 'descr':'<f4','fortran_order':False}`, 8)).shape).toEqual([2, 1]);
    expect(readNpy(withHeader("{'descr': '>f4', 'fortran_order': True, 'shape': (2L,), }", 8)).shape).toEqual([2]);
    for (const text of [
      "{'descr': '<f4', 'fortran_order': False, 'shape': (__import__('os').system('true'),)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1+1,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': [2]}",
      "{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': (1,)}",
      "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
      "{'descr': '<f4', 'fortran_order': False}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} or 1",
      "{'descr': '<f4' 'fortran_order': False, 'shape': (2,)}",
      "{'descr': '\\x3cf4', 'fortran_order': False, 'shape': (2,)}",
      "{'descr': '=f4', 'fortran_order': False, 'shape': (2,)}",
      `{'descr': '<f4', 'fortran_order': False, 'shape': (${'1,'.repeat(65)})}`,
      '{',
      '',
    ]) {
      expect(() => readNpy(withHeader(text, 8)), text).toThrow(FormatError);
    }
  });

  test('archives one behind the other, of which readers choose another', () => {
    const [a, b] = ['a', 'b'].map((name) => writeNpz({ [name]: { data: Float32Array.of(1, 2) } }));
    expect(() => readNpz(Buffer.concat([a, b]))).toThrow(FormatError);
    expect(() => readNpz(Buffer.concat([a, b]))).toThrow(/^readNpz: directory expected 1 entries/);
  });

  test('sizes that do not fit the data', () => {
    const shaped = (shape: string, bytes: number): Uint8Array =>
      withHeader(`{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}}`, bytes);
    expect(() => readNpy(shaped('(3,)', 8))).toThrow(
      /expected 12 bytes of data for float32 \(3\), got 8. It is cut off/,
    );
    expect(() => readNpy(shaped('(1,)', 8))).toThrow(/expected 4 bytes of data .* got 8\.$/);
    expect(() => readNpy(shaped('(9007199254740991, 9007199254740991)', 8))).toThrow(FormatError);
  });

  test('archives of zeros beyond the limit, which maxBytes raises', () => {
    const file = read('level-9.npz');
    expect(() => readNpz(file, { maxBytes: 10_000 })).toThrow(/at most 10000 bytes, got more.*raise maxBytes/);
    expect(Object.keys(readNpz(file, { maxBytes: 1e6 }))).toHaveLength(5);
    // 100 MB of zeros in 100 KB: beyond 64 MB and four times the file.
    const zeros = new Uint8Array(100_000_000);
    zeros.set(writeNpy({ data: new Uint8Array(zeros.length - 128) }).subarray(0, 128));
    const bomb = zipOf([{ name: 'zeros.npy', data: zeros, deflated: true }]);
    expect(bomb.length).toBeLessThan(200_000);
    expect(() => readNpz(bomb)).toThrow(/at most \d+ bytes, 64 MB and 4 times the file, got more/);
    expect(readNpz(bomb, { maxBytes: 2e8 }).zeros.shape).toEqual([99_999_872]);
  });

  test.each<[string, () => unknown, new () => Error, RegExp]>([
    [
      'no bytes',
      () => readNpz('a.npz' as never),
      ValueError,
      /bytes expected a Uint8Array or ArrayBuffer, got "a.npz"/,
    ],
    ['another dtype', () => readNpz(read('pipe.npz'), { dtype: 'float64' as never }), ValueError, /dtype is unknown/],
    ['no array', () => writeNpz([{ name: 'a' } as never]), ValueError, /"a" expected \{ shape, data \}/],
    ['a list of numbers', () => writeNpy({ data: [1] as never }), ValueError, /data expected a typed array, got \[1\]/],
    ['no name', () => writeNpz([{ name: '', data: new Uint8Array(1) }]), ValueError, /arrays\[0\] expected a name/],
    [
      'one name twice',
      () => writeNpz([1, 2].map(() => ({ name: 'a', data: new Uint8Array(1) }))),
      ValueError,
      /of its own/,
    ],
    [
      'another size',
      () => writeNpy({ shape: [2, 2], data: new Int8Array(3) }),
      ShapeError,
      /4 values .* \(2, 2\), got Int8Array\(3\)/,
    ],
    [
      'a type for other arrays',
      () => writeNpy({ data: new Int8Array(3), dtype: 'bool' }),
      ValueError,
      /expected a Uint8Array for bool/,
    ],
    [
      'no type',
      () => writeNpy({ data: new Int8Array(3), dtype: 'f4' as never }),
      ValueError,
      /dtype expected one of float32,/,
    ],
    [
      '33 axes',
      () => writeNpy({ shape: new Array(33).fill(1), data: new Int8Array(1) }),
      ValueError,
      /at most 32 axes/,
    ],
  ])('%s', (_, call, type, message) => {
    expect(call).toThrow(type);
    expect(call).toThrow(message);
  });
});

describe('writes', () => {
  const all = { ...readNpz(read('stored.npz')) };

  test('the same arrays as the same bytes, which it reads back', () => {
    const file = writeNpz(all);
    expect(writeNpz({ ...all })).toEqual(file);
    expect(readNpz(file)).toEqual(all);
    for (const array of Object.values(all)) expect(readNpy(writeNpy(array))).toEqual(array);
  });

  test('the same files as NumPy, apart from versions and dates in the archive', () => {
    const file = read('version-1.npy');
    expect(writeNpy(readNpy(file))).toEqual(file);
  });

  test('a shape of one axis where none is given', () => {
    expect(readNpz(writeNpz({ a: { data: Uint8ClampedArray.of(1, 255) } }))).toEqual({
      a: { dtype: 'uint8', shape: [2], data: Uint8Array.of(1, 255) },
    });
  });

  test('names of any kind, as names', () => {
    const names = ['__proto__', 'constructor', '10', '2', 'a/b', 'ä'];
    const file = writeNpz(names.map((name, i) => ({ name, data: Int32Array.of(i) })));
    const arrays = readNpz(file);
    expect(Object.keys(arrays).sort()).toEqual([...names].sort());
    names.forEach((name, i) =>
      expect((Object.getOwnPropertyDescriptor(arrays, name)?.value as NumpyArray).data).toEqual(Int32Array.of(i)),
    );
    expect(Object.getPrototypeOf(arrays)).toBe(Object.prototype);
  });

  test('no names that an archive cannot hold', () => {
    const data = Float32Array.of(1);
    const longest = 'x'.repeat(65_531);
    expect(Object.keys(readNpz(writeNpz({ [longest]: { data }, '\ufeffmark': { data }, mark: { data } })))).toEqual([
      longest,
      '\ufeffmark',
      'mark',
    ]);
    for (const name of [`${longest}x`, 'ä'.repeat(40_000), '\ud800', 'a\udfff']) {
      expect(() => writeNpz({ [name]: { data } })).toThrow(ValueError);
      expect(() => writeNpz({ [name]: { data } })).toThrow(
        /^writeNpz: arrays\[0\] expected a name of at most 65531 bytes/,
      );
    }
  });

  test('float32 rounded to the nearest float16, of two the even one', () => {
    // All bit patterns of finite numbers, in a file that says float16.
    const halves = Uint16Array.from({ length: 63488 }, (_, i) => (i < 31744 ? i : i - 31744 + 0x8000));
    const file = writeNpy({ data: halves });
    file.set(writeNpy({ data: new Float32Array(63488), dtype: 'float16' }).subarray(0, 128));
    expect(writeNpy(readNpy(file))).toEqual(file);
    // Between a float16 and the next: below the middle, in it, and above.
    const middles = Float32Array.of(
      1 + 2 ** -12,
      1 + 2 ** -11,
      1 + 2 ** -11 + 2 ** -20,
      1 + 3 * 2 ** -11,
      65519,
      65520,
      2 ** -25,
      3 * 2 ** -25,
      -(2 ** -24),
      NaN,
    );
    const rounded = readNpy(writeNpy({ data: middles, dtype: 'float16' })).data;
    expect([...(rounded as Float32Array)]).toEqual([
      1,
      1,
      1 + 2 ** -10,
      1 + 2 ** -9,
      65504,
      Infinity,
      0,
      2 ** -23,
      -(2 ** -24),
      NaN,
    ]);
  });

  test('weights of any network, bit for bit', () => {
    const networks: Model<Float32Array | Float32Array[]>[] = [
      ...Array.from({ length: 40 }, (_, seed) => randomModel(seed).net),
      ...Object.values(NETWORKS).map((make) => make().net),
    ];
    for (const network of networks) {
      const weights = network.getWeights();
      const arrays = readNpz(writeNpz(weights), { dtype: 'float32' });
      expect(weights.map(({ name }) => arrays[name])).toEqual(
        weights.map(({ shape, data }) => ({ dtype: 'float32', shape, data })),
      );
      network.dispose();
    }
  });

  test('any arrays, in any order of axes', () => {
    const array = fc
      .tuple(fc.array(fc.nat(4), { maxLength: 4 }), fc.constantFrom(Float64Array, Int16Array, Uint32Array), fc.nat())
      .map(([shape, Kind, first]) => ({
        shape,
        data: new Kind(shape.reduce((all, one) => all * one, 1)).map(
          (_: number, i: number) => (first + 77 * i) % 30_000,
        ),
      }));
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), array), (arrays) => {
        const back = readNpz(writeNpz(arrays));
        expect(Object.keys(back).sort()).toEqual(Object.keys(arrays).sort());
        for (const [name, { shape, data }] of Object.entries(arrays)) expect(back[name]).toMatchObject({ shape, data });
      }),
      { numRuns: 100, seed: 3 },
    );
  });
});

const noNumpy = missing('numpy');

/** Reads both kinds of file and writes them again. */
const READER = `
import sys, numpy
from pathlib import Path
arrays = numpy.load('ours.npz', allow_pickle=False)
numpy.savez('theirs.npz', **{name: arrays[name] for name in arrays.files})
numpy.save('theirs.npy', numpy.load('ours.npy', allow_pickle=False))
`;

test.skipIf(noNumpy)(`NumPy reads what is written here${noNumpy ? `: skipped, ${noNumpy}` : ''}`, () => {
  inFolder((path, write) => {
    const arrays = readNpz(read('stored.npz'));
    write('ours.npz', writeNpz(arrays));
    write('ours.npy', writeNpy(arrays.i8_little_C));
    runPython(READER, [], path);
    expect(readNpz(new Uint8Array(readFileSync(join(path, 'theirs.npz'))))).toEqual(arrays);
    expect(readFileSync(join(path, 'theirs.npy'))).toEqual(readFileSync(join(path, 'ours.npy')));
  });
});

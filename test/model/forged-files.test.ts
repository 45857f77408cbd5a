/**
 * `loadModel` on files that it did not write: the result is a model or a FormatError, never another error, a hang, or a
 * changed engine. Single fields of the metadata are in forged-fields.test.ts, files that ask for much memory in
 * forged-sizes.test.ts, whole changed headers in forged-structure.test.ts.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FormatError, loadModel, ValueError, type Model } from '../../src/index.js';
import { any, engine, expectError, thrownBy, trained, X } from '../support/reference/refusals.js';

/** Makes a file of header text (or its object) and data, with another length field where given. */
function fileOf(header: string | object, data: Uint8Array, length?: bigint): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + data.length);
  new DataView(file.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  file.set(text, 8);
  file.set(data, 8 + text.length);
  return file;
}

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: number[];
}
type Header = Record<string, Entry> & { __metadata__: Record<string, string> };

/** The part of the library's metadata that is forged here. */
interface Description {
  architecture: { layers: { config: { units: number } }[] };
}

const model = trained();
const file = model.save();
const headerLength = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
const data = file.subarray(8 + headerLength);
const header = (): Header => JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + headerLength)));

/** Returns the saved file with its header changed. */
function forged(change: (header: Header) => void): Uint8Array {
  const changed = header();
  change(changed);
  return fileOf(changed, data);
}

/** Expects a refusal with exactly this message, and the engine and its other models unchanged. */
async function check(bytes: Uint8Array, message: string): Promise<void> {
  const before = [model.predict(X), engine.memory()];
  expectError(await thrownBy(() => loadModel(bytes, { engine })), FormatError, message);
  expect([model.predict(X), engine.memory()]).toEqual(before);
}

const forgeries: [title: string, bytes: Uint8Array, message: string][] = [
  ['an empty file', new Uint8Array(0), 'loadModel: file expected at least 8 bytes of header length, got 0.'],
  ['seven bytes', file.slice(0, 7), 'loadModel: file expected at least 8 bytes of header length, got 7.'],
  [
    'the header length alone',
    file.slice(0, 8),
    `loadModel: header expected ${headerLength} bytes from byte 8, got a file that ends at byte 8. It is cut off.`,
  ],
  [
    'half a header',
    file.slice(0, 8 + (headerLength >> 1)),
    `loadModel: header expected ${headerLength} bytes from byte 8, got a file that ends at byte ${8 + (headerLength >> 1)}. It is cut off.`,
  ],
  [
    'a header without data',
    file.slice(0, 8 + headerLength),
    `loadModel: tensor "0.weight" expected data up to byte ${headerLength + 40}, got a file of ${headerLength + 8}. It is cut off.`,
  ],
  [
    'a missing last byte',
    file.slice(0, -1),
    `loadModel: tensor "optimizer.secondMoment.2.bias" expected data up to byte ${file.length}, got a file of ${file.length - 1}. It is cut off.`,
  ],
  ['an additional byte', Uint8Array.of(...file, 0), 'loadModel: data expected 324 bytes after the header, got 325.'],
  [
    'a header length of 2⁶³',
    fileOf(header(), data, 2n ** 63n),
    'loadModel: header length at byte 0 expected at most 100000000, got 9223372036854776000. Is it a safetensors file?',
  ],
  [
    'a header length of 0',
    fileOf('', data, 0n),
    'loadModel: header at byte 8 expected JSON in UTF-8, got something else. Is it a safetensors file?',
  ],
  [
    'a header that is not JSON',
    fileOf('{"a": ', data),
    'loadModel: header at byte 8 expected JSON in UTF-8, got something else. Is it a safetensors file?',
  ],
  ['a header that is a list', fileOf('[]', data), 'loadModel: header at byte 8 expected a JSON object, got [].'],
  [
    'a header that is not UTF-8',
    Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe),
    'loadModel: header at byte 8 expected JSON in UTF-8, got something else. Is it a safetensors file?',
  ],
  [
    'missing metadata',
    forged((h) => delete (h as Partial<Header>).__metadata__),
    'loadModel: field __metadata__.wasm-mlp expected, got a file without it. It was not saved by wasm-mlp: to take weights of other files, build the model and call loadWeights.',
  ],
  [
    'empty metadata',
    forged((h) => (h.__metadata__ = {})),
    'loadModel: field __metadata__.wasm-mlp expected, got a file without it. It was not saved by wasm-mlp: to take weights of other files, build the model and call loadWeights.',
  ],
  [
    'another dtype',
    forged((h) => (h['0.weight'].dtype = 'F64')),
    'loadModel: tensor "0.weight" expected dtype F32, F16, BF16, I8, got "F64".',
  ],
  [
    'a dtype of another size',
    forged((h) => (h['0.weight'].dtype = 'F16')),
    'loadModel: tensor "0.weight" expected 16 bytes for its shape, got 32.',
  ],
  [
    'another shape',
    forged((h) => (h['0.weight'].shape = [2, 4])),
    'loadModel: "0.weight" expected shape (4, 2), got (2, 4).',
  ],
  [
    'a negative shape',
    forged((h) => (h['0.weight'].shape = [-4, -2])),
    'loadModel: tensor "0.weight" expected a shape of counts, got [-4,-2].',
  ],
  [
    'a huge shape',
    forged((h) => (h['0.weight'].shape = [2 ** 31, 2 ** 31])),
    'loadModel: tensor "0.weight" expected 18446744073709552000 bytes for its shape, got 32.',
  ],
  [
    'a missing tensor',
    forged((h) => delete (h as Partial<Header>)['0.bias']),
    'loadModel: tensor "2.weight" expected to start at data byte 32, got 48.',
  ],
  [
    'an additional tensor',
    forged((h) => (h['9.weight'] = { dtype: 'F32', shape: [0], data_offsets: [0, 0] })),
    'loadModel: tensor "9.weight" expected nowhere in this model.',
  ],
  [
    'reversed offsets',
    forged((h) => h['0.weight'].data_offsets.reverse()),
    'loadModel: tensor "0.weight" expected 32 bytes for its shape, got -32.',
  ],
  [
    'offsets beyond the end',
    forged((h) => (h['0.weight'].data_offsets = [1e9, 1e9 + 32])),
    'loadModel: tensor "0.bias" expected to start at data byte 0, got 32.',
  ],
  [
    'overlapping offsets',
    forged((h) => (h['2.bias'].data_offsets = [0, 12])),
    'loadModel: tensor "0.weight" expected to start at data byte 12, got 0.',
  ],
  [
    'fractional offsets',
    forged((h) => (h['0.weight'].data_offsets = [0.5, 32.5])),
    'loadModel: tensor "0.weight" expected two data_offsets, got [0.5,32.5].',
  ],
  [
    'a tensor that is text',
    forged((h) => (any(h)['0.weight'] = any('F32'))),
    'loadModel: tensor "0.weight" expected an object, got "F32".',
  ],
];

describe('forged files', () => {
  test.each(forgeries)('refused: %s', async (_, bytes, message) => {
    await check(bytes, message);
  });

  test.each([
    ['NaN', NaN],
    ['an infinite value', Infinity],
  ])('%s among the weights is refused', async (_, value) => {
    const bytes = file.slice();
    const [start] = header()['2.bias'].data_offsets;
    new DataView(bytes.buffer).setFloat32(8 + headerLength + start + 4, value, true);
    await check(bytes, `loadModel: "2.bias" expected finite numbers, got ${value} at index 1.`);
  });

  /** Returns the saved file with the library's metadata changed. */
  const described = (change: (description: Description) => void): Uint8Array =>
    forged(({ __metadata__: metadata }) => {
      const description = JSON.parse(metadata['wasm-mlp']) as Description;
      change(description);
      metadata['wasm-mlp'] = JSON.stringify(description);
    });

  // A small file that describes a large model must be refused before memory is allocated for it.
  test.each([300, 10_000, 1e8, 2 ** 31, 2 ** 40])(
    'a description of %d units with four stored is refused',
    async (units) => {
      const bytes = described(({ architecture }) => (architecture.layers[0].config.units = units));
      const before = engine.memory();
      await expect(loadModel(bytes, { engine })).rejects.toBeInstanceOf(FormatError);
      expect(engine.memory()).toEqual(before);
    },
  );

  test('an argument that is no file is refused', async () => {
    expectError(
      await thrownBy(() => loadModel(any('model.safetensors'), { engine })),
      ValueError,
      'loadModel: file expected a Uint8Array, got "model.safetensors". Read the file first: readFileSync(path), or new Uint8Array(await response.arrayBuffer()).',
    );
  });
});

/** Expects a model that predicts, or a FormatError, and afterwards as much memory as before. */
async function loadsOrRefuses(bytes: Uint8Array): Promise<void> {
  const before = engine.memory();
  let loaded: Model;
  try {
    loaded = await loadModel(bytes, { engine });
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    expect(engine.memory()).toEqual(before);
    return;
  }
  const inputs = loaded.getWeights()[0].shape[1];
  expect(loaded.predict([new Array<number>(inputs).fill(0.5)]).length).toBeGreaterThan(0);
  loaded.dispose();
  expect(engine.memory()).toEqual(before);
}

describe('bytes that load a model or are refused with a FormatError', () => {
  test('every truncation is refused', async () => {
    for (let length = 0; length < file.length; length++) {
      await expect(loadModel(file.slice(0, length), { engine })).rejects.toBeInstanceOf(FormatError);
    }
  });

  test('a few bytes changed anywhere', async () => {
    const changes = fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(changes, async (list) => {
        const bytes = file.slice();
        for (const [at, value] of list) bytes[at] = value;
        await loadsOrRefuses(bytes);
      }),
      { numRuns: 2000, seed: 1 },
    );
  });

  test('a few characters of the header replaced', async () => {
    const text = JSON.stringify(header());
    const piece = fc.oneof(
      fc.constantFrom('', '0', '-1', '1e9', '99999999', 'null', '{}', '[]', '"', '\\"x\\"'),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length), fc.nat(6), piece, async (at, length, replacement) => {
        await loadsOrRefuses(fileOf(text.slice(0, at) + replacement + text.slice(at + length), data));
      }),
      { numRuns: 2000, seed: 2 },
    );
  });

  test('a value of the metadata replaced by any JSON', async () => {
    const metadata = header().__metadata__;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(metadata)), fc.json(), async (key, json) => {
        await loadsOrRefuses(forged((h) => (h.__metadata__[key] = json)));
      }),
      { numRuns: 1000, seed: 3 },
    );
  });
});

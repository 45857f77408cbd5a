/**
 * Files in shared memory, loaded as in browsers, which decode no text from there; and handles of `share` with wrong
 * values. Predictions of attached models are tested in sharing.test.ts.
 */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { loadModelSync } from '../../dist/predict.js';
import {
  add,
  attachModel,
  createEngineSync,
  dense,
  input,
  l2,
  loadModel,
  maxNorm,
  normalization,
  StateError,
  ValueError,
  type ModelHandle,
} from '../../src/index.js';
import { FIRST_ADDRESS } from '../../src/runtime/constants.generated.js';
import { expectError, thrownBy, trained, X } from '../support/reference/refusals.js';

afterEach(() => {
  vi.restoreAllMocks();
});

/** Makes TextDecoder refuse shared memory, as browsers do. */
function refuseShared(): void {
  const decode = Reflect.get(TextDecoder.prototype, 'decode') as (...given: unknown[]) => string;
  vi.spyOn(TextDecoder.prototype, 'decode').mockImplementation(function (this: TextDecoder, input, options) {
    const buffer = ArrayBuffer.isView(input) ? input.buffer : input;
    if (buffer instanceof SharedArrayBuffer)
      throw new TypeError('The provided ArrayBufferView value must not be shared.');
    return Reflect.apply(decode, this, [input, options]);
  });
}

test.each([0, 1, 3])('a file at byte %i of shared memory loads', async (offset) => {
  const model = trained();
  const file = model.save();
  const shared = new Uint8Array(new SharedArrayBuffer(file.length + offset), offset);
  shared.set(file);
  refuseShared();
  const loaded = await loadModel(shared);
  expect(loaded.save()).toEqual(file);
  expect(loadModelSync(shared).predict(X)).toEqual(model.predict(X));
  // The slice method of Node's Buffer copies nothing.
  expect((await loadModel(Buffer.from(shared.buffer, offset, file.length))).save()).toEqual(file);
});

describe('a handle with a wrong value', () => {
  const engine = createEngineSync();
  const owner = engine.sequential({ layers: [dense({ units: 3, inputShape: [2] })] });
  const handle = owner.share();
  const { bytes } = engine.memory();
  owner.predict(X);

  const numbers = [
    -1,
    0.5,
    NaN,
    Infinity,
    -Infinity,
    2 ** 31,
    2 ** 32,
    2 ** 40,
    2 ** 53,
    '0',
    null,
    undefined,
    {},
    [8],
    true,
    8n,
  ];
  const wrong: [keyof ModelHandle, unknown[]][] = [
    ['weights', [...numbers, 0, 1, 4, 64, 1000, handle.weights + 4, handle.weights + 1, bytes, bytes - 64]],
    ['words', [...numbers, 0, 1, 4, 64, 1000, handle.words + 4, bytes, bytes - 4]],
    ['maximumMemory', [...numbers.filter((one) => one !== 2 ** 32 && one !== 2 ** 31), 0, 1, bytes - 65536]],
    ['generation', numbers],
    [
      'memory',
      [...numbers, new WebAssembly.Memory({ initial: 1 }), new WebAssembly.Memory({ initial: 1, maximum: 65536 })],
    ],
    ['architecture', [...numbers, () => 1, { layers: 1 }, { kind: 'custom', config: null }]],
    ['tile', [...numbers, '1x1', '__proto__']],
    ['kind', [...numbers, 'model']],
    ['module', [...numbers]],
  ];

  test.each(wrong)('in %s is refused, and changes nothing', async (field, values) => {
    const before = [engine.memory(), owner.predict(X), owner.getWeights()];
    for (const value of values) {
      const thrown = await thrownBy(() => attachModel({ ...handle, [field]: value }));
      expect([value, thrown.name, thrown.message]).toEqual([
        value,
        expect.stringMatching(/^(Value|State)Error$/),
        expect.stringMatching(/^attachModel: |^engine: /),
      ]);
    }
    expect([engine.memory(), owner.predict(X), owner.getWeights()]).toEqual(before);
  });

  test('names an address outside of the memory', async () => {
    expectError(
      await thrownBy(() => attachModel({ ...handle, weights: bytes - 64 })),
      ValueError,
      `attachModel: handle expected weights to be at most ${bytes - 128}, so that they lie in the memory, got ${bytes - 64}. Pass on what model.share gave.`,
    );
    expectError(
      await thrownBy(() => attachModel({ ...handle, words: FIRST_ADDRESS + 2 })),
      ValueError,
      `attachModel: handle expected words to be a multiple of 64 from ${FIRST_ADDRESS} to ${bytes - 20}, got ${FIRST_ADDRESS + 2}. Pass on what model.share gave.`,
    );
  });

  test('whose memory has another limit than the kernels take is refused', async () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
    const thrown = await thrownBy(() =>
      attachModel({ ...handle, memory, words: FIRST_ADDRESS, weights: FIRST_ADDRESS }),
    );
    expect(thrown.name).toMatch(/^(Value|State)Error$/);
  });

  test('is no longer refused with the original value', () => {
    const attached = attachModel(handle);
    expect(attached.predict(X)).toEqual(owner.predict(X));
    attached.dispose();
  });
});

describe('a handle with parts of two models', () => {
  const engine = createEngineSync();
  const layers = () => [dense({ units: 3, inputShape: [2] }), dense({ units: 2 })];
  const [one, other] = [
    engine.sequential({ seed: 1, layers: layers() }),
    engine.sequential({ seed: 2, layers: layers() }),
  ];
  const narrow = engine.sequential({ layers: [dense({ units: 2, inputShape: [2] })] });
  const [mine, its, small] = [one.share(), other.share(), narrow.share()];
  const refused =
    'attachModel: handle expected architecture, addresses and tile of one model, got those of different ones. ' +
    'Pass on what model.share gave.';
  const mixed: Record<string, ModelHandle> = {
    'the architecture of another': { ...mine, architecture: small.architecture },
    'the architecture of a model that differs in its seed': { ...mine, architecture: its.architecture },
    'the weights of another': { ...mine, weights: its.weights },
    'the words of another': { ...mine, words: its.words },
    'another tile': { ...mine, tile: mine.tile === '4x8' ? '2x16' : '4x8' },
    'weights that are moved by a cache line': { ...mine, weights: mine.weights + 64 },
    'words on the weights of another': { ...mine, words: its.weights, generation: 0 },
  };

  test.each(Object.entries(mixed))('is refused: %s', async (_, handle) => {
    const before = [one, other, narrow].map((model) => model.save());
    const words = new Int32Array(mine.memory.buffer).slice();
    const thrown = await thrownBy(() => attachModel(handle));
    expect([refused, 'attachModel: a live model expected, got one that its owner disposed.']).toContain(thrown.message);
    // Nothing was written to the memory of the others: the attached machine alone may have grown it.
    expect(new Int32Array(mine.memory.buffer).slice(0, words.length)).toEqual(words);
    expect([one, other, narrow].map((model) => model.save())).toEqual(before);
  });

  test('is refused after its model was disposed and its words were taken again', async () => {
    const first = engine.sequential({ layers: layers() });
    const handle = first.share();
    first.dispose();
    const second = engine.sequential({ layers: [dense({ units: 9, inputShape: [2] })] });
    const again = second.share();
    expect(again.words).toBe(handle.words);
    expectError(
      await thrownBy(() => attachModel(handle)),
      StateError,
      'attachModel: a live model expected, got one that its owner disposed.',
    );
    expectError(await thrownBy(() => attachModel({ ...handle, generation: again.generation })), ValueError, refused);
    expect(attachModel(again).predict(X)).toEqual(second.predict(X));
  });

  test('is told from that of one graph, with custom objects and preprocessing, which is taken', () => {
    const square = {
      name: 'square',
      forward: (x: Float32Array) => x.map((value) => value * value),
      derivative: (x: Float32Array) => x.map((value) => 2 * value),
    };
    const x = input({ shape: [2] });
    const scaled = normalization({ mean: [-0, 0.1], variance: [1 / 3, 2] }).apply(x);
    const hidden = dense({
      units: 4,
      activation: square,
      kernelRegularizer: l2(0.1),
      kernelConstraint: maxNorm(2),
    }).apply(scaled);
    const model = engine.model({
      inputs: x,
      outputs: [add().apply([hidden, hidden]), dense({ units: 1 }).apply(hidden)],
    });
    const custom = [square];
    const attached = attachModel<Float32Array[]>(structuredClone(model.share()), { custom });
    expect(attached.predict(X)).toEqual(model.predict(X));
  });
});

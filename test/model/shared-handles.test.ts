/**
 * Files in shared memory, loaded as in browsers, which decode no text from there; and handles of `share` with wrong
 * values. Predictions of attached models are tested in sharing.test.ts.
 */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { loadModelSync } from '../../dist/predict.js';
import { attachModel, createEngineSync, dense, loadModel, ValueError, type ModelHandle } from '../../src/index.js';
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
      await thrownBy(() => attachModel({ ...handle, words: 1026 })),
      ValueError,
      `attachModel: handle expected words to be a multiple of 64 from 1024 to ${bytes - 16}, got 1026. Pass on what model.share gave.`,
    );
  });

  test('whose memory has another limit than the kernels take is refused', async () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
    const thrown = await thrownBy(() => attachModel({ ...handle, memory, words: 1024, weights: 1024 }));
    expect(thrown.name).toMatch(/^(Value|State)Error$/);
  });

  test('is no longer refused with the original value', () => {
    const attached = attachModel(handle);
    expect(attached.predict(X)).toEqual(owner.predict(X));
    attached.dispose();
  });
});

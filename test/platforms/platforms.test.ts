/**
 * What an engine says of the platform that it is on: where the same bits cannot be had, what is missing, and which of
 * V8's flags is set.
 */
import binaryen from 'binaryen';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { compileSync } from '../../src/runtime/binary.js';
import { WasmRuntime } from '../../src/runtime/wasm-runtime.js';
import {
  createEngine,
  createEngineSync,
  dense,
  loadModel,
  MemoryError,
  sequential,
  UnsupportedError,
  ValueError,
} from '../../src/index.js';
import * as predict from '../../dist/predict.js';
import { any, expectError, thrownBy } from '../support/reference/refusals.js';

const kernels = new Uint8Array(readFileSync(fileURLToPath(new URL('../../build/kernels.wasm', import.meta.url))));

/**
 * The kernels of a processor that has no subnormal numbers: each product and sum of vectors is looked at, and those
 * below 2⁻¹²⁶ become zero, as the vectors of 32-bit ARM do it.
 */
function flushing(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const digest = WebAssembly.Module.customSections(new WebAssembly.Module(Uint8Array.from(bytes)), 'wasm-mlp')[0];
  const module = binaryen.readBinary(bytes);
  const text = module.emitText();
  module.dispose();
  const flushed = (name: string): string => `
    (func $flushed_${name} (param $a v128) (param $b v128) (result v128) (local $c v128)
      (local.set $c (f32x4.${name} (local.get $a) (local.get $b)))
      (v128.andnot (local.get $c)
        (f32x4.lt (f32x4.abs (local.get $c)) (f32x4.splat (f32.const 0x1p-126)))))`;
  const replaced = text.replaceAll(/\(f32x4\.(mul|add|sub)\b/g, '(call $flushed_$1');
  expect(replaced).not.toBe(text);
  const changed = binaryen.parseText(replaced.replace(/\)\s*$/, `${['mul', 'add', 'sub'].map(flushed).join('')})`));
  changed.setFeatures(binaryen.Features.All);
  changed.addCustomSection('wasm-mlp', new Uint8Array(digest));
  const binary = Uint8Array.from(changed.emitBinary());
  changed.dispose();
  return binary;
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.resetModules();
});

describe('a platform that makes numbers below 2⁻¹²⁶ zero', () => {
  let wasm: Uint8Array<ArrayBuffer>;
  beforeAll(() => {
    wasm = flushing(kernels);
  });

  const REASON =
    'sameBits: this platform makes numbers below 1.18e-38 zero, as V8 does on 32-bit ARM, so bits may differ from those elsewhere.';

  test('an engine works there, and says that its bits may be others', async () => {
    for (const engine of [await createEngine({ wasm }), createEngineSync({ wasm, sameBits: 'report' })]) {
      expect(engine.info).toMatchObject({ sameBits: false, numerics: 'strict', reasons: [REASON] });
      const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [1], kernelInitializer: 'ones' })] });
      expect([...model.predict([[2], [1e-39]])]).toEqual([2, 0]);
      engine.dispose();
    }
  });

  test.each([
    ['createEngine', createEngine],
    ['createEngineSync', createEngineSync],
  ])("%s refuses it where sameBits is 'require'", async (name, create) => {
    expectError(
      await thrownBy(() => create({ wasm, sameBits: 'require' })),
      UnsupportedError,
      `${name}: sameBits 'require' expected results with the bits that they have elsewhere, got: ` +
        'this platform makes numbers below 1.18e-38 zero, as V8 does on 32-bit ARM. Without it the engine works.',
    );
  });

  test('no thread is left of an engine that is refused', async () => {
    const ended = vi.spyOn(Worker.prototype, 'terminate');
    expect(await thrownBy(() => createEngine({ wasm, sameBits: 'require', threads: 3 }))).toBeInstanceOf(
      UnsupportedError,
    );
    expect(ended).toHaveBeenCalledTimes(2);
  });

  test('elsewhere an engine keeps them', async () => {
    for (const options of [{}, { wasm: Uint8Array.from(kernels) }, { sameBits: 'require' } as const]) {
      const engine = await createEngine(options);
      expect(engine.info).toMatchObject({ sameBits: true, reasons: [] });
      const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [1], kernelInitializer: 'ones' })] });
      expect([...model.predict([[2], [1e-39]])]).toEqual([2, Math.fround(1e-39)]);
      engine.dispose();
    }
  });

  test("fused numerics that were asked for and are not to be had are not 'the same bits' either", async () => {
    vi.spyOn(WebAssembly, 'validate').mockReturnValue(true);
    const options = { numerics: 'fused', wasm: Uint8Array.from(kernels) } as const;
    expect(createEngineSync(options).info).toMatchObject({ numerics: 'strict', sameBits: false });
    const refused = await thrownBy(() => createEngineSync({ ...options, sameBits: 'require' }));
    expect(refused).toBeInstanceOf(UnsupportedError);
    expect(refused.message).toContain('rounds products before it adds them');
  });

  test('a misspelt option', async () => {
    const wrong = any({ sameBits: 'required' });
    expectError(
      await thrownBy(() => createEngine(wrong)),
      ValueError,
      'createEngine: sameBits is unknown: "required". Did you mean "require"?',
    );
  });
});

describe('a big-endian processor', () => {
  const refusal = (where: string): string =>
    `${where}: a little-endian processor expected, got a big-endian one, ` +
    "where typed arrays read WebAssembly's memory, which is little-endian everywhere, in the wrong order.";

  test('is refused before anything is made of the kernels, at creation and at load', async () => {
    const layers = [dense({ units: 1, inputShape: [1] })];
    const saved = (await sequential({ layers })).save();
    vi.resetModules();
    const fresh = await import('../../src/index.js');
    // 1 in two bytes, the greater one first.
    vi.spyOn(Uint16Array, 'of').mockImplementation(() => new Uint16Array([0x0100]));
    for (const [where, act] of [
      ['createEngine', () => createEngine()],
      ['createEngineSync', () => createEngineSync()],
      ['createEngine', () => fresh.sequential({ layers })],
      ['createEngine', () => fresh.loadModel(saved)],
      ['loadModel', () => predict.loadModel(saved)],
      ['loadModel', () => predict.loadModelSync(saved)],
    ] as const) {
      const { name, message } = await thrownBy(act);
      expect({ name, message }).toEqual({ name: 'UnsupportedError', message: refusal(where) });
    }
    vi.restoreAllMocks();
    expect((await loadModel(saved)).parameterCount).toBe(2);
  });
});

describe("V8's flag for 256-bit vectors", () => {
  /** The flags that are set while an engine tries them, on a platform with this version of V8. */
  async function flagsOn(v8: string, node = '26.0.0'): Promise<string[]> {
    const flags: string[] = [];
    const getBuiltinModule = (name: string): unknown =>
      name === 'node:v8'
        ? { setFlagsFromString: (given: string) => void flags.push(given) }
        : process.getBuiltinModule(name);
    const { versions } = process;
    vi.stubGlobal(
      'process',
      Object.create(process, {
        versions: { value: { ...versions, node, v8 } },
        getBuiltinModule: { value: getBuiltinModule },
      }) as object,
    );
    vi.resetModules();
    const fresh = await import('../../src/index.js');
    const engine = await fresh.createEngine({ simd256: true });
    vi.unstubAllGlobals();
    engine.dispose();
    return flags;
  }

  test.each([
    ['13.6.233.17-node.37', '--experimental-wasm-revectorize'],
    ['14.6.202.12', '--experimental-wasm-revectorize'],
    ['15.3.99.1', '--experimental-wasm-revectorize'],
    ['15.4.0.0-node.1', '--wasm-revectorize'],
    ['15.10.1', '--wasm-revectorize'],
    ['16.0.1', '--wasm-revectorize'],
  ])('V8 %s: %s, and none beside it', async (v8, flag) => {
    const [first, ...rest] = await flagsOn(v8);
    expect(first).toBe(flag);
    // It is taken back where vectors of 128 bits turn out to be as fast.
    expect(['', flag.replace('--', '--no-')]).toContain(rest.join());
  });

  test('none is set by a Node that has no such vectors', async () => {
    expect(await flagsOn('11.3.244.8', '20.20.0')).toEqual([]);
  });
});

describe('memory that other threads can be given', () => {
  const ISOLATED =
    'a page that is cross-origin isolated. Serve it with the headers ' +
    'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.';

  /** The library in what looks like a page: its workers are Node's, told of by `post`. */
  async function inPage(page: object, post: (message: unknown) => void = () => undefined) {
    class PageWorker {
      onmessage = null;
      onerror = null;
      postMessage(message: unknown): void {
        post(message);
      }
      terminate(): void {
        // Nothing runs.
      }
    }
    // Of Node's process the library sees nothing; the test runner goes on with it.
    const nothing = { versions: { value: {} }, getBuiltinModule: { value: undefined } };
    vi.stubGlobal('process', Object.create(process, nothing) as object);
    vi.stubGlobal('window', {});
    vi.stubGlobal('Worker', PageWorker);
    for (const [name, value] of Object.entries(page)) vi.stubGlobal(name, value);
    vi.resetModules();
    return import('../../src/index.js');
  }

  test('in Node', async () => {
    expect((await createEngine()).info).toMatchObject({ sharedMemory: true, reasons: [] });
  });

  test('in a page that is not isolated: none, as the reason for one thread says', async () => {
    const { createEngine: create } = await inPage({ crossOriginIsolated: false });
    expect((await create({ threads: 2 })).info).toMatchObject({
      threads: 1,
      sharedMemory: false,
      reasons: [`threads: memory can only be shared in ${ISOLATED}`],
    });
    expect((await create()).info).toMatchObject({ sharedMemory: false, reasons: [] });
  });

  test('in an isolated page of a browser without SharedArrayBuffer, which WebKit may be: none', async () => {
    const { createEngine: create } = await inPage({ crossOriginIsolated: true, SharedArrayBuffer: undefined });
    expect((await create({ threads: 2 })).info).toMatchObject({
      threads: 1,
      sharedMemory: false,
      reasons: [
        'threads: memory cannot be shared in this browser, which has no SharedArrayBuffer, though the page is ' +
          'cross-origin isolated. A setting may switch it off.',
      ],
    });
  });

  test.each(['The object can not be cloned.', '#<Memory> could not be cloned', 'DataCloneError'])(
    'a browser that refuses to post it, in its words: %s',
    async (message) => {
      const { createEngine: create } = await inPage({ crossOriginIsolated: true }, () => {
        throw new DOMException(message, 'DataCloneError');
      });
      const { threads, reasons } = (await create({ threads: 2 })).info;
      expect(threads).toBe(1);
      expect(reasons).toEqual([
        `threads: shared memory cannot be posted to a worker: ${message.replace(/([^.])$/, '$1.')} ` +
          `That takes a browser with SharedArrayBuffer, and ${ISOLATED}`,
      ]);
    },
  );
});

test('memory that the platform does not let grow, within its limit: says so, and what would help', () => {
  const runtime = new WasmRuntime({
    module: compileSync(),
    tile: '3x12',
    initialMemory: 1 << 20,
    maximumMemory: 1 << 24,
  });
  vi.spyOn(WebAssembly.Memory.prototype, 'grow').mockImplementation(() => {
    throw new RangeError('WebAssembly.Memory.grow(): Unable to grow instance memory');
  });
  let thrown: unknown;
  try {
    runtime.arena.allocate(4 << 20);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(MemoryError);
  expect((thrown as Error).message).toMatch(
    /^engine: linear memory expected to grow from 1048576 to \d+ bytes, but the platform refused; its limit is 16777216\. .*smaller maximumMemory/,
  );
});

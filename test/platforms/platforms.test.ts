/**
 * The report of an engine about its platform: where the same bits are not possible, what is missing, which memory can
 * be shared, and which flag of V8 it sets. The platforms are imitated in Node; real browsers are tested in
 * browser.test.ts.
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
 * Rewrites the kernels as for a processor without subnormal numbers: products and sums of vectors below 2⁻¹²⁶ become
 * zero, as on 32-bit ARM.
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

describe('a platform that flushes numbers below 2⁻¹²⁶ to zero', () => {
  let wasm: Uint8Array<ArrayBuffer>;
  beforeAll(() => {
    wasm = flushing(kernels);
  });

  const REASON =
    'sameBits: this platform makes numbers below 1.18e-38 zero, as V8 does on 32-bit ARM, so bits may differ from those elsewhere.';

  test('runs an engine, which reports that its bits may differ', async () => {
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
  ])("is refused by %s where sameBits is 'require'", async (name, create) => {
    expectError(
      await thrownBy(() => create({ wasm, sameBits: 'require' })),
      UnsupportedError,
      `${name}: sameBits 'require' expected results with the bits that they have elsewhere, got: ` +
        'this platform makes numbers below 1.18e-38 zero, as V8 does on 32-bit ARM. Without it the engine works.',
    );
  });

  test('leaves no thread of an engine that is refused', async () => {
    const ended = vi.spyOn(Worker.prototype, 'terminate');
    expect(await thrownBy(() => createEngine({ wasm, sameBits: 'require', threads: 3 }))).toBeInstanceOf(
      UnsupportedError,
    );
    expect(ended).toHaveBeenCalledTimes(2);
  });

  test('is not assumed elsewhere: an engine reports the same bits', async () => {
    for (const options of [{}, { wasm: Uint8Array.from(kernels) }, { sameBits: 'require' } as const]) {
      const engine = await createEngine(options);
      expect(engine.info).toMatchObject({ sameBits: true, reasons: [] });
      const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [1], kernelInitializer: 'ones' })] });
      expect([...model.predict([[2], [1e-39]])]).toEqual([2, Math.fround(1e-39)]);
      engine.dispose();
    }
  });

  test('and missing fused numerics both count as other bits', async () => {
    vi.spyOn(WebAssembly, 'validate').mockReturnValue(true);
    const options = { numerics: 'fused', wasm: Uint8Array.from(kernels) } as const;
    expect(createEngineSync(options).info).toMatchObject({ numerics: 'strict', sameBits: false });
    const refused = await thrownBy(() => createEngineSync({ ...options, sameBits: 'require' }));
    expect(refused).toBeInstanceOf(UnsupportedError);
    expect(refused.message).toContain('rounds products before it adds them');
  });

  test('is not confused with a misspelt option, which is refused', async () => {
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

  test('is refused before the kernels are compiled, at creation and on loading', async () => {
    const layers = [dense({ units: 1, inputShape: [1] })];
    const saved = (await sequential({ layers })).save();
    vi.resetModules();
    const fresh = await import('../../src/index.js');
    // 1 in two bytes, the more significant one first.
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
  /** Returns the flags that an engine sets while it tries them, on a platform with this version of V8. */
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
  ])('V8 %s gets %s and no other', async (v8, flag) => {
    const [first, ...rest] = await flagsOn(v8);
    expect(first).toBe(flag);
    // The flag is reset where vectors of 128 bits turn out to be as fast.
    expect(['', flag.replace('--', '--no-')]).toContain(rest.join());
  });

  test('is not set in a Node without such vectors', async () => {
    expect(await flagsOn('11.3.244.8', '20.20.0')).toEqual([]);
  });
});

describe('shared memory', () => {
  const ISOLATED =
    'a page that is cross-origin isolated. Serve it with the headers ' +
    'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.';

  /** Loads the library into an imitated page, whose workers pass their messages to `post`. */
  async function inPage(page: object, post: (message: unknown) => void = () => undefined) {
    class PageWorker {
      onmessage = null;
      onerror = null;
      postMessage(message: unknown): void {
        post(message);
      }
      terminate(): void {
        // There is nothing to end.
      }
    }
    // Hides Node's process from the library, but not from the test runner.
    const nothing = { versions: { value: {} }, getBuiltinModule: { value: undefined } };
    vi.stubGlobal('process', Object.create(process, nothing) as object);
    vi.stubGlobal('window', {});
    vi.stubGlobal('Worker', PageWorker);
    for (const [name, value] of Object.entries(page)) vi.stubGlobal(name, value);
    vi.resetModules();
    return import('../../src/index.js');
  }

  test('is reported in Node', async () => {
    expect((await createEngine()).info).toMatchObject({ sharedMemory: true, reasons: [] });
  });

  test('is reported as missing in a page that is not isolated, with the same reason as for one thread', async () => {
    const { createEngine: create } = await inPage({ crossOriginIsolated: false });
    expect((await create({ threads: 2 })).info).toMatchObject({
      threads: 1,
      sharedMemory: false,
      reasons: [`threads: memory can only be shared in ${ISOLATED}`],
    });
    expect((await create()).info).toMatchObject({ sharedMemory: false, reasons: [] });
  });

  test('is reported as missing in an isolated page without SharedArrayBuffer, as WebKit may be', async () => {
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
    'is reported as missing where a browser refuses to post it, with its message: %s',
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

test('memory that the platform does not let grow is refused with what would help', () => {
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

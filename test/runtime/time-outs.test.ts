/**
 * Time-outs for workers count only time in which this thread runs: a background page that is frozen or slowed down, a
 * computer that slept, or a breakpoint must not fail anything, while a silent worker still must.
 */
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { compileSync } from '../../src/runtime/binary.js';
import { WasmRuntime } from '../../src/runtime/wasm-runtime.js';
import { CONTROL_BYTES, WORD } from '../../src/runtime/threads/job.js';
import { expireAfter } from '../../src/runtime/threads/time-out.js';
import type { HostedWorker } from '../../src/runtime/threads/host.js';
import { Pool } from '../../src/runtime/threads/pool.js';
import { attachModel, createEngine, dense, WorkerError, type Engine } from '../../src/index.js';
import { watchWorkers, withSilentWorkers } from '../support/workers.js';
import { expectError, thrownBy } from '../support/reference/refusals.js';

const HOUR = 3_600_000;

/** Fakes timers that fire when told to, and a clock that advances with them. */
function stopClock(): { advance: (milliseconds: number) => Promise<void>; freeze: () => void } {
  let frozen = 0;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const faked = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => faked() + frozen);
  return {
    advance: async (milliseconds) => {
      await vi.advanceTimersByTimeAsync(milliseconds);
    },
    // Advances the clock while no timer fires: the next timer is late.
    freeze: () => void (frozen += HOUR),
  };
}

/** Fakes a clock that jumps by an hour at each of the first readings, as if the computer slept. */
function jumpingClock(readings: number): void {
  const now = performance.now.bind(performance);
  let jumps = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => {
    if (jumps < readings) jumps += 1;
    return now() + jumps * HOUR;
  });
}

/** Starts a thread that waits until word `start` is 1, lets some milliseconds pass, and then adds 1 to `word`. */
async function thread(words: Int32Array, word: number): Promise<{ go(): void; end(): Promise<unknown> }> {
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
    const { words, word, flag } = workerData;
    parentPort.postMessage('ready');
    Atomics.wait(flag, 0, 0);
    Atomics.wait(flag, 0, 1, 30);
    Atomics.add(words, word, 1);
    Atomics.notify(words, word);`,
    { eval: true, workerData: { words, word, flag } },
  );
  await new Promise((begun) => worker.once('message', begun));
  return {
    go: () => {
      Atomics.store(flag, 0, 1);
      Atomics.notify(flag, 0);
    },
    end: () => worker.terminate(),
  };
}

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const workers = watchWorkers();

/** Waits, without a timer, until a worker is started: from then on it is watched. */
async function untilStarted(): Promise<void> {
  while (workers.size === 0) await new Promise(setImmediate);
}

describe('a time-out', () => {
  test('expires after its time, once', async () => {
    const { advance } = stopClock();
    const expired = vi.fn();
    expireAfter(30_000, expired);
    await advance(29_999);
    expect(expired).not.toHaveBeenCalled();
    await advance(2);
    await advance(HOUR);
    expect(expired).toHaveBeenCalledTimes(1);
  });

  test('does not expire after it was stopped', async () => {
    const { advance } = stopClock();
    const expired = vi.fn();
    const stop = expireAfter(30_000, expired);
    await advance(29_999);
    stop();
    await advance(HOUR);
    expect(expired).not.toHaveBeenCalled();
  });

  test('starts again where the page was frozen', async () => {
    const { advance, freeze } = stopClock();
    const expired = vi.fn();
    expireAfter(30_000, expired);
    await advance(25_000);
    freeze();
    await advance(30_000);
    expect(expired).not.toHaveBeenCalled();
    await advance(30_000);
    expect(expired).toHaveBeenCalledTimes(1);
  });

  test('never expires where every timer is a minute late, as in a page that has been in the background for long', async () => {
    const { advance } = stopClock();
    const expired = vi.fn();
    const { setTimeout: timer } = globalThis;
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(((act: () => void, milliseconds: number) =>
      timer(act, Math.ceil((milliseconds + 1) / 60_000) * 60_000)) as typeof setTimeout);
    expireAfter(30_000, expired);
    await advance(HOUR);
    expect(expired).not.toHaveBeenCalled();
  });

  test('expires where timers are a second late, as in any page in the background', async () => {
    const { advance } = stopClock();
    const expired = vi.fn();
    const { setTimeout: timer } = globalThis;
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(((act: () => void, milliseconds: number) =>
      timer(act, milliseconds + 1000)) as typeof setTimeout);
    expireAfter(10_000, expired);
    await advance(60_000);
    expect(expired).toHaveBeenCalledTimes(1);
  });
});

describe('silent workers', () => {
  const SILENT =
    'fit: a worker that trains expected, but it was lost: it sent no message for 30 s. ' +
    'Is workerUrl the file worker.js of this package? The weights are those of a finished step.';

  async function silentFit(): Promise<{ fitting: Promise<Error>; settled: () => boolean }> {
    const engine = await createEngine();
    const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    let over = false;
    const fitting = thrownBy(() => model.fit([[1]], [[1]], { runIn: 'worker' })).finally(() => (over = true));
    await untilStarted();
    return { fitting, settled: () => over };
  }

  test('make fit fail after 30 s', async () => {
    await withSilentWorkers(async () => {
      const { advance } = stopClock();
      const { fitting, settled } = await silentFit();
      await advance(29_000);
      expect(settled()).toBe(false);
      await advance(3000);
      expectError(await fitting, WorkerError, SILENT);
    });
  });

  test('do not make fit fail while the page is frozen, but afterwards', async () => {
    await withSilentWorkers(async () => {
      const { advance, freeze } = stopClock();
      const { fitting, settled } = await silentFit();
      await advance(25_000);
      for (let times = 0; times < 3; times++) {
        freeze();
        await advance(28_000);
        expect(settled()).toBe(false);
      }
      await advance(10_000);
      expectError(await fitting, WorkerError, SILENT);
    });
  });

  test('do not make an engine continue on one thread while the page is frozen, but afterwards', async () => {
    await withSilentWorkers(async () => {
      const { advance, freeze } = stopClock();
      let made: Engine | undefined;
      const making = createEngine({ threads: 2 }).then((engine) => (made = engine));
      await untilStarted();
      await advance(9000);
      freeze();
      await advance(9000);
      expect(made).toBeUndefined();
      await advance(4000);
      expect((await making).info).toMatchObject({
        threads: 1,
        reasons: ['threads: workers did not begin: they had not begun after 10 s.'],
      });
    });
  });
});

describe('a computer that sleeps does not fail a wait', () => {
  test('for the part of a product that another thread computes', async () => {
    const runtime = new WasmRuntime({ module: compileSync(), tile: '3x12', initialMemory: 0, maximumMemory: 1 << 20 });
    const { memory, tile, kernels, module } = runtime;
    const control = memory.words(0, CONTROL_BYTES / 4);
    const other = await thread(control, WORD.done);
    let calls = 0;
    const gemm = (): void => {
      calls += 1;
      if (calls > 1) return;
      // The other thread takes a part as well.
      Atomics.add(control, WORD.ticket, 1);
      jumpingClock(5);
      other.go();
    };
    const none = (): number => 0;
    const start = (): HostedWorker => ({ post: () => undefined, end: () => undefined });
    const own = { module, memory, tile: { ...tile, gemm }, kernels };
    const pool = new Pool({ ...own, threads: 2, scratch: none, packedA: none, start });
    pool.shared().gemm(96, 96, 512, 0, 512, 0, 0, 0, 0, 96, 0);
    expect(calls).toBeGreaterThan(0);
    expect(pool.live).toBe(true);
    await other.end();
  });

  test('for weights that another thread is changing', async () => {
    const engine = await createEngine();
    const model = engine.sequential({ layers: [dense({ units: 3, inputShape: [2] })] });
    const handle = model.share();
    const attached = attachModel(handle);
    const words = new Int32Array(handle.memory.buffer, handle.words, 4);
    const other = await thread(words, 0);
    Atomics.add(words, 0, 1);
    jumpingClock(5);
    other.go();
    expect(attached.predict([[1, 2]])).toEqual(model.predict([[1, 2]]));
    await other.end();
    attached.dispose();
    engine.dispose();
  });
});

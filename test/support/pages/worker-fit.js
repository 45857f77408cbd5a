/**
 * Trains in workers and on threads, and reports the results. Parameters of the address:
 *
 * - `workerUrl=1` loads workers from a file,
 * - `threads` is the number of threads to ask for,
 * - `blocked=1` says that the policy forbids blob:,
 * - `forbidden=1` says that the policy forbids WebAssembly.
 */
import * as built from '../../../dist/index.js';
import { trainEveryFeature } from '../every-feature.mjs';
import { trainLargeLayers } from '../large-layers.mjs';
import { report } from './report.js';

/** Types of the sources for the built package. */
const library = /** @type {typeof import('../../../src/index.js')} */ (/** @type {unknown} */ (built));

const asked = new URLSearchParams(location.search);

/** @param {() => Promise<unknown>} act */
async function failure(act) {
  try {
    await act();
  } catch (error) {
    const { name, message } = /** @type {Error} */ (error);
    return { name, message };
  }
  return undefined;
}

await report(async () => {
  if (asked.has('forbidden')) {
    const { createEngine, createEngineSync } = library;
    const wasm = new Uint8Array(await (await fetch('../../../dist/kernels.wasm')).arrayBuffer());
    return {
      inlined: await failure(() => createEngine()),
      given: await failure(() => createEngine({ wasm })),
      synchronous: await failure(() => Promise.resolve(createEngineSync())),
      predict: await failure(async () => (await import('../../../dist/predict.js')).loadModel(new Uint8Array(8))),
    };
  }
  const engineOptions = {
    threads: Number(asked.get('threads') ?? 1),
    ...(asked.has('workerUrl') && { workerUrl: '../../../dist/worker.js' }),
  };
  const large = await trainLargeLayers(library, engineOptions);
  if (asked.has('blocked')) {
    const { createEngine, dense } = library;
    const engine = await createEngine();
    const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    return { large, blocked: await failure(() => model.fit([[1]], [[1]], { runIn: 'worker' })) };
  }
  let frames = 0;
  let training = true;
  const draw = () => {
    frames += 1;
    if (training) requestAnimationFrame(draw);
  };
  requestAnimationFrame(draw);
  const { sha256 } = await trainEveryFeature(library, engineOptions, { runIn: 'worker' });

  // A training that would take minutes: it is aborted once newer weights are visible here.
  const { createEngine, dense } = library;
  const engine = await createEngine(engineOptions);
  const model = engine.sequential({
    layers: [dense({ units: 8, activation: 'relu', inputShape: [4] }), dense({ units: 2 })],
  });
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  const x = Float32Array.from({ length: 4000 }, (_, i) => ((i * 7919) % 1000) / 1000);
  const y = Float32Array.from({ length: 2000 }, (_, i) => ((i * 104_729) % 1000) / 1000);
  const controller = new AbortController();
  const first = model.predict(x).join();
  const fitting = model.fit(x, y, { epochs: 1_000_000, signal: controller.signal, runIn: 'worker' });
  fitting.catch(() => undefined);
  while (model.predict(x).join() === first) await new Promise((turn) => setTimeout(turn, 5));
  controller.abort();
  const aborted = await failure(() => fitting);
  const steps = model.stepCount;
  training = false;
  engine.dispose();
  return {
    isolated: crossOriginIsolated,
    large,
    sha256,
    aborted: aborted?.name,
    steps: steps > 0,
    animated: frames > 5,
  };
});

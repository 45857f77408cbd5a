/**
 * Waits until the tab is in the background, trains on this thread and in a worker, and reports how many timers the
 * library waited for.
 */
import * as built from '../../../dist/index.js';
import { report } from './report.js';

/** Types of the sources for the built package. */
const { createEngine, dense } = /** @type {typeof import('../../../src/index.js')} */ (/** @type {unknown} */ (built));

const ROWS = 20_000;
const COLUMNS = 784;

/** The page's original timer; the library gets one that counts. */
const timer = setTimeout;
let fired = 0;
Object.assign(globalThis, {
  setTimeout: (/** @type {() => void} */ act, /** @type {number} */ milliseconds) =>
    timer(() => {
      fired += 1;
      act();
    }, milliseconds),
});

await report(async () => {
  // An engine that chooses its tile looks for wide vectors now and then, by timers that no training waits for.
  const engine = await createEngine({ tile: '3x12' });
  const model = engine.sequential({
    seed: 1,
    layers: [dense({ units: 10, activation: 'softmax', inputShape: [COLUMNS] })],
  });
  model.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy' });
  const x = new Float32Array(ROWS * COLUMNS);
  const y = new Int32Array(ROWS);
  while (!document.hidden)
    await new Promise((wake) => document.addEventListener('visibilitychange', wake, { once: true }));

  /** Numbers of timers that fired until a training began, and until it ended. */
  const timersOf = async (/** @type {'main' | 'worker'} */ runIn) => {
    fired = 0;
    let untilBegun = -1;
    const callbacks = [{ onTrainBegin: () => void (untilBegun = fired) }];
    await model.fit(x, y, { batchSize: 500, callbacks, runIn });
    return { untilBegun, all: fired };
  };
  const worker = await timersOf('worker');
  const main = await timersOf('main');

  // Checks whether timers are slowed down: each of four timers of 100 ms then takes up to a second.
  const start = performance.now();
  for (let i = 0; i < 4; i++) await new Promise((wake) => timer(wake, 100));
  return { hidden: document.hidden, slowed: performance.now() - start > 2000, worker, main };
});

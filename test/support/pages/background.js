/**
 * Trains once the tab is in the background, on this thread and in a worker, and reports how many timers the library
 * waited for.
 */
import * as built from '../../../dist/index.js';
import { report } from './report.js';

/** The helpers' types are those of the sources. */
const { createEngine, dense } = /** @type {typeof import('../../../src/index.js')} */ (/** @type {unknown} */ (built));

const ROWS = 20_000;
const COLUMNS = 784;

/** Timers of the page, as they are: the library gets those that are counted. */
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
  const engine = await createEngine();
  const model = engine.sequential({
    seed: 1,
    layers: [dense({ units: 10, activation: 'softmax', inputShape: [COLUMNS] })],
  });
  model.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy' });
  const x = new Float32Array(ROWS * COLUMNS);
  const y = new Int32Array(ROWS);
  while (!document.hidden)
    await new Promise((wake) => document.addEventListener('visibilitychange', wake, { once: true }));

  /** Timers that have fired when a training begins, and when it is over. */
  const timersOf = async (/** @type {'main' | 'worker'} */ runIn) => {
    fired = 0;
    let untilBegun = -1;
    const callbacks = [{ onTrainBegin: () => void (untilBegun = fired) }];
    await model.fit(x, y, { batchSize: 500, callbacks, runIn });
    return { untilBegun, all: fired };
  };
  const worker = await timersOf('worker');
  const main = await timersOf('main');

  // Whether timers are slowed down at all: four of 100 ms, of which each takes up to a second then.
  const start = performance.now();
  for (let i = 0; i < 4; i++) await new Promise((wake) => timer(wake, 100));
  return { hidden: document.hidden, slowed: performance.now() - start > 2000, worker, main };
});

/** All tests of `fit` in a worker, which must pass whether memory is shared with it or not. */
import { afterAll } from 'vitest';
import { createEngine } from '../../../src/index.js';
import { watchWorkers } from '../workers.js';
import { callbacks } from './callbacks.js';
import { meanwhile } from './meanwhile.js';
import { refusals } from './refusals.js';
import { sameBits } from './same-bits.js';
import { settingOn } from './setting.js';

/** Adds the tests, on an engine of their own. */
export async function workerFitSuite(): Promise<void> {
  const workers = watchWorkers();
  const engine = await createEngine();
  afterAll(() => engine.dispose());
  const setting = settingOn(engine, workers);
  sameBits(setting);
  callbacks(setting);
  meanwhile(setting);
  refusals(setting);
}

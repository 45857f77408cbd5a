/**
 * `fit` in a worker where memory cannot be shared, as in a page that is not cross-origin isolated: state is sent in
 * messages. The tests are those of support/worker-fit.
 */
import { expect, test, vi } from 'vitest';
import type * as Host from '../../src/runtime/threads/host.js';
import { createEngine } from '../../src/index.js';
import { workerFitSuite } from '../support/worker-fit/suite.js';

vi.mock('../../src/runtime/threads/host.js', async (original) => ({
  ...(await original<typeof Host>()),
  whyNotShared: () => 'memory is not shared in this test.',
}));

await workerFitSuite();

test('no memory is shared in this file', async () => {
  const { threads, reasons } = (await createEngine({ threads: 2 })).info;
  expect([threads, reasons]).toEqual([1, ['threads: memory is not shared in this test.']]);
});

/**
 * A page in the background, where browsers let timers fire once a second, and after minutes once a minute: training
 * must not wait for timers.
 */
import { expect, test } from 'vitest';
import { reasonToSkipWindow, serveRepository, withTabInBackground } from '../support/browsers.js';

test('training in a background tab waits for no timers, in a worker and on the main thread (20,000 rows of 784)', async ({
  skip,
}) => {
  const reason = reasonToSkipWindow();
  if (reason !== undefined) {
    console.warn(`skipped: ${reason}`);
    skip(reason);
  }
  const server = await serveRepository();
  try {
    const result = await withTabInBackground(`${server.origin}/test/support/pages/background.html`, () =>
      server.result(),
    );
    expect(result).toMatchObject({ hidden: true, slowed: true });
    const { worker, main } = result as Record<'worker' | 'main', { untilBegun: number; all: number }>;
    // The timer that watches over the start of a worker fires every six seconds.
    expect(worker.untilBegun).toBeLessThanOrEqual(2);
    expect(worker.all).toBeLessThanOrEqual(2);
    expect(main).toEqual({ untilBegun: 0, all: 0 });
  } finally {
    await server.close();
  }
});

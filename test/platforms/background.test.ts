/** A page in the background: browsers let its timers pass once a second, and after minutes once a minute. */
import { expect, test } from 'vitest';
import { reasonToSkipWindow, serveRepository, withTabInBackground } from '../support/browsers.js';

test('in a tab behind another one, training waits for no timers: 20,000 rows of 784 in a worker and on the main thread', async ({
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
    // The watch over a worker that does not begin ticks every six seconds.
    expect(worker.untilBegun).toBeLessThanOrEqual(2);
    expect(worker.all).toBeLessThanOrEqual(2);
    expect(main).toEqual({ untilBegun: 0, all: 0 });
  } finally {
    await server.close();
  }
});

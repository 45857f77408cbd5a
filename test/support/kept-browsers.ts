/** Browsers that stay open for the tests of a file. */
import { afterAll } from 'vitest';
import { KeptBrowsers } from './browsers.js';

/** Returns browsers that are started when they are first asked for, and closed after the tests of the file. */
export function keepBrowsers(): KeptBrowsers {
  const kept = new KeptBrowsers();
  afterAll(() => kept.close());
  return kept;
}

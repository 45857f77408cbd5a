import { defineConfig } from 'vitest/config';

/** Where to write the results as JSON, beside what is shown. */
const resultsFile = process.env.VITEST_JSON_FILE;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    execArgv: ['--expose-gc'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: resultsFile ? ['default', 'json'] : ['default'],
    ...(resultsFile && { outputFile: { json: resultsFile } }),
  },
});

import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Where to write the results as JSON, beside what is shown. */
const resultsFile = process.env.VITEST_JSON_FILE;

/** Files that open browsers take longest: they start first, so that no worker is left with one of them at the end. */
class BrowsersFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const opensBrowsers = ({ moduleId }: TestSpecification): boolean => /\/(site\/test|platforms)\//.test(moduleId);
    return [...sorted.filter(opensBrowsers), ...sorted.filter((file) => !opensBrowsers(file))];
  }
}

export default defineConfig({
  // The site imports the built package by its name, and writes its elements as Preact has them.
  resolve: {
    alias: [
      { find: /^wasm-mlp$/, replacement: new URL('dist/index.js', import.meta.url).pathname },
      { find: /^wasm-mlp\/tables\/predict$/, replacement: new URL('dist/tables-predict.js', import.meta.url).pathname },
      { find: /^wasm-mlp\/(.+)$/, replacement: new URL('dist/', import.meta.url).pathname + '$1.js' },
    ],
  },
  test: {
    include: ['test/**/*.test.ts', 'packages/*/test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    execArgv: ['--expose-gc'],
    sequence: { sequencer: BrowsersFirst },
    // Names the run, for what its files of tests share.
    env: { TEST_RUN: String(Date.now()) },
    // A test that hangs is ended. Machines where much else runs take ten times as long as quiet ones.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    reporters: resultsFile ? ['default', 'json'] : ['default'],
    ...(resultsFile && { outputFile: { json: resultsFile } }),
  },
});

import { defineConfig } from 'tsup';

/** Files for Node: the command, and the scripts of its threads. What the package depends on is imported by name. */
export default defineConfig({
  entry: {
    main: 'src/main.ts',
    'sweep-thread': 'src/sweep/thread.ts',
    'serving-thread': 'src/serving/workers/worker.ts',
  },
  format: 'esm',
  target: 'node20',
  clean: true,
  sourcemap: false,
});

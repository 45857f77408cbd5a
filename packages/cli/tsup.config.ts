import { defineConfig } from 'tsup';

/** One file for Node; what the package depends on is imported by name. */
export default defineConfig({
  entry: ['src/main.ts'],
  format: 'esm',
  target: 'node20',
  clean: true,
  sourcemap: false,
});

import { fileURLToPath } from 'node:url';
import { readdirSync } from 'node:fs';
import { defineConfig } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));
const library = fileURLToPath(new URL('../../dist/', import.meta.url));

/** Every page is a file beside this one. */
const pages = readdirSync(here).filter((name) => name.endsWith('.html'));

export default defineConfig({
  root: here,
  // Any folder of any static host.
  base: './',
  resolve: {
    // The site uses what users of the library get: the built package.
    alias: [
      { find: /^wasm-mlp$/, replacement: `${library}index.js` },
      { find: /^wasm-mlp\/(.+)$/, replacement: `${library}$1.js` },
    ],
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  build: {
    outDir: 'dist',
    target: 'es2022',
    rolldownOptions: { input: pages.map((name) => `${here}${name}`) },
    // Inlined modules would need 'unsafe-inline' or data: in a policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});

import { fileURLToPath } from 'node:url';
import { readdirSync } from 'node:fs';
import { defineConfig } from 'vite';
import { offline, SERVICE_WORKER } from './scripts/offline.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const library = fileURLToPath(new URL('../../dist/', import.meta.url));

/** Every page is a file beside this one. */
const pages = readdirSync(here).filter((name) => name.endsWith('.html'));

const serviceWorker = SERVICE_WORKER.replace('.js', '');

export default defineConfig({
  root: here,
  // Any folder of any static host.
  base: './',
  resolve: {
    // The site uses what users of the library get: the built package.
    alias: [
      { find: /^wasm-mlp$/, replacement: `${library}index.js` },
      { find: /^wasm-mlp\/tables\/predict$/, replacement: `${library}tables-predict.js` },
      { find: /^wasm-mlp\/(.+)$/, replacement: `${library}$1.js` },
    ],
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [offline()],
  worker: { format: 'es' },
  build: {
    outDir: 'dist',
    target: 'es2022',
    rolldownOptions: {
      input: {
        ...Object.fromEntries(pages.map((name) => [name.replace('.html', ''), `${here}${name}`])),
        [serviceWorker]: `${here}src/offline/${serviceWorker}.ts`,
      },
      // A service worker is found again by its name, and answers for the folder that it is in.
      output: { entryFileNames: ({ name }) => (name === serviceWorker ? SERVICE_WORKER : 'assets/[name]-[hash].js') },
    },
    // Inlined modules would need 'unsafe-inline' or data: in a policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});

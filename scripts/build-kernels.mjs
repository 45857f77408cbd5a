/**
 * Builds the kernels: writes the GEMM tiles, compiles assembly/ to build/kernels.wasm, and inlines the binary as text in
 * src/engine/kernels.generated.ts, so that neither bundlers nor asset paths are involved. Everything written here is ignored by git.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { main } from 'assemblyscript/asc';
import { tilesSource } from './gemm-tiles.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
mkdirSync('build', { recursive: true });
writeFileSync('assembly/gemm/tiles.generated.ts', tilesSource());

const { error, stdout, stderr } = await main(['--target', 'release']);
process.stderr.write(stdout.toString() + stderr.toString());
if (error) {
  process.stderr.write(`build-kernels: ${error.message}\n`);
  process.exit(1);
}

const bytes = readFileSync('build/kernels.wasm');
writeFileSync(
  'src/engine/kernels.generated.ts',
  [
    '// Written by scripts/build-kernels.mjs from assembly/. Do not edit.',
    `/** The kernels' binary, ${bytes.length} bytes, in hexadecimal: gzip finds whole bytes in it, and makes a third less of it than of base64. */`,
    `export const KERNELS_HEX =`,
    `  '${bytes.toString('hex')}';`,
    '',
  ].join('\n'),
);
process.stderr.write(`build-kernels: build/kernels.wasm, ${bytes.length} bytes\n`);

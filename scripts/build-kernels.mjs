/**
 * Builds the kernels: writes the GEMM tiles, compiles assembly/ to build/kernels.wasm and, with relaxed SIMD,
 * build/kernels-fused.wasm, and inlines the binaries as text in src/engine/*.generated.ts, so that neither bundlers nor asset paths are involved. Everything written here is ignored by git.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { main } from 'assemblyscript/asc';
import { tilesSource } from './gemm-tiles.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
mkdirSync('build', { recursive: true });
writeFileSync('assembly/gemm/tiles.generated.ts', tilesSource());

/**
 * Compiles one target of asconfig.json and inlines its binary.
 * @type {(target: string, name: string, constant: string) => Promise<void>}
 */
async function build(target, name, constant) {
  const { error, stdout, stderr } = await main(['--target', target]);
  process.stderr.write(stdout.toString() + stderr.toString());
  if (error) {
    process.stderr.write(`build-kernels: ${error.message}\n`);
    process.exit(1);
  }
  const bytes = readFileSync(`build/${name}.wasm`);
  writeFileSync(
    `src/engine/${name}.generated.ts`,
    [
      '// Written by scripts/build-kernels.mjs from assembly/. Do not edit.',
      `/** The binary, ${bytes.length} bytes, in hexadecimal: gzip finds whole bytes in it, and makes a third less of it than of base64. */`,
      `export const ${constant} =`,
      `  '${bytes.toString('hex')}';`,
      '',
    ].join('\n'),
  );
  process.stderr.write(`build-kernels: build/${name}.wasm, ${bytes.length} bytes\n`);
}

await build('release', 'kernels', 'KERNELS_HEX');
await build('fused', 'kernels-fused', 'FUSED_KERNELS_HEX');

/**
 * Builds the kernels and inlines their binaries. Git ignores every file that is written here.
 *
 * 1. Writes the GEMM tiles (gemm/source.mjs, int8/source.mjs), the constants that both languages share
 *    (shared-constants.mjs), and the export lists of activations (activation-exports.mjs).
 * 2. Compiles assembly/ to build/kernels.wasm, with relaxed SIMD to build/kernels-fused.wasm, the kernels of prediction
 *    to build/kernels-predict.wasm, and those of eight bits to build/kernels-int8.wasm and kernels-int8-relaxed.wasm.
 * 3. Schedules their loops (schedule-loops.mjs).
 * 4. Inlines the binaries as text in src/runtime/*.generated.ts, so that neither bundlers nor asset paths are involved.
 *
 * Each binary carries the digest of its ABI table, by which the library recognizes the kernels of its version.
 */
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createHash } from 'node:crypto';
import { main } from 'assemblyscript/asc';
import binaryen from 'binaryen';
import { transform } from 'esbuild';
import { activationExports } from './activation-exports.mjs';
import { gemmSource } from './gemm/source.mjs';
import { int8Constants, int8Source } from './int8/source.mjs';
import { scheduleKernels } from './schedule-loops.mjs';
import { assemblyConstants, libraryConstants } from './shared-constants.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));
mkdirSync('build', { recursive: true });
writeFileSync('assembly/gemm/constants.generated.ts', assemblyConstants());
writeFileSync('assembly/gemm/tiles.generated.ts', await gemmSource());
writeFileSync('assembly/int8/tiles.generated.ts', await int8Source());
writeFileSync('assembly/activations.generated.ts', activationExports('all'));
writeFileSync('assembly/activations-forward.generated.ts', activationExports('forward'));
writeFileSync('src/runtime/constants.generated.ts', libraryConstants());
writeFileSync('src/runtime/int8/constants.generated.ts', int8Constants());

/** Returns the digest of the ABI table of a file: 64 bits are enough to distinguish versions. @param {string} file */
async function digestOf(file) {
  const { code } = await transform(readFileSync(file, 'utf8'), { loader: 'ts', format: 'esm' });
  const { ABI } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  return createHash('sha256').update(JSON.stringify(ABI)).digest('hex').slice(0, 16);
}
const digest = await digestOf('src/runtime/abi.ts');
const int8Digest = await digestOf('src/runtime/int8/abi.ts');

/**
 * @param {string} file
 * @param {string} comment
 * @param {string} constant
 * @param {string} value
 */
function writeConstant(file, comment, constant, value) {
  const lines = ['// Written by scripts/kernels/build-kernels.mjs. Do not edit.', `/** ${comment} */`];
  writeFileSync(file, [...lines, `export const ${constant} =`, `  '${value}';`, ''].join('\n'));
}

/** Returns a custom section, which engines ignore. */
const section = (name, content) =>
  Buffer.from([0, name.length + content.length + 1, name.length, ...Buffer.from(name + content)]);

/** Returns the binary of a module in the text format, after scheduling its loops. @param {string} text */
function assemble(text) {
  const module = binaryen.parseText(scheduleKernels(text).text);
  module.setFeatures(binaryen.Features.All);
  if (!module.validate()) throw new Error('build-kernels: the scheduled kernels are not valid.');
  const bytes = module.emitBinary();
  module.dispose();
  return bytes;
}

/**
 * Returns, by number of a function of a binary, the numbers of those that it calls: wasm-mlp/module leaves out what a
 * network does not call.
 *
 * @param {Uint8Array} bytes
 */
function callsIn(bytes) {
  const module = binaryen.readBinary(bytes);
  // Without names, functions are named by their numbers, and stand in their order.
  const bodies = module.emitText().split('\n (func $').slice(1);
  module.dispose();
  const calls = bodies.map((body) => [
    ...new Set([...body.matchAll(/\(call \$(\d+)/g)].map(([, index]) => Number(index))),
  ]);
  return Object.fromEntries([...calls.entries()].filter(([, called]) => called.length > 0));
}

/**
 * Compiles one target of asconfig.json, schedules its loops and inlines its binary.
 * @type {(target: string, entry: string, name: string, constant: string, digest: string) => Promise<void>}
 */
async function build(target, entry, name, constant, digest) {
  const { error, stdout, stderr } = await main([entry, '--target', target]);
  process.stderr.write(stdout.toString() + stderr.toString());
  if (error) {
    process.stderr.write(`build-kernels: ${error.message}\n`);
    process.exit(1);
  }
  const bytes = Buffer.concat([assemble(readFileSync(`build/${name}.wat`, 'utf8')), section('wasm-mlp', digest)]);
  writeFileSync(`build/${name}.wasm`, bytes);
  writeConstant(
    `src/runtime/${name}.generated.ts`,
    `The binary, ${bytes.length} bytes, in hexadecimal: gzip finds whole bytes in it, a quarter less than of base64.`,
    constant,
    bytes.toString('hex'),
  );
  process.stderr.write(`build-kernels: build/${name}.wasm, ${bytes.length} bytes\n`);
}

writeConstant(
  'src/runtime/abi.generated.ts',
  'Digest of the table in abi.ts, which the kernels carry.',
  'ABI_DIGEST',
  digest,
);
writeConstant(
  'src/runtime/int8/abi.generated.ts',
  'Digest of the table in abi.ts, which the kernels of eight bits carry.',
  'INT8_ABI_DIGEST',
  int8Digest,
);
await build('release', 'assembly/index.ts', 'kernels', 'KERNELS_HEX', digest);
await build('fused', 'assembly/index.ts', 'kernels-fused', 'FUSED_KERNELS_HEX', digest);
await build('predict', 'assembly/predict.ts', 'kernels-predict', 'PREDICT_KERNELS_HEX', digest);
await build('int8', 'assembly/int8.ts', 'kernels-int8', 'INT8_KERNELS_HEX', int8Digest);
await build('int8-relaxed', 'assembly/int8.ts', 'kernels-int8-relaxed', 'INT8_RELAXED_KERNELS_HEX', int8Digest);
const calls = JSON.stringify(callsIn(readFileSync('build/kernels-predict.wasm')));
appendFileSync(
  'src/runtime/kernels-predict.generated.ts',
  `/** By number of a function: those that it calls. */
export const PREDICT_KERNELS_CALLS: Readonly<Record<number, readonly number[]>> = ${calls};
`,
);

/** Says what computes here: the engine of JavaScript, the processor, and the kernels of the library. */
import { arch, cpus, platform } from 'node:os';
import process from 'node:process';

/**
 * @typedef {object} Machine
 * @property {string} engine
 * @property {string} processor
 * @property {string} kernels Vectors, tile and threads.
 * @property {boolean} sameBits Whether the library promises the same bits here.
 * @property {readonly string[]} reasons Why not.
 */

function engineHere() {
  const { bun, deno, node, v8 } = process.versions;
  if (bun) return `Bun ${bun}`;
  return deno ? `Deno ${deno}, V8 ${v8}` : `Node ${node}, V8 ${v8}`;
}

/** @param {import('./library.mjs').Library} library @returns {Promise<Machine>} */
export async function machineHere(library) {
  const engine = await library.createEngine();
  const { sameBits, reasons, numerics, simd256, tile, threads } = engine.info;
  engine.dispose();
  const vectors = `${simd256 ? 256 : 128}-bit vectors, tile ${tile}`;
  return {
    engine: engineHere(),
    processor: `${cpus()[0]?.model.trim() || 'unknown'}, ${platform()} ${arch()}`,
    kernels: `${numerics}, ${vectors}, ${threads} thread${threads === 1 ? '' : 's'}`,
    sameBits,
    reasons,
  };
}

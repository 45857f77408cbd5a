import type { Machine } from './machine.js';

/** What of Node is needed here; absent elsewhere. */
interface Host {
  readonly versions?: Readonly<Record<string, string | undefined>>;
  readonly getBuiltinModule?: (name: string) => { setFlagsFromString(flags: string): void } | undefined;
}

/** The first Node whose V8 has the flag. */
const FIRST_NODE = 24;

/** Why there can be no 256-bit vectors here, or how V8 is told to make them. */
export function find256(): string | { allow(): void } {
  const { process } = globalThis as { process?: Host };
  const { node, bun, deno } = process?.versions ?? {};
  if (node === undefined || bun !== undefined || deno !== undefined) {
    return 'simd256: only Node has it, by a flag of its V8.';
  }
  if (Number.parseInt(node, 10) < FIRST_NODE) return `simd256: Node ${FIRST_NODE} or newer has it, this is ${node}.`;
  const v8 = process?.getBuiltinModule?.('node:v8');
  if (v8 === undefined) return 'simd256: the module node:v8 is not there.';
  return { allow: () => v8.setFlagsFromString('--experimental-wasm-revectorize') };
}

/** Sizes that fit the first-level cache: what is timed is arithmetic. */
const ROWS = 32;
const COLUMNS = 64;
const DEPTH = 64;

/** Time that a kernel is given to reach V8's optimizing tier, and then that each measurement takes, in milliseconds. */
const WARM_UP = 40;
const MEASURED = 2;
const REPEATS = 5;

/** A product whose numbers take every bit, and how long it takes. */
export interface Trial {
  readonly result: Float32Array;
  /** Shortest time of a call, in milliseconds. */
  readonly time: number;
}

/** Runs the widest tile on fixed numbers until it is fast, and times it. */
export function tryWide({ arena, kernels, memory }: Machine): Trial {
  const sizes = [ROWS * DEPTH, COLUMNS * DEPTH, ROWS * COLUMNS];
  const [a, b, c] = sizes.map((floats) => arena.allocate(4 * floats));
  const { f32 } = memory;
  // Thirds and sevenths have no end in binary: every rounding shows.
  for (let i = 0; i < sizes[0]; i++) f32[a / 4 + i] = ((i % 97) - 48) / 3;
  for (let i = 0; i < sizes[1]; i++) f32[b / 4 + i] = ((i % 89) - 44) / 7;
  const run = (): void => kernels.f32_gemm_rows_4x16(ROWS, COLUMNS, DEPTH, a, DEPTH, b, 0, 0, c, COLUMNS);
  const until = (milliseconds: number): number => {
    const start = performance.now();
    let calls = 0;
    let now = start;
    for (; now - start < milliseconds; now = performance.now()) {
      for (let i = 0; i < 8; i++) run();
      calls += 8;
    }
    return (now - start) / calls;
  };
  until(WARM_UP);
  let time = Infinity;
  for (let i = 0; i < REPEATS; i++) time = Math.min(time, until(MEASURED));
  const result = f32.slice(c / 4, c / 4 + sizes[2]);
  for (const address of [a, b, c]) arena.free(address);
  return { result, time };
}

/** Faster than this, and 256-bit vectors are at work: what was measured is 1.4 to 2.5 times. */
const GAIN = 1.15;

/** What the two trials say: nothing where the wide one is faster and bit for bit the same. */
export function judge256(narrow: Trial, wide: Trial): string | undefined {
  if (narrow.result.some((value, index) => value !== wide.result[index])) {
    return 'simd256: results differ from those of 128-bit vectors, so it is left off.';
  }
  const gain = narrow.time / wide.time;
  return gain > GAIN
    ? undefined
    : `simd256: no effect, ${gain.toFixed(2)} times the speed. The processor may lack AVX2.`;
}

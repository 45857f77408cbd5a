import type { Trial } from './trial.js';

/** What of Node is needed here; absent elsewhere. */
interface Host {
  readonly versions?: Readonly<Record<string, string | undefined>>;
  readonly getBuiltinModule?: (name: string) => { setFlagsFromString(flags: string): void } | undefined;
}

/** The first Node whose V8 has the flag. */
const FIRST_NODE = 24;

/** V8's flag. It counts for what is brought to the optimizing tier from then on, by any engine of the process. */
export interface Flag256 {
  allow(): void;
  forbid(): void;
}

/** Why there can be no 256-bit vectors here, or how V8 is told to make them. */
export function find256(): string | Flag256 {
  const { process } = globalThis as { process?: Host };
  const { node, bun, deno } = process?.versions ?? {};
  if (node === undefined || bun !== undefined || deno !== undefined) {
    return 'simd256: only Node has it, by a flag of its V8.';
  }
  if (Number.parseInt(node, 10) < FIRST_NODE) return `simd256: Node ${FIRST_NODE} or newer has it, this is ${node}.`;
  const v8 = process?.getBuiltinModule?.('node:v8');
  if (v8 === undefined) return 'simd256: the module node:v8 is not there.';
  return {
    allow: () => v8.setFlagsFromString('--experimental-wasm-revectorize'),
    forbid: () => v8.setFlagsFromString('--no-experimental-wasm-revectorize'),
  };
}

/** Faster than this, and 256-bit vectors are at work: what was measured is 1.4 to 4 times. */
const GAIN = 1.15;

/** What is wrong with a trial of 256-bit vectors: its first product, which V8's baseline tier makes without them, has other bits than its last. */
export const differs256 = ({ first, result }: Trial): string | undefined =>
  first.some((value, index) => value !== result[index])
    ? 'simd256: results differ from those of 128-bit vectors, so it is left off.'
    : undefined;

/** What two trials say: nothing where the wide one is faster and bit for bit the same. */
export function judge256(narrow: Trial, wide: Trial): string | undefined {
  const gain = wide.gigaflops / narrow.gigaflops;
  return (
    differs256(wide) ??
    differs256({ ...wide, first: narrow.result }) ??
    (gain > GAIN ? undefined : `simd256: no effect, ${gain.toFixed(2)} times the speed. The processor may lack AVX2.`)
  );
}

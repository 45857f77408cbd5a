/**
 * 256-bit vectors in Node, by a flag of V8 that pairs neighbouring 128-bit vectors. This file sets the flag, proves
 * once per process that it makes kernels faster without changing a bit, and compiles the kernels under it. binary.ts
 * does the compiling itself, tile-benchmark.ts the timing.
 */
import { compile } from './binary.js';
import type { Numerics } from './features.js';
import { WasmRuntime, PACKED_A_FROM } from './wasm-runtime.js';
import { WIDE_TILES } from './tile.js';
import { timeTile, type TileTiming } from './tile-benchmark.js';

/** The parts of Node that are needed here; absent on other platforms. */
interface Host {
  readonly versions?: Readonly<Record<string, string | undefined>>;
  readonly getBuiltinModule?: (name: string) => { setFlagsFromString(flags: string): void } | undefined;
}

/** The first Node whose V8 has the flag. */
const FIRST_NODE = 24;

/**
 * The flag's name, which V8 15.4 changed. V8 prints an unknown flag to standard error and throws nothing, so only one
 * is set.
 */
function flagOf(v8 = ''): string {
  const [major, minor] = v8.split('.', 2).map(Number);
  return major > 15 || (major === 15 && minor >= 4) ? 'wasm-revectorize' : 'experimental-wasm-revectorize';
}

/** V8's flag. It affects code that is optimized from then on, in every engine of the process. */
export interface Flag256 {
  allow(): void;
  forbid(): void;
}

/** Returns the switch of the flag, or the reason why 256-bit vectors are impossible here. */
function find256(): string | Flag256 {
  const { process } = globalThis as { process?: Host };
  const { node, bun, deno, v8: version } = process?.versions ?? {};
  if (node === undefined || bun !== undefined || deno !== undefined) {
    return 'simd256: only Node has it, by a flag of its V8.';
  }
  if (Number.parseInt(node, 10) < FIRST_NODE) return `simd256: Node ${FIRST_NODE} or newer has it, this is ${node}.`;
  const v8 = process?.getBuiltinModule?.('node:v8');
  if (v8 === undefined) return 'simd256: the module node:v8 is missing.';
  const flag = flagOf(version);
  return { allow: () => v8.setFlagsFromString(`--${flag}`), forbid: () => v8.setFlagsFromString(`--no-${flag}`) };
}

/** Speedup that proves 256-bit vectors at work: the measured ones are 1.4 to 4. */
const GAIN = 1.15;

/**
 * Returns the reason to reject 256-bit vectors if the first product of a tile benchmark, which V8's baseline tier
 * computes without them, has other bits than the last.
 */
const differs256 = ({ first, result }: TileTiming): string | undefined =>
  first.some((value, index) => value !== result[index])
    ? 'simd256: results differ from those of 128-bit vectors, so it stays off.'
    : undefined;

/**
 * Compares two tile benchmarks: returns undefined if the wide one is faster with the same bits, otherwise the reason.
 */
function judge256(narrow: TileTiming, wide: TileTiming): string | undefined {
  const gain = wide.gigaflops / narrow.gigaflops;
  return (
    differs256(wide) ??
    differs256({ ...wide, first: narrow.result }) ??
    (gain > GAIN ? undefined : `simd256: no effect, ${gain.toFixed(2)} times the speed. The processor may lack AVX2.`)
  );
}

/** Result of the search for 256-bit vectors. */
export interface Simd256Result {
  /** Why 256-bit vectors are not in use although they were asked for. */
  readonly whyNot?: string | undefined;
  /** Whether 256-bit vectors are in use. */
  readonly simd256: boolean;
}

/** Marks modules that are compiled under the flag. */
const WIDE = 'simd256';

/** Milliseconds of warm-up that the probe gives a tile to reach the optimizing tier. */
const PROBE_WARM_UP = 40;

/** Initial memory of a tile benchmark, in bytes. */
const BENCHMARK_MEMORY = 1024 * 1024;

/**
 * Times the widest tile in a separate runtime, whose memory limit is high enough that rows are packed as for large
 * layers.
 */
function timeOnce(module: WebAssembly.Module, numerics: Numerics): TileTiming {
  const tile = WIDE_TILES[numerics];
  const runtime = new WasmRuntime({ module, tile, initialMemory: BENCHMARK_MEMORY, maximumMemory: PACKED_A_FROM });
  return timeTile(runtime, tile, PROBE_WARM_UP);
}

/**
 * Result of the probe, which runs once per process: V8's flag stays set, and afterwards no 128-bit vectors are left to
 * compare the speed with.
 */
let probed: Simd256Result | undefined;

/** Numerics whose kernels gave the same bits with 256-bit vectors. */
const sameBits = new Set<Numerics>();

/** Whether 256-bit vectors are in use. Once one engine was created with them, every engine of the process uses them. */
export const uses256 = (): boolean => probed?.simd256 === true;

/** The running proof. Proofs run one after another, since the flag affects the whole process. */
let queue: Promise<unknown> = Promise.resolve();

/** Compiles the library's kernels with 256-bit vectors, where possible. */
export function compileWide(numerics: Numerics): Promise<{ module: WebAssembly.Module; findings: Simd256Result }> {
  const proof = queue.then(() => proveWide(numerics));
  queue = proof.catch(() => undefined);
  return proof;
}

async function proveWide(numerics: Numerics): Promise<{ module: WebAssembly.Module; findings: Simd256Result }> {
  let whyNot: string | undefined;
  if (probed === undefined) {
    const found = find256();
    if (typeof found === 'string') whyNot = found;
    else {
      const before = timeOnce(await compile(numerics), numerics);
      found.allow();
      whyNot = judge256(before, timeOnce(await compile(numerics, WIDE), numerics));
      if (whyNot !== undefined) found.forbid();
    }
    probed = { whyNot, simd256: whyNot === undefined };
  } else if (probed.simd256 && !sameBits.has(numerics))
    whyNot = differs256(timeOnce(await compile(numerics, WIDE), numerics));
  const findings = whyNot === undefined ? probed : { whyNot, simd256: false };
  if (findings.simd256) sameBits.add(numerics);
  return { module: await compile(numerics, findings.simd256 ? WIDE : ''), findings };
}

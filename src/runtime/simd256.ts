import { compile } from './binary.js';
import type { Numerics } from './features.js';
import { WasmRuntime, PACKED_A_FROM } from './wasm-runtime.js';
import { WIDE_TILES } from './tile.js';
import { timeTile, type TileTiming } from './tile-benchmark.js';

/** What of Node is needed here; absent elsewhere. */
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

/** V8's flag. It counts for what is brought to the optimizing tier from then on, by any engine of the process. */
export interface Flag256 {
  allow(): void;
  forbid(): void;
}

/** Why there can be no 256-bit vectors here, or how V8 is told to make them. */
function find256(): string | Flag256 {
  const { process } = globalThis as { process?: Host };
  const { node, bun, deno, v8: version } = process?.versions ?? {};
  if (node === undefined || bun !== undefined || deno !== undefined) {
    return 'simd256: only Node has it, by a flag of its V8.';
  }
  if (Number.parseInt(node, 10) < FIRST_NODE) return `simd256: Node ${FIRST_NODE} or newer has it, this is ${node}.`;
  const v8 = process?.getBuiltinModule?.('node:v8');
  if (v8 === undefined) return 'simd256: the module node:v8 is not there.';
  const flag = flagOf(version);
  return { allow: () => v8.setFlagsFromString(`--${flag}`), forbid: () => v8.setFlagsFromString(`--no-${flag}`) };
}

/** Faster than this, and 256-bit vectors are at work: what was measured is 1.4 to 4 times. */
const GAIN = 1.15;

/**
 * What is wrong with a timeOnce of 256-bit vectors: its first product, which V8's baseline tier makes without them, has
 * other bits than its last.
 */
const differs256 = ({ first, result }: TileTiming): string | undefined =>
  first.some((value, index) => value !== result[index])
    ? 'simd256: results differ from those of 128-bit vectors, so it is left off.'
    : undefined;

/** What two trials say: nothing where the wide one is faster and bit for bit the same. */
function judge256(narrow: TileTiming, wide: TileTiming): string | undefined {
  const gain = wide.gigaflops / narrow.gigaflops;
  return (
    differs256(wide) ??
    differs256({ ...wide, first: narrow.result }) ??
    (gain > GAIN ? undefined : `simd256: no effect, ${gain.toFixed(2)} times the speed. The processor may lack AVX2.`)
  );
}

/** What was found out about 256-bit vectors. */
export interface Findings {
  /** Why there are no 256-bit vectors, where they were asked for and there are none. */
  readonly whyNot?: string | undefined;
  /** Whether there are. */
  readonly simd256: boolean;
}

/** Sets modules apart that are compiled with V8's flag. */
const WIDE = 'simd256';

/** Milliseconds that the probe for 256-bit vectors gives a tile to become fast. */
const PROBE_WARM_UP = 40;

/** Bytes of memory that a timeOnce starts with. */
const TRIAL_MEMORY = 1024 * 1024;

/** The widest tile on a machine that nothing outlives, and that packs rows as large layers do. */
function timeOnce(module: WebAssembly.Module, numerics: Numerics): TileTiming {
  const tile = WIDE_TILES[numerics];
  const runtime = new WasmRuntime({ module, tile, initialMemory: TRIAL_MEMORY, maximumMemory: PACKED_A_FROM });
  return timeTile(runtime, tile, PROBE_WARM_UP);
}

/**
 * What the probe found, once per process: V8's flag stays set, and afterwards there are no 128-bit vectors to compare
 * the speed with.
 */
let probed: Findings | undefined;

/** The numerics whose kernels were found to have the same bits with 256-bit vectors. */
const sameBits = new Set<Numerics>();

/** Whether 256-bit vectors are in use: by every engine of a process, once one was made with them. */
export const uses256 = (): boolean => probed?.simd256 === true;

/** What is being proved: one after the other, since V8's flag counts for all. */
let turns: Promise<unknown> = Promise.resolve();

/** The library's kernels with 256-bit vectors where they can be had. */
export function compileWide(numerics: Numerics): Promise<{ module: WebAssembly.Module; findings: Findings }> {
  const turn = turns.then(() => proveWide(numerics));
  turns = turn.catch(() => undefined);
  return turn;
}

async function proveWide(numerics: Numerics): Promise<{ module: WebAssembly.Module; findings: Findings }> {
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

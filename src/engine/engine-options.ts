/** What `createEngine` takes, read and checked. */
import { bytesOf } from '../common/arrays.js';
import { fieldOf, isObject } from '../common/objects.js';
import { describe } from '../common/describe.js';
import { ValueError } from '../common/errors.js';
import { flag, integer, nameOf, optional, readOptions, type Check } from '../common/options.js';
import type { Numerics } from '../runtime/features.js';
import { MAXIMUM_BYTES } from '../runtime/wasm-runtime.js';
import { TILE_NAMES, type TileName } from '../runtime/tile.js';

/** What `createEngine` takes. */
export interface EngineOptions {
  /**
   * Threads that share the products of large layers; they change no bit. 'auto': as many as there are processors, at
   * most 8. Small networks stay on the calling thread, whatever is asked for. In a page it takes cross-origin
   * isolation. Default 1.
   */
  threads?: number | 'auto';
  /**
   * A file that pages load workers from, `worker.js` of this package, where a policy forbids those from `blob:`.
   * Default none.
   */
  workerUrl?: string | URL;
  /**
   * 'strict', the default: the same bits everywhere. 'fused': products and sums rounded once, by relaxed SIMD; faster,
   * and the same bits on machines that fuse.
   */
  numerics?: Numerics;
  /**
   * V8's 256-bit vectors, its experiment: Node 24 or newer, by a flag that is set for the whole process and stays set.
   * It changes no bits; a probe of some 0.1 s sees to that. Default false.
   */
  simd256?: boolean;
  /**
   * Register tile of the matrix kernels; never changes a result. Default '3x12', and with 256-bit vectors '4x16', or
   * '6x16' if fused. 'auto' times all of them, in some 115 ms, and takes the fastest.
   */
  tile?: TileName | 'auto';
  /**
   * 'require': an UnsupportedError where the platform cannot give the bits that this configuration has elsewhere.
   * 'report', the default: the engine works there all the same, and `engine.info.sameBits` and `reasons` say so.
   */
  sameBits?: 'report' | 'require';
  /** Bytes of linear memory to start with. Default 1 MiB, or the maximum where that is less. */
  initialMemory?: number;
  /**
   * Bytes that linear memory may grow to, at most and by default 4 GiB. An engine itself takes 80 KiB for each thread,
   * and 512 KiB more where this is 64 MiB or more.
   */
  maximumMemory?: number;
  /** The kernels, where they should not come from the inlined copy: bytes of kernels.wasm, or a compiled module. */
  wasm?: Uint8Array<ArrayBuffer> | ArrayBuffer | WebAssembly.Module;
}

type Kernels = Uint8Array<ArrayBuffer> | ArrayBuffer | WebAssembly.Module;

/** Bytes of memory that an engine starts with by default. */
const INITIAL_BYTES = 1024 * 1024;

/** Whether a value is a compiled module, of whichever realm. */
export function isModule(value: unknown): value is WebAssembly.Module {
  if (!isObject(value)) return false;
  try {
    // Throws for anything else, whatever it says that it is.
    WebAssembly.Module.exports(value);
    return true;
  } catch {
    return false;
  }
}

const kernelsCheck: Check<Kernels> = (path, value) => {
  const kernels = isModule(value) ? value : bytesOf(value);
  if (kernels !== undefined) return kernels;
  throw new ValueError(`${path} expected bytes or a WebAssembly.Module, got ${describe(value)}.`);
};

/** Threads at most: control block and scratch are made for as many. */
const MOST_THREADS = 64;

const threadsCheck: Check<number | 'auto'> = (path, value) =>
  value === 'auto' ? 'auto' : integer(1, MOST_THREADS)(path, value);

/** Whether a value is a URL, of whichever realm: what it says by itself can be parsed. */
function isUrl(value: unknown): value is URL {
  const href = fieldOf(value, 'href');
  return typeof href === 'string' && (URL.canParse?.(href) ?? true);
}

const urlCheck: Check<string | URL> = (path, value) => {
  if (isUrl(value)) return value;
  if (typeof value !== 'string') throw new ValueError(`${path} expected a string or a URL, got ${describe(value)}.`);
  try {
    // Relative to a page, whichever: what can be parsed beside one can be beside all.
    new URL(value, 'https://page.invalid');
  } catch {
    throw new ValueError(`${path} expected an address, got ${describe(value)}.`);
  }
  return value;
};

export function readEngineOptions(where: string, options: EngineOptions | undefined) {
  const read = readOptions<
    Required<Omit<EngineOptions, 'wasm' | 'initialMemory' | 'tile' | 'workerUrl'>> & {
      workerUrl: string | URL | undefined;
      tile: TileName | 'auto' | undefined;
      wasm: Kernels | undefined;
      initialMemory: number | undefined;
    }
  >(where, options, {
    threads: { check: threadsCheck, or: 1 },
    workerUrl: { check: optional(urlCheck), or: undefined },
    numerics: { check: nameOf(['strict', 'fused']), or: 'strict' },
    simd256: { check: flag, or: false },
    sameBits: { check: nameOf(['report', 'require']), or: 'report' },
    tile: { check: optional(nameOf([...TILE_NAMES, 'auto'])), or: undefined },
    initialMemory: { check: optional(integer(0, MAXIMUM_BYTES)), or: undefined },
    maximumMemory: { check: integer(1, MAXIMUM_BYTES), or: MAXIMUM_BYTES },
    wasm: { check: optional(kernelsCheck), or: undefined },
  });
  const initialMemory = read.initialMemory ?? Math.min(INITIAL_BYTES, read.maximumMemory);
  if (initialMemory > read.maximumMemory) {
    throw new ValueError(
      `${where}: initialMemory expected at most maximumMemory, ${read.maximumMemory}, got ${initialMemory}.`,
    );
  }
  return { ...read, initialMemory };
}

/** The options of an engine, settled. */
export type SettledEngineOptions = ReturnType<typeof readEngineOptions>;

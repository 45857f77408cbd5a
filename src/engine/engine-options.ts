/**
 * Options of `createEngine`: their types, defaults and checks. create-engine.ts applies them as far as the platform
 * can.
 */
import { bytesOf } from '../common/arrays.js';
import { fieldOf, isObject } from '../common/objects.js';
import { describe } from '../common/describe.js';
import { ValueError } from '../common/errors.js';
import { flag, integer, nameOf, optional, readOptions, type Check } from '../common/options.js';
import type { Numerics } from '../runtime/features.js';
import { MAXIMUM_BYTES } from '../runtime/wasm-runtime.js';
import { TILE_NAMES, type TileName } from '../runtime/tile.js';

/**
 * Options of `createEngine` and `createEngineSync`.
 * @category Engines and threads
 */
export interface EngineOptions {
  /**
   * Number of threads, 1 to 64, that share the work of large layers; results have the same bits. 'auto': one
   * per processor, at most 8. Small networks always run on the calling thread. Pages need cross-origin isolation for
   * more than one. Default 1.
   */
  threads?: number | 'auto';
  /**
   * Address of `worker.js` of this package, for pages whose content security policy forbids workers from `blob:`.
   * Default none.
   */
  workerUrl?: string | URL;
  /**
   * Rounding of products and sums. 'strict', the default: each is rounded, with the same bits everywhere. 'fused': both
   * are rounded once, by relaxed SIMD; faster, with the same bits on all machines that fuse.
   */
  numerics?: Numerics;
  /**
   * Whether to use V8's experimental 256-bit vectors: Node 24 or newer, by a flag that is set for the whole process and
   * remains set. Results have the same bits, which a probe of some 0.1 s verifies. Default false.
   */
  simd256?: boolean;
  /**
   * Register tile of the matrix kernels, rows × columns; never changes a result. Default '3x12', with 256-bit vectors
   * '4x16', or '6x16' if fused, also where a running program notices that the JavaScript engine uses them unasked.
   * 'auto' times all of them, in some 115 ms, and takes the fastest.
   */
  tile?: TileName | 'auto';
  /**
   * Treatment of a platform that cannot give the bits that this configuration gives elsewhere. 'require': throws an
   * UnsupportedError. 'report', the default: the engine works, and `engine.info.sameBits` and `reasons` say so.
   */
  sameBits?: 'report' | 'require';
  /** Initial size of linear memory in bytes. Default 1 MiB, or `maximumMemory` if that is less. */
  initialMemory?: number;
  /**
   * Size in bytes that linear memory may grow to, at most and by default 4 GiB; the default is a quarter or a sixteenth
   * of that where the platform has no room for more. An engine itself takes 80 KiB for each
   * thread, or 592 KiB for each if this is 64 MiB or more.
   */
  maximumMemory?: number;
  /** Kernels to use instead of the inlined ones: bytes of kernels.wasm, or a compiled module. Default none. */
  wasm?: Uint8Array<ArrayBuffer> | ArrayBuffer | WebAssembly.Module;
}

type KernelBinary = Uint8Array<ArrayBuffer> | ArrayBuffer | WebAssembly.Module;

/** Bytes of memory that an engine starts with by default. */
const INITIAL_BYTES = 1024 * 1024;

/** Whether a value is a compiled module, of any realm. */
export function isModule(value: unknown): value is WebAssembly.Module {
  if (!isObject(value)) return false;
  try {
    // Throws for anything else, even an object that claims to be a module.
    WebAssembly.Module.exports(value);
    return true;
  } catch {
    return false;
  }
}

const kernelsCheck: Check<KernelBinary> = (path, value) => {
  const kernels = isModule(value) ? value : bytesOf(value);
  if (kernels !== undefined) return kernels;
  throw new ValueError(`${path} expected bytes or a WebAssembly.Module, got ${describe(value)}.`);
};

/** Most threads of an engine. A product has at most 63 chunks (threads/job.ts), so more would find no work. */
const MOST_THREADS = 64;

const threadsCheck: Check<number | 'auto'> = (path, value) =>
  value === 'auto' ? 'auto' : integer(1, MOST_THREADS)(path, value);

/** Whether a value is a URL, of any realm: its `href` can be parsed. */
function isUrl(value: unknown): value is URL {
  const href = fieldOf(value, 'href');
  return typeof href === 'string' && (URL.canParse?.(href) ?? true);
}

const urlCheck: Check<string | URL> = (path, value) => {
  if (isUrl(value)) return value;
  if (typeof value !== 'string') throw new ValueError(`${path} expected a string or a URL, got ${describe(value)}.`);
  try {
    // Resolved against an arbitrary page: an address that is valid for one page is valid for all.
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
      wasm: KernelBinary | undefined;
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

/** Settled options of an engine. */
export type SettledEngineOptions = ReturnType<typeof readEngineOptions>;

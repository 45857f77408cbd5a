/**
 * Creates engines: compiles the kernels, starts the threads and picks the tile that were asked for, as far as the
 * platform has them, and gives a reason for each option that is not running. engine-options.ts checks the options;
 * engine.ts is the engine itself.
 */
import { bytesOf } from '../common/arrays.js';
import { sentence } from '../common/describe.js';
import { FormatError, UnsupportedError } from '../common/errors.js';
import { compile, compileSync } from '../runtime/binary.js';
import { refusedToCompile, requireFeatures, type Numerics } from '../runtime/features.js';
import { fuses, keepsSubnormals } from '../runtime/arithmetic.js';
import { MAXIMUM_BYTES, WasmRuntime } from '../runtime/wasm-runtime.js';
import { wideVectors } from '../runtime/wide-vectors.js';
import { compileWide, type Simd256Result } from '../runtime/simd256.js';
import { processors, programUrl, whyNotShared, whyNotStarted } from '../runtime/threads/host.js';
import { Pool, startComputeWorker } from '../runtime/threads/pool.js';
import { DEFAULT_TILE, TILE_NAMES, WIDE_TILES, type TileName } from '../runtime/tile.js';
import { benchmarkTiles } from '../runtime/tile-benchmark.js';
import { afterFinalizers } from '../runtime/event-loop.js';
import { isModule, readEngineOptions, type EngineOptions, type SettledEngineOptions } from './engine-options.js';
import { Engine } from './engine.js';
import { noteEngine } from './notice-wide.js';

/** Most threads that 'auto' takes: layers cannot usefully be split into more parts. */
const MOST_AUTO = 8;

/**
 * Creates a runtime with its threads. If the platform refuses to start them, creates one without and adds the reason to
 * `reasons`.
 */
function runtimeOf(
  module: WebAssembly.Module,
  tile: TileName,
  threads: number,
  { initialMemory, maximumMemory, workerUrl }: SettledEngineOptions,
  reasons: string[],
): WasmRuntime {
  const settings = { module, tile, initialMemory, maximumMemory, orLess: maximumMemory === MAXIMUM_BYTES };
  if (threads === 1) return new WasmRuntime(settings);
  const start = startComputeWorker(programUrl(workerUrl));
  try {
    return new WasmRuntime({ ...settings, threads, startPool: (parts) => new Pool({ ...parts, start }) });
  } catch (error) {
    // If the cause was a limit of memory or a foreign binary, this throws the error that names it.
    const runtime = new WasmRuntime(settings);
    reasons.push(`threads: ${whyNotStarted(error)}`);
    return runtime;
  }
}

const NOT_ASKED: Simd256Result = { simd256: false };

/** Describes a platform without subnormal numbers in messages. */
const FLUSHED = 'this platform makes numbers below 1.18e-38 zero, as V8 does on 32-bit ARM';

/** Throws an UnsupportedError if results would not have the bits that they have elsewhere. */
function requireSameBits(where: string, subnormals: boolean, numerics: Numerics, fused: boolean): void {
  const what = !subnormals
    ? FLUSHED
    : numerics === 'fused' && !fused
      ? "numerics 'fused', but this machine rounds products before it adds them, as strict numerics do"
      : undefined;
  if (what === undefined) return;
  throw new UnsupportedError(
    `${where}: sameBits 'require' expected results with the bits that they have elsewhere, got: ${what}. ` +
      `Without it the engine works.`,
  );
}

/** Creates an engine on compiled kernels. Its `info` says which options are not in effect, and why. */
function makeEngine(
  where: string,
  module: WebAssembly.Module,
  options: SettledEngineOptions,
  { whyNot, simd256 }: Simd256Result = NOT_ASKED,
): Engine {
  const { numerics, wasm } = options;
  const wanted = options.threads === 'auto' ? Math.min(MOST_AUTO, processors()) : options.threads;
  const whyOneThread = wanted === 1 ? undefined : whyNotShared();
  const threads = whyOneThread === undefined ? wanted : 1;
  const defaultTile = simd256 || wideVectors.gain !== undefined ? WIDE_TILES[numerics] : DEFAULT_TILE;
  const timesTiles = options.tile === 'auto';
  const firstTile = options.tile === undefined || options.tile === 'auto' ? defaultTile : options.tile;
  const startFailures: string[] = [];
  const runtime = allowed(where, () => runtimeOf(module, firstTile, timesTiles ? 1 : threads, options, startFailures));
  const fused = fuses(runtime);
  const sameBits = keepsSubnormals(runtime);
  try {
    if (numerics === 'strict' && fused) {
      throw new FormatError(`${where}: wasm expected the kernels of numerics 'strict', got those of 'fused'.`);
    }
    if (options.sameBits === 'require') requireSameBits(where, sameBits, numerics, fused);
  } catch (error) {
    runtime.dispose();
    throw error;
  }
  const reasons: string[] = [];
  if (!sameBits) reasons.push(`sameBits: ${FLUSHED}, so bits may differ from those elsewhere.`);
  if (whyOneThread !== undefined) reasons.push(`threads: ${whyOneThread}`);
  if (whyNot !== undefined) reasons.push(whyNot);
  if (numerics === 'fused' && !fused) {
    const given = wasm === undefined ? '' : ', or the wasm that was given is that of strict numerics';
    reasons.push(`numerics: this machine rounds products before it adds them, as strict numerics do${given}.`);
  }
  const info = {
    numerics: fused ? ('fused' as const) : ('strict' as const),
    simd256,
    sameBits: sameBits && fused === (numerics === 'fused'),
  };
  const workerUrl = programUrl(options.workerUrl);
  if (!timesTiles) {
    const engine = new Engine(runtime, { ...info, reasons: [...reasons, ...startFailures] }, workerUrl);
    if (options.tile === undefined && defaultTile === DEFAULT_TILE) noteEngine(engine);
    return engine;
  }
  const calibration = benchmarkTiles(runtime);
  runtime.dispose();
  const tile = TILE_NAMES.reduce((best, name) => (calibration[name] > calibration[best] ? name : best));
  const fastest = runtimeOf(module, tile, threads, options, startFailures);
  return new Engine(fastest, { ...info, reasons: [...reasons, ...startFailures], calibration }, workerUrl);
}

/**
 * Waits for an engine's threads; if they do not start, the engine continues with one and says why. Yields to the event
 * loop where needed, so that models and engines that were dropped before can be freed.
 */
async function withThreads(engine: Engine): Promise<Engine> {
  await engine.awaitThreads();
  return afterFinalizers(engine);
}

const NO_SIMD256 = 'simd256: only createEngine, which does not block, tries it, and only with the inlined kernels.';

/**
 * Throws a platform's error about the library's own kernels. They are valid, so the platform refused to compile them.
 */
function refuseOwn(where: string, error: unknown): never {
  throw error instanceof WebAssembly.CompileError ? refusedToCompile(where, error) : error;
}

/** Returns what is made of compiled kernels. WebKit compiles what a policy forbids, and refuses it here. */
function allowed<T>(where: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    return refuseOwn(where, error);
  }
}

/** Throws an error that says why the given bytes are no module here. */
function refuseWasm(where: string, wasm: Uint8Array<ArrayBuffer> | ArrayBuffer, error: unknown): never {
  if (WebAssembly.validate(wasm)) throw refusedToCompile(where, error);
  const bytes = bytesOf(wasm)!;
  const isModule = [0x00, 0x61, 0x73, 0x6d].every((byte, at) => bytes[at] === byte);
  throw new FormatError(
    `${where}: wasm expected a WebAssembly module, got ${wasm.byteLength} bytes ` +
      (isModule ? `that this engine does not take: ${sentence((error as Error).message)}` : 'that are none.'),
  );
}

/**
 * Creates an engine; compiles its kernels without blocking the thread.
 * @throws ValueError for an unknown option or a number out of range; UnsupportedError where the platform lacks
 * WebAssembly SIMD or shared memory; FormatError for a `wasm` that is not this version's.
 * @example
 * const engine = await createEngine({ tile: '3x12' });
 * const network = engine.sequential({ layers: [dense({ units: 3, inputShape: [4] })] });
 * network.parameterCount; // 15
 * engine.dispose();
 * @category Engines and threads
 */
export async function createEngine(options?: EngineOptions): Promise<Engine> {
  const read = readEngineOptions('createEngine', options);
  const { wasm } = read;
  const { numerics, simd256 } = read;
  requireFeatures('createEngine', numerics);
  const asked = { whyNot: simd256 ? NO_SIMD256 : undefined, simd256: false };
  if (wasm === undefined && simd256) {
    const { module, findings } = await compileWide(numerics).catch((error: unknown) =>
      refuseOwn('createEngine', error),
    );
    return withThreads(makeEngine('createEngine', module, read, findings));
  }
  if (wasm === undefined) {
    const module = await compile(numerics).catch((error: unknown) => refuseOwn('createEngine', error));
    return withThreads(makeEngine('createEngine', module, read));
  }
  if (isModule(wasm)) return withThreads(makeEngine('createEngine', wasm, read, asked));
  const module = await WebAssembly.compile(wasm).catch((error: unknown) => refuseWasm('createEngine', wasm, error));
  return withThreads(makeEngine('createEngine', module, read, asked));
}

/**
 * Creates an engine synchronously, on platforms that compile on the calling thread: Node, Bun, Deno, workers, and
 * current browsers.
 * @throws as `createEngine`; also an UnsupportedError for numerics 'fused' without `wasm`.
 * @example
 * const engine = createEngineSync();
 * engine.info.numerics; // 'strict'
 * engine.dispose();
 * @category Engines and threads
 */
export function createEngineSync(options?: EngineOptions): Engine {
  const read = readEngineOptions('createEngineSync', options);
  const { wasm } = read;
  if (wasm !== undefined || read.numerics === 'strict') requireFeatures('createEngineSync', read.numerics);
  const asked = { whyNot: read.simd256 ? NO_SIMD256 : undefined, simd256: false };
  if (wasm === undefined && read.numerics === 'fused') {
    throw new UnsupportedError(
      `createEngineSync: numerics expected 'strict', got 'fused' without its kernels. ` +
        `Pass wasm: fusedKernels() of wasm-mlp/fused, or use createEngine.`,
    );
  }
  if (isModule(wasm)) return makeEngine('createEngineSync', wasm, read, asked);
  let module: WebAssembly.Module;
  try {
    module = wasm === undefined ? compileSync() : new WebAssembly.Module(wasm);
  } catch (error) {
    return wasm === undefined ? refuseOwn('createEngineSync', error) : refuseWasm('createEngineSync', wasm, error);
  }
  return makeEngine('createEngineSync', module, read, asked);
}

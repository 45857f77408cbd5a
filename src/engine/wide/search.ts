/**
 * Looks for vectors of 256 bits that a JavaScript engine uses unasked: compares the tile for them with the usual one, a
 * millisecond at a time, and gives it to engines if it is faster. A wrong answer costs speed only; no tile changes a
 * bit. notice-wide.ts says when to look, and loads this file.
 */
import { DEFAULT_TILE, WIDE_TILES } from '../../runtime/tile.js';
import { judge, TileRace } from '../../runtime/tile-race.js';
import { PACKED_A_FROM, WasmRuntime } from '../../runtime/wasm-runtime.js';
import { wideVectors } from '../../runtime/wide-vectors.js';
import type { Engine } from '../engine.js';
import { changeTile } from './retile.js';

/** Milliseconds between two rounds: engines compile the tile to its fast form in the background meanwhile. */
const PAUSE = 60;

/** Attempts to change the tile of an engine that trains elsewhere, or sums gradients of several batches. */
const ATTEMPTS = 40;
const ATTEMPT_PAUSE = 250;

/** Initial memory of the comparison, in bytes. */
const RACE_MEMORY = 1024 * 1024;

/** Waits without keeping a process alive. */
const pause = (milliseconds: number): Promise<void> =>
  new Promise((resume) => {
    const timer = setTimeout(resume, milliseconds) as unknown as { unref?(): void };
    timer.unref?.();
  });

const liveOf = (candidates: ReadonlySet<WeakRef<Engine>>): Engine[] =>
  [...candidates].flatMap((one) => {
    const engine = one.deref();
    return engine?.runtime.isLive === true ? [engine] : [];
  });

/** Compares the tiles in a runtime of their own; returns the speedup, or undefined if there is none. */
async function compare({ runtime: { module }, info: { numerics } }: Engine): Promise<number | undefined> {
  const settings = { initialMemory: RACE_MEMORY, maximumMemory: PACKED_A_FROM };
  const runtime = new WasmRuntime({ module, tile: DEFAULT_TILE, ...settings });
  try {
    const race = new TileRace(runtime, [DEFAULT_TILE, WIDE_TILES[numerics]]);
    const ratios: number[] = [];
    for (;;) {
      const ratio = race.round();
      if (ratio === undefined) return undefined;
      ratios.push(ratio);
      const found = judge(ratios);
      if (found !== undefined) return found !== 'none' && race.sameBits ? found : undefined;
      await pause(PAUSE);
    }
  } finally {
    runtime.dispose();
  }
}

/** Looks for wide vectors, and changes the tile of the engines that can use them. */
export async function searchWide(candidates: ReadonlySet<WeakRef<Engine>>): Promise<void> {
  const first = liveOf(candidates).at(0);
  if (first === undefined) return;
  const gain = await compare(first);
  if (gain === undefined) return;
  wideVectors.gain = gain;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    // All are asked each time.
    const waiting = liveOf(candidates).filter((engine) => changeTile(engine, WIDE_TILES[engine.info.numerics], gain));
    if (waiting.length === 0) return;
    await pause(ATTEMPT_PAUSE);
  }
}
